"""A service process whose events come at a given rate: ``python -m tests.bench.broadcast DIR``.

Station, store, hub, websocket and server are the product's; only the events are not a sleeper's.
Prints the stream's address; for each line ``RATE SECONDS`` on standard input publishes that many
events, each committed by itself, and prints when each was committed, as ``{dreamer: [s, …]}``
in seconds of the monotonic clock that all processes share.
"""

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from monitor.domain.epoch import ScoredEpoch
from monitor.domain.events import EpochScored
from monitor.domain.quality import ChannelQuality
from monitor.domain.stage import Stage
from service.app import create_app
from service.client import stream_address
from service.entries import draft
from service.server import address, listen, make_server, settle
from service.settings import Settings
from service.station import Station
from service.store import RUNNING, SessionRow

DREAMERS = [f"bed-{i}" for i in range(20)]
QUEUE = 300
"""Entries a client may lag: 3 s of the bench, so that who does not read is soon too slow."""
KERNEL_BYTES = 65_536
"""Bytes that the kernel holds for a client, lest it hide for minutes that one does not read."""
PROBA = {"W": 0.011, "N1": 0.052, "N2": 0.801, "N3": 0.112, "R": 0.024}
CHANNELS = tuple(ChannelQuality(0.97, {"flat": 0.0, "railed": 0.0, "noise": 0.03}) for _ in "1234")


def publish(station: Station, rate: float, n: int) -> Iterator[tuple[str, float]]:
    """Commit and publish n events at a steady rate; yield whose they are and when."""
    start = time.monotonic()
    for i in range(n):
        time.sleep(max(0.0, start + i / rate - time.monotonic()))
        dreamer = DREAMERS[i % len(DREAMERS)]
        epoch = ScoredEpoch(i, 30.0 * i, Stage.N2, PROBA, 0.97, CHANNELS)
        row = SessionRow(f"{dreamer}-night", dreamer, "bench:", 0.0, RUNNING, bytes(2048))
        event = EpochScored(time.time(), epoch)
        entries = station.store.commit(row, [draft(event, row.session)])
        committed = time.monotonic()
        station.hub.publish(entries)
        yield dreamer, committed


def obey(station: Station) -> None:
    """Publish as standard input says, until it ends; then end the service."""
    for line in sys.stdin:
        rate, seconds = map(float, line.split())
        times: dict[str, list[float]] = {dreamer: [] for dreamer in DREAMERS}
        for dreamer, committed in publish(station, rate, round(rate * seconds)):
            times[dreamer].append(committed)
        print(json.dumps(times), flush=True)  # noqa: T201
    signal.raise_signal(signal.SIGTERM)


def main() -> None:
    """Serve until standard input ends."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    settings = Settings(data_dir=Path(sys.argv[1]), client_queue=QUEUE)
    app = create_app(settings)
    server = make_server(app, settings)
    signal.signal(signal.SIGTERM, lambda *_: setattr(server, "should_exit", True))
    with listen("127.0.0.1", 0) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        settle()
        print(stream_address(address(listening, settings)), flush=True)  # noqa: T201
        threading.Thread(target=obey, args=(app.state.station,), daemon=True).start()
        server.run([listening])


if __name__ == "__main__":
    main()
