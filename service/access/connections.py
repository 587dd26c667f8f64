"""Who listens over a websocket, so that there are not too many, and that who may no longer goes.

A connection that was let in is ended for no other reason: how much somebody asks besides never
holds back an alarm on its way to them.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from service.access.register import Badge
from service.access.roles import SCOPED, STAFF, Person
from service.errors import TooMany

COME_AGAIN_S = 5.0
MOST_SCOPED = 4
"""Most of one token of who is tied to one dreamer: a page, a telephone, and their coming back."""
STAFF_SHARE = 10
"""One place in so many is for those only who can help."""


class Connections:
    """The open websockets of everybody.

    Parameters
    ----------
    most, each : int
        Most of everybody, and of one token.
    """

    def __init__(self, most: int, each: int) -> None:
        self._most, self._each = most, each
        self._open: dict[asyncio.Event, Badge] = {}
        self._tokens: Counter[int] = Counter()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._open)

    def has_room(self, person: Person) -> bool:
        """Whether one more of this person would not be too many of everybody."""
        kept = 0 if person.role in STAFF else self._most // STAFF_SHARE
        return len(self) < self._most - kept

    def check(self, badge: Badge) -> None:
        """Raise `TooMany` when a token has as many as it may."""
        most = min(self._each, MOST_SCOPED) if badge.person.role in SCOPED else self._each
        if badge.token is not None and self._tokens[badge.token] >= most:
            raise TooMany(f"{badge.person.name} has {most} connections already", COME_AGAIN_S)

    @contextmanager
    def hold(self, badge: Badge) -> Iterator[asyncio.Event]:
        """Count a connection until the block is left; the event says that it has to go."""
        self.check(badge)
        ended = asyncio.Event()
        self._open[ended] = badge
        self._count(badge, 1)
        try:
            yield ended
        finally:
            del self._open[ended]
            self._count(badge, -1)

    def end_unless(self, holds: Callable[[Badge], bool]) -> None:
        """Let everybody go whose badge holds no longer."""
        for ended, badge in self._open.items():
            if not holds(badge):
                ended.set()

    def _count(self, badge: Badge, change: int) -> None:
        if badge.token is not None:
            self._tokens[badge.token] += change
            self._tokens += Counter()  # forgets who has none any more
