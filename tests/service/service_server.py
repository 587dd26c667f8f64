"""The real application behind a real socket, in a thread of the test."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from service.app import create_app
from service.server import address, bounds_of, listen, make_server
from service.settings import Settings
from service.station import Station


@dataclass(frozen=True)
class Served:
    http: httpx.Client
    ws: str
    station: Station


@contextmanager
def served(data_dir: Path, *sources: str, **settings: Any) -> Iterator[Served]:
    chosen = Settings(sources=sources, data_dir=data_dir, **settings)
    app = create_app(chosen)
    server = make_server(app, chosen)
    with listen("127.0.0.1", 0, bounds_of(chosen)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        page = address(listening, chosen)
        try:
            with httpx.Client(base_url=page, timeout=20, trust_env=False) as http:
                ws = f"{page.replace('http', 'ws', 1)}api/v1/events"
                yield Served(http, ws, app.state.station)
        finally:
            server.should_exit = True
            thread.join()


def eventually(look: Callable[[], object], within_s: float = 20.0) -> object:
    """Return what `look` returns as soon as it is true."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {within_s} s")
