"""Tickets for the websocket: each is for one connection, and soon over.

A browser cannot send a header with its handshake, nor should a token stand in an address.
"""

from secrets import token_urlsafe

from service.access.register import Badge

HOLDS_S = 30.0
MOST = 2_000
EACH = 20
"""Most tickets under way of one person."""
_N_BYTES = 24


class Tickets:
    """Tickets under way. Times are in monotonic seconds."""

    def __init__(self) -> None:
        self._given: dict[str, tuple[Badge, float]] = {}

    def give(self, badge: Badge, now: float) -> str | None:
        """Return a ticket; None when too many are under way, of this person or of all."""
        self._given = {t: given for t, given in self._given.items() if now < given[1]}
        theirs = sum(given == badge for given, _ in self._given.values())
        if len(self._given) >= MOST or (theirs >= EACH and badge.token is not None):
            return None
        ticket = token_urlsafe(_N_BYTES)
        self._given[ticket] = badge, now + HOLDS_S
        return ticket

    def take(self, ticket: str, now: float) -> Badge | None:
        """Return whose ticket it is, once; None when it is none, or over."""
        badge, until = self._given.pop(ticket, (None, now))
        return badge if now < until else None
