"""Sessions for the tests of the account: random ones, and nights written by hand."""

from datetime import datetime
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import numpy as np
from numpy.typing import NDArray

from monitor.domain.stage import EPOCH_S, Stage
from monitor.usage.record import SessionRecord, cut

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
UTC = ZoneInfo("UTC")
APIA = ZoneInfo("Pacific/Apia")
MARCH = datetime(2026, 3, 24, tzinfo=UTC).timestamp()
"""A few days before Berlin's clock goes forward."""


def unix(text: str, zone: ZoneInfo = UTC) -> float:
    """Seconds of Unix time of a local moment such as ``2026-03-29 07:30``."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def session(
    start: float, *runs: tuple[str, float], name: str = "", **more: object
) -> SessionRecord:
    """A session of stages with their minutes, over at the end of the last one."""
    epochs = tuple((Stage(stage), int(minutes * 60 / EPOCH_S)) for stage, minutes in runs)
    until = start + EPOCH_S * sum(count for _, count in epochs)
    fields = {"session": name or f"s{start:.0f}", "until": until, "runs": epochs, **more}
    return SessionRecord(start=start, **fields)  # type: ignore[arg-type]


@st.composite
def records(draw: st.DrawFn, within_s: int = 6 * 3600) -> SessionRecord:
    """A short session on whole seconds, so that a count of seconds is exact."""
    runs = draw(st.lists(st.tuples(st.sampled_from(list(Stage)), st.integers(1, 40)), max_size=5))
    start = MARCH + draw(st.integers(0, within_s))
    end = start + EPOCH_S * sum(count for _, count in runs)
    return SessionRecord(
        draw(st.sampled_from("abcdefgh")),
        start,
        end + draw(st.integers(0, 90)),
        tuple(runs),
        rounds=draw(st.integers(0, 3)),
        planned_s=draw(st.none() | st.just(1_800.0)),
        imported=draw(st.booleans()),
    )


def by_the_second(given: list[SessionRecord], at: float, seconds: int) -> NDArray[np.object_]:
    """Stage of every second from `MARCH`, or None; seen from `at`, counted the slow way."""
    line = np.full(seconds, None, dtype=object)
    order = sorted(given, key=lambda r: (r.imported, r.start, r.session, -r.until, repr(r)))
    for record in reversed([cut(one, at) for one in order if one.start < at]):
        stages = [stage for stage, count in record.runs for _ in range(count * EPOCH_S)]
        first = int(record.start - MARCH)
        tail = int(record.until - record.start) - len(stages)
        line[first : first + len(stages) + tail] = [*stages, *[Stage.UNSCORED] * tail]
    return line
