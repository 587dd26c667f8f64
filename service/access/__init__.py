"""Who may do what: roles, tokens, logins, tickets, bounds, and the record of it in the log."""
