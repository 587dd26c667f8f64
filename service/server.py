"""Running the application until it is told to stop."""

import asyncio
import gc
import resource
import signal
import socket
import ssl
from collections.abc import Callable
from typing import Any, cast

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from service.app import create_app
from service.cursors import MAX_CURSOR
from service.door import Bounds, Door
from service.errors import SettingsError
from service.settings import EVERY_ADDRESS, Settings

SHUTDOWN_S = 2
REQUEST_S = 10.0
"""Within this TLS must begin, and each request be there as a whole."""
_BEYOND_CLIENTS = 100
"""Connections for page and REST beside the websocket clients."""
_FILES = 65_536


def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Parameters
    ----------
    settings : Settings
        What to watch and where to listen.
    announce : callable
        Told the page's address as soon as requests can come.

    Raises
    ------
    DreamwatchError
        When the address is taken, or for the reasons of `create_app`.
    """
    check_certificate(settings)
    allow_files()
    with listen(settings.host, settings.port, bounds_of(settings)) as listening:
        server = make_server(create_app(settings), settings)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(server, "should_exit", True))
        settle()
        announce(address(listening, settings))
        server.run([listening])


def settle() -> None:
    """Have Python's garbage collector leave alone what is there from the start.

    All modules and the model: to look through them, as it does every few seconds when clients come
    and go, holds up every thread for a quarter of a second.
    """
    gc.collect()
    gc.freeze()


def listen(host: str, port: int, bounds: Bounds | None = None) -> socket.socket:
    """Open the listening socket, within bounds or without; port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.create_server((host.strip("[]"), port), family=family, backlog=1024)
    except OSError as error:
        raise SettingsError(f"cannot listen on {host} port {port}: {error.strerror}") from error
    return made if bounds is None else Door(made, bounds)


def allow_files() -> None:
    """Let this process open `_FILES` files, or as many as it is allowed; at first often 1024."""
    now, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if now != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, allowed), hard))


def bounds_of(settings: Settings) -> Bounds:
    """Return how many connections there may be.

    Half of the files that may be open stay for log, recordings and requests to addresses outside.
    """
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    room = _FILES if files == resource.RLIM_INFINITY else files // 2
    return Bounds(min(settings.max_clients + _BEYOND_CLIENTS, room), settings.proxies)


def check_certificate(settings: Settings) -> None:
    """Read certificate and key, so that a wrong one is told before anything is watched.

    Raises
    ------
    SettingsError
        When one cannot be read, or they do not fit.
    """
    if settings.tls_cert is None:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password="")
    except OSError as error:
        files = f"tls_cert {settings.tls_cert} and tls_key {settings.tls_key}"
        raise SettingsError(f"{files} cannot be used: {error.strerror or error}") from error


def address(listening: socket.socket, settings: Settings) -> str:
    """Return the URL of the page."""
    host, port = listening.getsockname()[:2]
    if host in EVERY_ADDRESS:
        host = settings.allowed_hosts[0]
    scheme = "http" if settings.tls_cert is None else "https"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}/"


class Loop(asyncio.SelectorEventLoop):
    """asyncio's loop, which by itself waits a minute until TLS begins."""

    async def create_server(self, *args: Any, **kwargs: Any) -> asyncio.Server:
        """Listen, and wait for TLS only as long as for anything else."""
        if kwargs.get("ssl"):
            kwargs["ssl_handshake_timeout"] = REQUEST_S
        return await super().create_server(*args, **kwargs)


class HttpProtocol(H11Protocol):
    """uvicorn's protocol, but for who lets us wait for a request, or for the rest of one.

    Such a connection goes; one of which the request is there stays as long as the answer takes.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take what has come, and wait for what is missing."""
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        ours = self.transport.get_protocol() is self  # and not a websocket's by now
        if not (ours and self.conn.their_state in (h11.IDLE, h11.SEND_BODY)):
            self._stop_waiting()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_S, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, but for handshakes that fail and for messages that go together.

    uvicorn's own never answers a handshake that is too long or garbled; such a connection would
    stay for ever, and any web page could open as many as there are places.
    """

    def data_received(self, data: bytes) -> None:
        """Let a handshake that failed go with the answer that is waiting for it."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    async def send(self, message: ASGISendEvent) -> None:
        """Send as ASGI says; or ``frames``, ready to write: many messages in one system call.

        So one core is enough for 500 clients at 100 messages a second.
        """
        frames = cast(dict[str, Any], message).get("frames")
        if frames is None:
            await super().send(message)
            self.handshake_complete |= self.close_sent  # or a refusal is logged as a fault
            return
        await self.writable.wait()
        if self.conn.state is not State.OPEN or self.transport.is_closing():
            raise ClientDisconnected
        self.transport.write(frames)


def make_server(app: FastAPI, settings: Settings) -> uvicorn.Server:
    """Return the server of an application, with its bounds."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.proxy),
        forwarded_allow_ips=settings.proxy,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        loop=f"{__name__}:{Loop.__name__}",
        http=HttpProtocol,
        ws=WebSocketProtocol,
        ws_max_size=2 * MAX_CURSOR,
        ws_per_message_deflate=False,  # costs more than it saves on loopback
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    return uvicorn.Server(config)
