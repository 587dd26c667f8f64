"""From the runners' threads to the clients: each has a bounded queue and holds nobody up.

The hub lives in the event loop. `Hub.publish`, `Hub.tell` and `Hub.looked_at` alone may be called
from other threads; all else runs in the loop, so that a snapshot and the entries after it fit
together without a lock.

Entries and telemetry wait with each client at once, but clients are rung only every `BREATH_S`, all
together: to wake 500 of them for every single entry would cost more than to send it.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from service.entries import HEARTBEAT, SIGNAL, Entry, Telemetry
from service.overview import Overview

BREATH_S = 0.05
"""Longest time for which an entry waits for others to be sent with it, in seconds."""
READERS = 2
"""Most clients for whom the log is read at the same time."""
BATCH = 100
"""Most messages that a client is sent before others have their turn."""
REMEMBERED = 5_000
"""So many of the last entries are kept, with their frames, for clients who soon come back."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries a client wants; None means all; and whether it can act on an alarm.

    Parameters
    ----------
    dreamers, types : frozenset of str or None
        What passes.
    attends : bool
        Somebody who may acknowledge is at the other end.
    scope : str or None
        Whom alone they may hear of, whatever they want; None: everybody.
    """

    dreamers: frozenset[str] | None = None
    types: frozenset[str] | None = None
    attends: bool = False
    scope: str | None = None

    def wants(self, entry: Entry) -> bool:
        """Whether the entry passes."""
        return self.wants_dreamer(entry.dreamer) and (
            self.types is None or entry.type in self.types
        )

    def wants_telemetry(self, message: Telemetry) -> bool:
        """Whether telemetry passes; a heartbeat always does, for its absence is a message too.

        There is one of everybody, and one for each scope. The signal itself comes to those only
        who name it.
        """
        if message.type == HEARTBEAT:
            return message.dreamer == self.scope
        if message.type == SIGNAL and not self.looks:
            return False
        return (self.types is None or message.type in self.types) and (
            message.dreamer is None or self.wants_dreamer(message.dreamer)
        )

    @property
    def looks(self) -> bool:
        """Whether the signal itself is asked for."""
        return self.types is not None and SIGNAL in self.types

    def sees_to(self, dreamer: str) -> bool:
        """Whether whoever listens hears this dreamer's alarms and may acknowledge them."""
        hears = self.types is None or "alarm" in self.types
        return self.attends and hears and self.wants_dreamer(dreamer)

    def wants_dreamer(self, dreamer: str) -> bool:
        """Whether entries of this dreamer may pass."""
        within = self.scope is None or dreamer == self.scope
        return within and (self.dreamers is None or dreamer in self.dreamers)


class Subscription:
    """One client's queue: entries are never dropped; of telemetry the newest waits.

    A heartbeat keeps its place among the entries, for it says up to where they were told; one
    waits at a time.

    Parameters
    ----------
    wanted : Filter
        What passes.
    limit : int
        Most entries waiting; one more and the client is too slow: `overflowed` is set, nothing
        is queued any more, and the client has to resume with its cursor.
    reading : Semaphore
        To be held while the log is read for this client.
    """

    def __init__(self, wanted: Filter, limit: int, reading: asyncio.Semaphore) -> None:
        self.wanted = wanted
        self.reading = reading
        self.overflowed = asyncio.Event()
        self._limit = limit
        self._queue: deque[Entry | Telemetry] = deque()
        self._telemetry: dict[tuple[str, str | None], Telemetry] = {}
        self._beating = False
        self._rung = asyncio.Event()

    def offer(self, entry: Entry) -> None:
        """Queue an entry if it is wanted."""
        if not self.wanted.wants(entry) or self.overflowed.is_set():
            return
        if len(self._queue) - self._beating >= self._limit:
            self.overflowed.set()
            return
        self._queue.append(entry)

    def offer_telemetry(self, message: Telemetry) -> None:
        """Put a message, if it is wanted, in the place of an older one still waiting."""
        if not self.wanted.wants_telemetry(message) or self.overflowed.is_set():
            return
        if message.type != HEARTBEAT:
            self._telemetry[message.type, message.dreamer] = message
        elif not self._beating:
            self._queue.append(message)
            self._beating = True

    def ring(self) -> None:
        """Let `take` return what waits, if anything does."""
        if self._queue or self._telemetry:
            self._rung.set()

    async def take(self) -> list[Entry | Telemetry]:
        """Wait for the bell and return the next messages; entries go before telemetry."""
        await self._rung.wait()
        messages = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
        self._beating &= all(isinstance(message, Entry) for message in messages)
        if not self._queue:
            messages += self._telemetry.values()
            self._telemetry.clear()
            self._rung.clear()
        return messages


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
        self._remembered: deque[Entry] = deque(maxlen=REMEMBERED)
        self._forgotten: dict[str, int] = {}
        self._looking: tuple[Filter, ...] = ()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reading = asyncio.Semaphore(READERS)
        self._bell: asyncio.TimerHandle | None = None

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
        self._remembered += entries
        for entry in entries:
            self.overview.apply(entry)
            for client in self._clients:
                client.offer(entry)
        self._ring_soon()

    def missed(self, cursor: Mapping[str, int], wanted: Filter) -> list[Entry] | None:
        """Return what was published after a cursor; None when not all of that is remembered."""
        later = [e for e in self._remembered if e.seq > cursor.get(e.dreamer, 0)]
        known = Counter(entry.dreamer for entry in later)
        whole = all(
            known[dreamer] >= head - cursor.get(dreamer, 0)
            for dreamer, head in self.overview.heads.items()
            if wanted.wants_dreamer(dreamer)
        )
        return [entry for entry in later if wanted.wants(entry)] if whole else None

    def forget_through(self, forgotten: Mapping[str, int]) -> None:
        """Leave out what the log holds no more: of each dreamer the entries up to a number."""
        if forgotten == self._forgotten:
            return
        self._forgotten = dict(forgotten)
        self.overview.forget_through(forgotten)
        kept = [e for e in self._remembered if e.seq > forgotten.get(e.dreamer, 0)]
        self._remembered = deque(kept, self._remembered.maxlen)

    def forget(self, dreamer: str) -> None:
        """Leave out a dreamer of whom the log holds nothing any more."""
        self.overview.forget(dreamer)
        kept = [entry for entry in self._remembered if entry.dreamer != dreamer]
        self._remembered = deque(kept, self._remembered.maxlen)

    def tell(self, message: Telemetry) -> None:
        """Hand over a message that may be dropped. From any thread."""
        if self._loop is None:
            raise RuntimeError("tell before bind")
        self._loop.call_soon_threadsafe(self._offer, message)

    def _offer(self, message: Telemetry) -> None:
        for client in self._clients:
            client.offer_telemetry(message)
        self._ring_soon()

    def _ring_soon(self) -> None:
        """Ring once a breath, however much comes within it."""
        if self._bell is None and self._loop is not None:
            self._bell = self._loop.call_later(BREATH_S, self._ring)

    def _ring(self) -> None:
        self._bell = None
        for client in self._clients:
            client.ring()

    @property
    def scopes(self) -> set[str | None]:
        """Whom alone some client may hear of; and None, for all others."""
        return {None, *(client.wanted.scope for client in self._clients)}

    def attended(self, dreamer: str) -> bool:
        """Whether some client hears the dreamer's alarms and may acknowledge them."""
        return any(client.wanted.sees_to(dreamer) for client in self._clients)

    def looked_at(self, dreamer: str) -> bool:
        """Whether some client asks for the dreamer's signal itself. From any thread."""
        return any(wanted.wants_dreamer(dreamer) for wanted in self._looking)

    @contextmanager
    def subscribe(self, wanted: Filter) -> Iterator[Subscription]:
        """Queue what is published from now on until the block is left."""
        client = Subscription(wanted, self._limit, self._reading)
        self._clients.add(client)
        self._look()
        try:
            yield client
        finally:
            self._clients.discard(client)
            self._look()

    def _look(self) -> None:
        self._looking = tuple(c.wanted for c in self._clients if c.wanted.looks)
