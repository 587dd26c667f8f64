"""How soon overuse is found, and how often a stable user is flagged: simulated users, counted."""
