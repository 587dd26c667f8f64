"""Running the application until it is told to stop."""

import signal
import socket
from collections.abc import Callable

import uvicorn

from service.app import create_app
from service.cursors import MAX_CURSOR
from service.errors import SettingsError
from service.settings import Settings

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
    with listen(settings.host, settings.port) as listening:
        server = uvicorn.Server(_config(settings))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(server, "should_exit", True))
        announce(address(listening))
        server.run([listening])


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket; port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), port), family=family, backlog=1024)
    except OSError as error:
        raise SettingsError(f"cannot listen on {host} port {port}: {error.strerror}") from error


def address(listening: socket.socket) -> str:
    """Return the URL of the page."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def _config(settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(settings),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws_max_size=2 * MAX_CURSOR,
        ws_per_message_deflate=False,  # costs more than it saves on loopback
        limit_concurrency=settings.max_clients + _BEYOND_CLIENTS,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
