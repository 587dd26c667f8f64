"""Following a service's events from anywhere: reconnects, resumes, and tells each entry once."""

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from websockets.exceptions import (
    ConnectionClosed,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)
from websockets.sync.client import connect

PATH = "/api/v1/events"
DEFAULT_URL = f"ws://127.0.0.1:8000{PATH}"
SILENCE_S = 5.0
"""Seconds without any message, heartbeats included, after which a connection counts as lost."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 10.0
MAX_MESSAGE = 16 * 2**20
"""Bytes of the longest message: some ten times the snapshot of 500 dreamers."""
_REFUSED = (1008, 1009)
"""Close codes of a service that does not take our cursor: it is none, or too long."""

Message = dict[str, Any]


@dataclass
class EventClient:
    """A subscription that outlives its connections.

    Parameters
    ----------
    url : str
        Websocket address of the stream; `stream_address` makes it of the page's.
    dreamers, types : sequence of str
        What to be told of; empty means everything.
    cursor : dict of str to int, or None
        Last entry seen of each dreamer; None begins with a snapshot. Kept up to date, and
        forgotten when the service refuses it.
    sleep : callable
        Waits between attempts, in seconds.
    """

    url: str = DEFAULT_URL
    dreamers: Sequence[str] = ()
    types: Sequence[str] = ()
    cursor: dict[str, int] | None = None
    sleep: Callable[[float], None] = time.sleep
    _failures: int = field(default=0, init=False)

    def follow(self) -> Iterator[Message]:
        """Yield messages for ever, as the service sends them.

        A lost connection is told as ``{"type": "disconnected", "data": {"reason": …}}`` once, until
        the next message of the service; entries seen before are left out.

        Raises
        ------
        InvalidURI, InvalidStatus
            When the address is none, or the service refuses the request, as for an unknown type.
        """
        while True:
            try:
                yield from self._session()
            except (OSError, WebSocketException) as error:
                if _is_final(error):
                    raise
                if _refuses_cursor(error):
                    self.cursor = None
                if self._failures == 0:
                    yield {"type": "disconnected", "data": {"reason": str(error) or "silence"}}
            self._wait()

    def _session(self) -> Iterator[Message]:
        with connect(
            self._address(), open_timeout=SILENCE_S, close_timeout=1, max_size=MAX_MESSAGE
        ) as connection:
            connection.send(json.dumps({"cursor": self.cursor}))
            while True:
                message = json.loads(connection.recv(timeout=SILENCE_S))
                self._failures = 0
                if self._is_new(message):
                    yield message

    def _is_new(self, message: Message) -> bool:
        """Move the cursor; an entry at or before it was told already."""
        if message["type"] == "snapshot":
            self.cursor = dict(message["data"]["cursor"])
        if "seq" not in message:
            return True
        cursor = self.cursor = self.cursor or {}
        if message["seq"] <= cursor.get(message["dreamer"], 0):
            return False
        cursor[message["dreamer"]] = message["seq"]
        return True

    def _address(self) -> str:
        query = [("dreamer", dreamer) for dreamer in self.dreamers]
        query += [("types", ",".join(self.types))] if self.types else []
        return f"{self.url}?{urlencode(query)}" if query else self.url

    def _wait(self) -> None:
        """Wait twice as long each time, up to a bound, and never all clients together."""
        wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**self._failures)
        self._failures += 1
        self.sleep(wait * random.uniform(0.5, 1.0))


def stream_address(url: str) -> str:
    """Return the stream's address for that of the page; any other is returned as it is.

    Raises
    ------
    ValueError
        When it is no address.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return url
    path = PATH if parts.path in ("", "/") else parts.path
    scheme = parts.scheme.replace("http", "ws")
    return urlunsplit((scheme, parts.netloc, path, parts.query, ""))


def _refuses_cursor(error: Exception) -> bool:
    refusal = error.rcvd if isinstance(error, ConnectionClosed) else None
    return refusal is not None and refusal.code in _REFUSED


def _is_final(error: Exception) -> bool:
    """Whether trying again cannot help: no websocket address, or a request that is refused."""
    refused = isinstance(error, InvalidStatus) and error.response.status_code in (403, 404, 422)
    return refused or isinstance(error, InvalidURI)
