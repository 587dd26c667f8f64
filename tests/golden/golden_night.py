"""What the live path says of the sample night, as text: one line an event, stages in one string.

Run as a program it renews the golden file; do so only when a change of result is meant.
"""

from collections.abc import Iterable
from pathlib import Path

from monitor.domain.config import SessionConfig
from monitor.domain.events import AlarmChanged, CoverageChanged, EpochScored, Event, WakeStep
from monitor.domain.inputs import End, Input, Tick
from monitor.session import MonitorSession
from monitor.sources.base import Source
from monitor.sources.edf import open_edf
from monitor.staging.bundle import load_bundle

GOLDEN = Path(__file__).with_name("sample_night.txt")
SAMPLE = Path(__file__).parents[2] / "sample_data" / "unresponsive-nap.edf"
PLANNED_S = 75 * 60
LETTERS = {"W": "W", "N1": "1", "N2": "2", "N3": "3", "R": "R", "UNSCORED": "?"}


def replay(chunk_s: float) -> list[Event]:
    """Push the sample night, ten minutes of silence after it included."""
    source = open_edf(str(SAMPLE), {}, chunk_s)
    config = SessionConfig("bed-1", "golden", 0.0, source.sfreq, source.montage, PLANNED_S)
    session = MonitorSession(config, load_bundle())
    events = session.begin()
    for item in _inputs(source):
        events += session.push(item)
    source.close()
    return events


def _inputs(source: Source) -> Iterable[Input]:
    while (items := source.read()) is not None:
        yield from items
    end = source.n_samples or 0
    yield End(end)
    yield Tick(end + round(600 * source.sfreq))


def tell(events: Iterable[Event]) -> str:
    """Write events as lines; every hour of stages as one line."""
    events = list(events)
    stages = "".join(LETTERS[e.epoch.stage] for e in events if isinstance(e, EpochScored))
    hours = [stages[first : first + 120] for first in range(0, len(stages), 120)]
    return "\n".join([*hours, *filter(None, map(_line, events))]) + "\n"


def _line(event: Event) -> str:
    match event:
        case CoverageChanged(at=at, coverage=coverage, reason=reason):
            return f"{at:7g} {coverage} {reason.code}"
        case WakeStep(at=at, step=step, round=number):
            return f"{at:7g} wake {step} {number}"
        case AlarmChanged():
            what = f"{event.kind} {event.priority} {event.previous_state}->{event.state}"
            return f"{event.at:7g} {what} {event.reason.code} v{event.version}"
    return ""


if __name__ == "__main__":
    GOLDEN.write_text(tell(replay(chunk_s=300.0)))
