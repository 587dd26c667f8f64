"""Social jet lag: worked by hand, around midnight, and when the clock changes."""

from datetime import UTC, datetime, timedelta, tzinfo

import hypothesis.strategies as st
import pytest
from hypothesis import given

from monitor.usage.jetlag import jet_lag, social_jet_lag
from monitor.usage.record import SessionRecord
from monitor.usage.timeline import Timeline
from tests.usage.usage_nights import BERLIN, NEW_YORK, session


def night(
    day: int, begin_h: float, hours: float, zone: tzinfo = UTC, first: str = "2026-03-16"
) -> SessionRecord:
    """Sleep from a moment of the local clock on; 16 March 2026 is a Monday."""
    wall = datetime.fromisoformat(first) + timedelta(days=day, hours=begin_h)
    return session(wall.replace(tzinfo=zone).timestamp(), ("W", 15), ("N2", hours * 60), ("W", 10))


def fortnight(
    free_h: float, work_h: float, zone: tzinfo = UTC, first: str = "2026-03-16"
) -> list[SessionRecord]:
    """Fourteen nights of 8 h; free ones (of Friday and Saturday) begin at `free_h`."""
    return [
        night(day, free_h if day % 7 in (4, 5) else work_h, 8, zone, first) for day in range(14)
    ]


def after(zone: tzinfo = UTC, first: str = "2026-03-16") -> float:
    wall = datetime.fromisoformat(first) + timedelta(days=14, hours=13)
    return wall.replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(("free_h", "work_h", "lag"), [(25, 23, 120), (22, 23.5, 90), (23, 23, 0)])
def test_the_middle_of_sleep_on_free_nights_against_work_nights(
    free_h: float, work_h: float, lag: float
) -> None:
    assert social_jet_lag(Timeline(fortnight(free_h, work_h)), after(), UTC) == pytest.approx(lag)


def test_means_by_hand() -> None:
    # Free 4:00 and 5:00, work 2:00, 3:00 and 4:00: 4:30 against 3:00.
    assert jet_lag([240, 300], [120, 180, 240]) == pytest.approx(90)
    # Free 0:30 and 1:30, work 23:00 and 23:40: 1:00 against 23:20.
    assert jet_lag([30, 90], [1380, 1420]) == pytest.approx(100)


@given(
    st.lists(st.integers(0, 200), min_size=2),
    st.lists(st.integers(0, 200), min_size=2),
    st.integers(0, 1439),
)
def test_turning_the_clock_changes_nothing(free: list[int], work: list[int], turn: int) -> None:
    direct = abs(sum(free) / len(free) - sum(work) / len(work))
    turned = [[(time + turn) % 1440 for time in times] for times in (free, work)]
    assert jet_lag(*turned) == pytest.approx(direct, abs=1e-6)


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK])
@pytest.mark.parametrize("first", ["2026-03-02", "2026-03-23", "2026-10-19", "2026-10-26"])
def test_the_local_clock_counts_when_it_changes(zone: tzinfo, first: str) -> None:
    # Of the one night with a change of the clock the middle may lie up to 1 h off.
    line = Timeline(fortnight(24.5, 23, zone, first))
    found = social_jet_lag(line, after(zone, first), zone)
    assert found == pytest.approx(90, abs=16)


def test_the_longest_sleep_of_a_day_counts_and_the_wake_around_it_does_not() -> None:
    naps = [night(day, 14, 1) for day in range(14)]
    line = Timeline([*fortnight(25, 23), *naps])
    assert social_jet_lag(line, after(), UTC) == pytest.approx(120)


def test_the_middle_lies_between_onset_and_end_of_sleep() -> None:
    # Free nights: an hour awake from 23:00, asleep from 0:00 to 10:00. Work: 23:15 to 7:15.
    free = [
        session(night(day, 23, 0).start, ("W", 60), ("N1", 600), ("W", 90))
        for day in (4, 5, 11, 12)
    ]
    work = [one for day, one in enumerate(fortnight(0, 23)) if day % 7 not in (4, 5)]
    assert social_jet_lag(Timeline([*free, *work]), after(), UTC) == pytest.approx(105)


def test_two_nights_of_either_kind_are_wanted() -> None:
    nights = fortnight(25, 23)
    only_one_free = [one for day, one in enumerate(nights) if day not in (4, 5, 11)]
    assert social_jet_lag(Timeline(only_one_free), after(), UTC) is None
    assert social_jet_lag(Timeline([]), after(), UTC) is None


def test_the_present_day_and_the_future_are_not_seen() -> None:
    later = [night(day, 13, 9) for day in range(14, 18)]
    line = Timeline([*fortnight(25, 23), *later])
    assert social_jet_lag(line, after() + 6 * 3600, UTC) == pytest.approx(120)
