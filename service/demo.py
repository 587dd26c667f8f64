"""The demonstration of ``make demo``: the sample night, replayed fast, with its page and alarms."""

import argparse
import sys
import tempfile
import threading
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from rich.console import Console

from monitor.domain.errors import DreamwatchError
from monitor.usage.days import find_zone
from service.client import EventClient, stream_address
from service.errors import SettingsError
from service.overuse.life import draw_life, record_life
from service.overuse.people import draw_person
from service.printing import line
from service.server import listen, serve
from service.settings import Settings, load_settings
from service.usage.desk import Desk

SAMPLES = Path(__file__).parents[1] / "sample_data"
PLANNED_MIN = 75
DREAMER = "bed-1"
PAST_DAYS, PAST_SEED = 14, 3
SPEED = 240
"""Times faster than life: the first high alarm, 93 minutes into the night, comes in 24 s."""


def main() -> int:
    """Serve the sample night until Ctrl-C; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    console = Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="dreamwatch-demo-") as data_dir:
        try:
            settings = _settings(parser.parse_args().port, Path(data_dir), console)
            _import_fortnight(Desk(settings.data_dir, settings.time_zone), settings.time_zone)
            serve(settings, lambda page: _announce(page, console))
        except DreamwatchError as error:
            console.print(f"dreamwatch: {error}")
            return 2
    return 0


def _settings(port: int, data_dir: Path, console: Console) -> Settings:
    try:
        listen("127.0.0.1", port).close()
    except SettingsError as error:
        console.print(f"{error}; taking a free port")
        port = 0
    return load_settings(sources=(_source(),), port=port, data_dir=data_dir)


def _source() -> str:
    nights = sorted(SAMPLES.glob("*.edf"))
    if not nights:
        raise SettingsError(f"there is no sample night (*.edf) in {SAMPLES}")
    return f"edf:{nights[0]}?dreamer={DREAMER}&speed={SPEED}&planned_minutes={PLANNED_MIN}"


def _import_fortnight(desk: Desk, zone: str) -> None:
    """Give the dreamer simulated nights before this one, for the account to have a past."""
    rng = np.random.default_rng(PAST_SEED)
    first = date.today() - timedelta(days=PAST_DAYS + 1)  # noqa: DTZ011 - a simulated calendar
    life = draw_life(rng, draw_person(rng), first, PAST_DAYS)
    for night in record_life(rng, life, first, find_zone(zone)):
        desk.add(DREAMER, replace(night, imported=True))


def _announce(page: str, console: Console) -> None:
    console.print(f"A sample night of two hours, {SPEED} times faster than life.")
    console.print(f"Page: {page}   Stop: Ctrl-C", style="bold")
    console.print("Whoever uses this machine may come in without a token, as a technician.\n")
    threading.Thread(target=_follow, args=(stream_address(page), console), daemon=True).start()


def _follow(url: str, console: Console) -> None:
    for message in EventClient(url).follow():
        if message["type"] == "disconnected":
            return  # the service of this very process is stopping
        if message["type"] != "usage" and (text := line(message)):
            console.print(text)


if __name__ == "__main__":
    sys.exit(main())
