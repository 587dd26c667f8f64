"""The stream over a socket, for programs with threads and for programs with an event loop."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit, urlunsplit

from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from service.client.authorization import authorization
from service.client.core import SILENCE_S, Follower, Message
from service.client.keeper import CursorKeeper

PATH = "/api/v1/events"
DEFAULT_URL = f"ws://127.0.0.1:8000{PATH}"
MAX_MESSAGE = 16 * 2**20
"""Bytes of the longest message: some ten times the snapshot of 500 dreamers."""
_OPTIONS: dict[str, Any] = {
    "open_timeout": SILENCE_S,
    "close_timeout": 1,
    "max_size": MAX_MESSAGE,
    "proxy": None,
}
"""No proxy of the environment: it would be shown the token."""
_LOST = (OSError, WebSocketException)


class _Subscription:
    """What both clients share: whom they listen to, and how far they got."""

    def __init__(
        self,
        url: str,
        dreamers: Sequence[str],
        types: Sequence[str],
        role: str,
        cursor: Mapping[str, int] | None,
        keeper: CursorKeeper | None,
        token: str,
    ) -> None:
        query = [("dreamer", dreamer) for dreamer in dreamers]
        query += [("types", ",".join(types))] if types else []
        self._address = f"{url}?{urlencode([*query, ('role', role)])}"
        self._options = _OPTIONS | {"additional_headers": authorization(url, token)}
        self._keeper = keeper
        self._follower = Follower(dreamers, types, (keeper and keeper.load()) or cursor)

    @property
    def cursor(self) -> dict[str, int] | None:
        """Last entry told of each dreamer."""
        return self._follower.cursor

    def _keep(self, message: Message) -> None:
        """Save the cursor now that a message has been dealt with."""
        if self._keeper and self.cursor and ("seq" in message or message["type"] == "snapshot"):
            self._keeper.save(dict(self.cursor))


class EventClient(_Subscription):
    """A subscription that outlives its connections, and with a keeper its program.

    Parameters
    ----------
    url : str
        Websocket address of the stream; `stream_address` makes it of the page's.
    dreamers, types : sequence of str
        What to be told of; empty means everything.
    role : str
        ``technician`` says that somebody who may acknowledge alarms listens.
    cursor : dict of str to int, or None
        Last entry seen of each dreamer; None begins with a snapshot.
    keeper : CursorKeeper or None
        Has the cursor of an earlier run, which comes before `cursor`; is given it after each entry.
    sleep : callable
        Waits between attempts, in seconds.
    clock : callable
        Monotonic seconds.
    token : str
        What the service lets this program in by; empty where it asks for none.

    Raises
    ------
    ValueError
        When the token would go to another machine unencrypted.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        dreamers: Sequence[str] = (),
        types: Sequence[str] = (),
        role: Literal["viewer", "technician"] = "viewer",
        cursor: Mapping[str, int] | None = None,
        keeper: CursorKeeper | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        token: str = "",
    ) -> None:
        super().__init__(url, dreamers, types, role, cursor, keeper, token)
        self._sleep, self._clock = sleep, clock

    def follow(self) -> Iterator[Message]:
        """Yield messages for ever, as the service sends them; each entry once and in order.

        Two messages are the client's own, and mean that nobody is monitored as far as it knows:
        ``disconnected``, told once until the service speaks again, and ``stale``, when other
        messages come but no heartbeat, until one comes. Both hold a ``reason``.

        Raises
        ------
        InvalidURI, InvalidStatus
            When the address is none, or the service refuses the request, as for an unknown type.
        """
        while True:
            try:
                for message in self._session():
                    yield message
                    self._keep(message)
            except _LOST as error:
                yield from self._follower.lose(error)
            self._sleep(self._follower.wait_s())

    def _session(self) -> Iterator[Message]:
        follower = self._follower
        with connect(self._address, **self._options) as connection:
            connection.send(follower.first_word(self._clock()))
            while True:
                try:
                    text = connection.recv(timeout=follower.due_s(self._clock()))
                except TimeoutError:
                    yield from follower.overdue(self._clock())
                else:
                    yield from follower.hear(text, self._clock())


class AsyncEventClient(_Subscription):
    """`EventClient` for an event loop; the parameters are the same, but that `sleep` is awaited."""

    def __init__(
        self,
        url: str = DEFAULT_URL,
        dreamers: Sequence[str] = (),
        types: Sequence[str] = (),
        role: Literal["viewer", "technician"] = "viewer",
        cursor: Mapping[str, int] | None = None,
        keeper: CursorKeeper | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        token: str = "",
    ) -> None:
        super().__init__(url, dreamers, types, role, cursor, keeper, token)
        self._sleep, self._clock = sleep, clock

    async def follow(self) -> AsyncGenerator[Message, None]:
        """Yield what `EventClient.follow` does; who leaves early does so by `aclosing`."""
        while True:
            try:
                async with aclosing(self._session()) as messages:
                    async for message in messages:
                        yield message
                        self._keep(message)
            except _LOST as error:
                for message in self._follower.lose(error):
                    yield message
            await self._sleep(self._follower.wait_s())

    async def _session(self) -> AsyncGenerator[Message, None]:
        follower = self._follower
        async with connect_async(self._address, **self._options) as connection:
            await connection.send(follower.first_word(self._clock()))
            while True:
                try:
                    async with asyncio.timeout(follower.due_s(self._clock())):
                        text = await connection.recv()
                except TimeoutError:
                    told = follower.overdue(self._clock())
                else:
                    told = follower.hear(text, self._clock())
                for message in told:
                    yield message


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
