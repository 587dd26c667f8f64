"""Running the application until it is told to stop."""

import signal
import socket
import ssl
from collections.abc import Callable
from typing import Any, cast

import uvicorn
from fastapi import FastAPI
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from service.app import create_app
from service.cursors import MAX_CURSOR
from service.errors import SettingsError
from service.settings import EVERY_ADDRESS, Settings

SHUTDOWN_S = 2
_BEYOND_CLIENTS = 100
"""Connections for page and REST beside the websocket clients."""


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
    with listen(settings.host, settings.port) as listening:
        server = make_server(create_app(settings), settings)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(server, "should_exit", True))
        announce(address(listening, settings))
        server.run([listening])


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket; port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), port), family=family, backlog=1024)
    except OSError as error:
        raise SettingsError(f"cannot listen on {host} port {port}: {error.strerror}") from error


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
        ws=WebSocketProtocol,
        ws_max_size=2 * MAX_CURSOR,
        ws_per_message_deflate=False,  # costs more than it saves on loopback
        limit_concurrency=settings.max_clients + _BEYOND_CLIENTS,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    return uvicorn.Server(config)
