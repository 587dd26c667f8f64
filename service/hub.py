"""From the runners' threads to the clients: each has a bounded queue and holds nobody up.

The hub lives in the event loop. `Hub.publish` and `Hub.tell` alone may be called from other
threads; all else runs in the loop, so that a snapshot and the entries after it fit together
without a lock.
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from service.entries import HEARTBEAT, Entry, Telemetry
from service.overview import Overview


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries a client wants; None means all; and whether it can act on an alarm.

    Parameters
    ----------
    dreamers, types : frozenset of str or None
        What passes.
    attends : bool
        Somebody who may acknowledge is at the other end.
    """

    dreamers: frozenset[str] | None = None
    types: frozenset[str] | None = None
    attends: bool = False

    def wants(self, entry: Entry) -> bool:
        """Whether the entry passes."""
        return self.wants_dreamer(entry.dreamer) and (
            self.types is None or entry.type in self.types
        )

    def wants_telemetry(self, message: Telemetry) -> bool:
        """Whether telemetry passes; a heartbeat always does, for its absence is a message too."""
        if message.type == HEARTBEAT:
            return True
        return (self.types is None or message.type in self.types) and (
            message.dreamer is None or self.wants_dreamer(message.dreamer)
        )

    def sees_to(self, dreamer: str) -> bool:
        """Whether whoever listens hears this dreamer's alarms and may acknowledge them."""
        hears = self.types is None or "alarm" in self.types
        return self.attends and hears and self.wants_dreamer(dreamer)

    def wants_dreamer(self, dreamer: str) -> bool:
        """Whether entries of this dreamer may pass."""
        return self.dreamers is None or dreamer in self.dreamers


class Subscription:
    """One client's queue: entries are never dropped, of telemetry the newest waits.

    Parameters
    ----------
    wanted : Filter
        What passes.
    limit : int
        Most entries waiting; one more and the client is too slow: `overflowed` is set, nothing
        is queued any more, and the client has to resume with its cursor.
    """

    def __init__(self, wanted: Filter, limit: int) -> None:
        self.wanted = wanted
        self.overflowed = asyncio.Event()
        self._limit = limit
        self._entries: deque[Entry] = deque()
        self._telemetry: dict[tuple[str, str | None], str] = {}
        self._waiting = asyncio.Event()

    def offer(self, entry: Entry) -> None:
        """Queue an entry if it is wanted."""
        if not self.wanted.wants(entry) or self.overflowed.is_set():
            return
        if len(self._entries) >= self._limit:
            self.overflowed.set()
            return
        self._entries.append(entry)
        self._waiting.set()

    def offer_telemetry(self, message: Telemetry) -> None:
        """Put a message, if it is wanted, in the place of an older one still waiting."""
        if self.wanted.wants_telemetry(message):
            self._telemetry[message.type, message.dreamer] = message.text
            self._waiting.set()

    async def take(self) -> str:
        """Wait for the next message and return it; entries go before telemetry."""
        while not (self._entries or self._telemetry):
            self._waiting.clear()
            await self._waiting.wait()
        if self._entries:
            return self._entries.popleft().text
        return self._telemetry.pop(next(iter(self._telemetry)))


class Hub:
    """Everybody who listens, and what they would be told first.

    Parameters
    ----------
    overview : Overview
        How every dreamer is now; kept up to date with what is published.
    limit : int
        Bound of each client's queue.
    """

    def __init__(self, overview: Overview, limit: int) -> None:
        self.overview = overview
        self._limit = limit
        self._clients: set[Subscription] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        """Return the number of clients."""
        return len(self._clients)

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Say in which loop the clients live."""
        self._loop = loop

    def publish(self, entries: Sequence[Entry]) -> None:
        """Hand over entries that are committed. From any thread, in order per dreamer."""
        if self._loop is None:
            raise RuntimeError("publish before bind")
        self._loop.call_soon_threadsafe(self._deliver, entries)

    def _deliver(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self.overview.apply(entry)
            for client in self._clients:
                client.offer(entry)

    def tell(self, message: Telemetry) -> None:
        """Hand over a message that may be dropped. From any thread."""
        if self._loop is None:
            raise RuntimeError("tell before bind")
        self._loop.call_soon_threadsafe(self._offer, message)

    def _offer(self, message: Telemetry) -> None:
        for client in self._clients:
            client.offer_telemetry(message)

    def attended(self, dreamer: str) -> bool:
        """Whether some client hears the dreamer's alarms and may acknowledge them."""
        return any(client.wanted.sees_to(dreamer) for client in self._clients)

    @contextmanager
    def subscribe(self, wanted: Filter) -> Iterator[Subscription]:
        """Queue what is published from now on until the block is left."""
        client = Subscription(wanted, self._limit)
        self._clients.add(client)
        try:
            yield client
        finally:
            self._clients.discard(client)
