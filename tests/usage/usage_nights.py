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


DAY_S = 86_400.0


def night(
    day: int, *, sleep_min: float = 420, rem_min: float = 90, **more: object
) -> SessionRecord:
    """A night that begins at eleven in the evening UTC, `day` days after `MARCH`."""
    runs = (("W", 10), ("N2", sleep_min - rem_min), ("R", rem_min), ("W", 5))
    return session(MARCH + DAY_S * day + 23 * 3600, *runs, **more)  # type: ignore[arg-type]


@st.composite
def histories(draw: st.DrawFn, days: int = 16, most: int = 12) -> list[SessionRecord]:
    """Sessions of minutes or hours on whole epochs, some of which overlap."""
    found = []
    for name in range(draw(st.integers(0, most))):
        runs = draw(
            st.lists(st.tuples(st.sampled_from(list(Stage)), st.integers(1, 500)), max_size=4)
        )
        start = MARCH + EPOCH_S * draw(st.integers(0, days * 2_880))
        n_epochs = sum(count for _, count in runs) + draw(st.integers(0, 3))
        found.append(
            SessionRecord(
                f"s{name}",
                start,
                start + EPOCH_S * n_epochs,
                tuple(runs),
                planned_s=draw(st.none() | st.just(3_600.0)),
                rounds=draw(st.integers(0, 3)),
                imported=draw(st.booleans()),
            )
        )
    return found


def by_the_epoch(given: list[SessionRecord], at: float) -> NDArray[np.object_]:
    """Stage of every epoch from `MARCH` to `at`, or None, counted the slow way."""
    line = np.full(int(at - MARCH) // EPOCH_S, None, dtype=object)
    for record in sorted(given, key=lambda r: (r.imported, r.start, r.session), reverse=True):
        first, last = (int(moment - MARCH) // EPOCH_S for moment in (record.start, record.until))
        stages = [stage for stage, count in record.runs for _ in range(count)]
        stages += [Stage.UNSCORED] * (last - first - len(stages))
        line[first:last] = stages[: max(0, len(line) - first)]
    return line
