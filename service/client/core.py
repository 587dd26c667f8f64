"""What a client knows of the stream: no socket, no clock, time is an argument.

Both clients do what `Follower` says: send its first word, have it hear every message, ask it when
too long nothing came, tell it of a lost connection, and wait before the next.
"""

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI

SILENCE_S = 5.0
"""Seconds without a heartbeat after which nobody counts as monitored; without any message, after
which a connection counts as lost."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 10.0
_SHORTEST_WAIT_S = 0.05
_REFUSED = (1008, 1009)
"""Close codes of a service that does not take our cursor: it is none, or too long."""
_FINAL = (401, 403, 404, 422)

Message = dict[str, Any]


class HoleError(ConnectionError):
    """An entry is missing; what comes after it must not be told before it."""


class Follower:
    """Up to where the log was told, whether the service still speaks, how often it was lost.

    Parameters
    ----------
    dreamers, types : sequence of str
        What was asked for; empty means everything.
    cursor : dict of str to int, or None
        Last entry seen of each dreamer; None begins with a snapshot.
    """

    def __init__(
        self, dreamers: Sequence[str], types: Sequence[str], cursor: Mapping[str, int] | None
    ) -> None:
        self.cursor = None if cursor is None else dict(cursor)
        self._dreamers, self._types = frozenset(dreamers), frozenset(types)
        self._heard_at = self._beat_at = 0.0
        self._stale = False
        self._failures = 0
        self._hole = ""

    def first_word(self, now: float) -> str:
        """Return what to send as soon as the connection is open; times in monotonic seconds."""
        self._heard_at = self._beat_at = now
        self._stale = False
        return json.dumps({"cursor": self.cursor})

    def hear(self, text: str | bytes, now: float) -> list[Message]:
        """Take in a message; return what is to be told, which is nothing if it was told before.

        Raises
        ------
        HoleError
            When an entry before it is missing: the connection has to be made anew.
        """
        message: Message = json.loads(text)
        is_new = self._take(message)
        self._failures, self._heard_at = 0, now
        if message["type"] == "heartbeat":
            self._beat_at, self._stale = now, False
        return [*self.overdue(now), *([message] if is_new else [])]

    def due_s(self, now: float) -> float:
        """Return for how many seconds nothing has to come."""
        since = self._heard_at if self._stale else min(self._heard_at, self._beat_at)
        return max(_SHORTEST_WAIT_S, since + SILENCE_S - now)

    def overdue(self, now: float) -> list[Message]:
        """Return what the lack of a heartbeat means.

        Raises
        ------
        TimeoutError
            When nothing at all came: the connection counts as lost.
        """
        if now - self._heard_at >= SILENCE_S:
            raise TimeoutError(f"silence for {SILENCE_S:g} s")
        if self._stale or now - self._beat_at < SILENCE_S:
            return []
        self._stale = True
        return [_own("stale", f"no heartbeat for {SILENCE_S:g} s")]

    def lose(self, error: Exception) -> list[Message]:
        """Take in the loss of a connection; it is told once until the service speaks again.

        Raises
        ------
        Exception
            The error itself, when trying again cannot help.
        """
        if _is_final(error):
            raise error
        if _refuses_cursor(error) or (isinstance(error, HoleError) and self._known(error)):
            self.cursor = None
        return [] if self._failures else [_own("disconnected", str(error) or type(error).__name__)]

    def wait_s(self) -> float:
        """Return seconds to wait: twice as long each time, bounded, never all clients together."""
        wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**self._failures)
        self._failures += 1
        return float(wait * random.uniform(0.5, 1.0))

    def _take(self, message: Message) -> bool:
        """Move the cursor; return whether the message says anything new."""
        if message["type"] == "snapshot":
            self.cursor = dict(message["data"]["cursor"])
        elif message["type"] == "heartbeat":
            self._compare(message["data"].get("cursor", {}))
        elif "seq" in message:
            return self._advance(message["dreamer"], message["seq"])
        return True

    def _advance(self, dreamer: str, seq: int) -> bool:
        cursor = self.cursor = self.cursor or {}
        seen = cursor.get(dreamer, 0)
        if seq > seen + 1 and not self._types:
            raise HoleError(f"entry {seen + 1} of {dreamer} is missing, {seq} came")
        cursor[dreamer] = max(seen, seq)
        return seq > seen

    def _compare(self, sent: Mapping[str, int]) -> None:
        """Check that we have all that was sent; who chose types cannot know, and moves on."""
        cursor = self.cursor = self.cursor or {}
        for dreamer, seq in sent.items():
            if self._dreamers and dreamer not in self._dreamers:
                continue
            if self._types:
                cursor[dreamer] = max(seq, cursor.get(dreamer, 0))
            elif cursor.get(dreamer, 0) < seq:
                raise HoleError(f"entries of {dreamer} up to {seq} are missing")

    def _known(self, hole: HoleError) -> bool:
        """Whether the same entry is missing again: the log does not have it."""
        before, self._hole = self._hole, str(hole)
        return before == self._hole


def _own(kind: str, reason: str) -> Message:
    return {"type": kind, "data": {"reason": reason}}


def _refuses_cursor(error: Exception) -> bool:
    refusal = error.rcvd if isinstance(error, ConnectionClosed) else None
    return refusal is not None and refusal.code in _REFUSED


def _is_final(error: Exception) -> bool:
    """Whether trying again cannot help: no websocket address, or a request that is refused."""
    refused = isinstance(error, InvalidStatus) and error.response.status_code in _FINAL
    return refused or isinstance(error, InvalidURI)
