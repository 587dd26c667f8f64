"""A service whose dreamers dream faster than any: ``python tests/e2e/e2e_feed.py DIR PORT``.

Log, hub, websocket and server are the product's; in the place of the runners, threads commit and
publish epochs, several a commit, as fast as the log takes them. The number of an epoch is that of
its entry, so that after a kill each dreamer goes on where the log ends, and nowhere else.
"""

import random
import signal
import sys
import threading
import time
from pathlib import Path

from monitor.domain.epoch import ScoredEpoch
from monitor.domain.events import EpochScored
from monitor.domain.stage import Stage
from service.app import create_app
from service.entries import draft
from service.server import listen, make_server
from service.settings import Settings
from service.station import Station
from service.store import RUNNING, SessionRow

DREAMERS = tuple(f"bed-{i}" for i in range(6))
MOST_AT_ONCE = 12
STORED = b"state of the session" * 100
PROBA = {"W": 0.0, "N1": 0.1, "N2": 0.8, "N3": 0.1, "R": 0.0}


def feed(station: Station, dreamer: str) -> None:
    """Dream until the process is killed."""
    index = station.hub.overview.heads.get(dreamer, 0)
    row = SessionRow(f"{dreamer}-night", dreamer, "feed:", 0.0, RUNNING, STORED)
    while True:
        numbers = range(index + 1, index + 1 + random.randint(1, MOST_AT_ONCE))
        epochs = [ScoredEpoch(n, 30.0 * n, Stage.N2, PROBA, 1.0) for n in numbers]
        events = [EpochScored(time.time(), epoch) for epoch in epochs]
        station.hub.publish(station.store.commit(row, [draft(e, row.session) for e in events]))
        index = numbers[-1]


def main() -> None:
    settings = Settings(data_dir=Path(sys.argv[1]), client_queue=20_000)
    app = create_app(settings)
    server = make_server(app, settings)
    signal.signal(signal.SIGTERM, lambda *_: setattr(server, "should_exit", True))
    with listen("127.0.0.1", int(sys.argv[2])) as listening:
        print("port", listening.getsockname()[1], flush=True)  # noqa: T201
        station = app.state.station
        threads = [threading.Timer(0.3, feed, (station, dreamer)) for dreamer in DREAMERS]
        for thread in threads:
            thread.daemon = True
            thread.start()
        server.run([listening])


if __name__ == "__main__":
    main()
