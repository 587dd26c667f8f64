"""Sleep regularity index: worked by hand, against the definition, and when the clock changes."""

from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from monitor.usage.record import SessionRecord
from monitor.usage.regularity import regularity, sleep_regularity
from monitor.usage.timeline import Timeline
from tests.usage.usage_nights import BERLIN, NEW_YORK, session


def local(day: int, hour: float, zone: tzinfo, first: str = "2026-03-15") -> float:
    """Moment of a local clock, some days after the first; hours beyond 24 are the next day's."""
    wall = datetime.fromisoformat(first) + timedelta(days=day, hours=hour)
    return wall.replace(tzinfo=zone).timestamp()


def night(day: int, begin_h: float, end_h: float, zone: tzinfo) -> SessionRecord:
    """Asleep from one moment of the clock to another."""
    begin, end = local(day, begin_h, zone), local(day, end_h, zone)
    return session(begin, ("N2", (end - begin) / 60))


def at_end(zone: tzinfo) -> float:
    return local(14, 13, zone)


def test_every_day_the_same_is_100() -> None:
    line = Timeline(night(day, 23, 31, BERLIN) for day in range(14))
    assert sleep_regularity(line, at_end(BERLIN), BERLIN) == 100.0


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK])
@pytest.mark.parametrize("first", ["2026-03-20", "2026-10-20", "2026-03-01", "2026-10-26"])
def test_a_sleeper_who_follows_the_clock_stays_regular_when_it_changes(
    zone: tzinfo, first: str
) -> None:
    def moment(day: int, hour: float) -> float:
        return local(day, hour, zone, first)

    line = Timeline(
        session(moment(day, 23), ("R", (moment(day, 31) - moment(day, 23)) / 60))
        for day in range(14)
    )
    assert sleep_regularity(line, moment(14, 13), zone) == 100.0


def test_minutes_which_the_clock_left_out_are_unknown() -> None:
    def moment(day: int, hour: float) -> float:
        return local(day, hour, BERLIN, "2026-03-20")

    def awake_from_three_to_four(day: int) -> SessionRecord:
        edges = [moment(day, hour) for hour in (23, 27, 28, 31)]
        lengths = np.diff(edges) / 60
        return session(edges[0], *zip(("N2", "W", "N3"), lengths, strict=True))

    line = Timeline(awake_from_three_to_four(day) for day in range(14))
    assert sleep_regularity(line, moment(14, 13), BERLIN) == 100.0


def test_an_hour_later_every_other_day_by_hand() -> None:
    # Each of the 13 pairs differs in 2 of 24 h: 200 * 22 / 24 - 100.
    line = Timeline(night(day, 23 + day % 2, 31 + day % 2, UTC) for day in range(14))
    assert sleep_regularity(line, at_end(UTC), UTC) == pytest.approx(200 * 22 / 24 - 100)


def test_always_the_reverse_is_minus_100() -> None:
    line = Timeline(night(day, 12 + 12 * (day % 2), 24 + 12 * (day % 2), UTC) for day in range(14))
    assert sleep_regularity(line, at_end(UTC), UTC) == -100.0


def test_days_without_a_session_are_unknown_and_seven_pairs_are_wanted() -> None:
    eight = [night(day, 23, 31, UTC) for day in range(6, 14)]
    assert sleep_regularity(Timeline(eight), at_end(UTC), UTC) == 100.0
    assert sleep_regularity(Timeline(eight[1:]), at_end(UTC), UTC) is None
    every_other = [night(day, 23, 31, UTC) for day in range(0, 14, 2)]
    assert sleep_regularity(Timeline(every_other), at_end(UTC), UTC) is None


def test_unscored_minutes_are_left_out_and_wake_in_a_session_is_wake() -> None:
    known = [night(day, 23, 31, UTC) for day in range(13)]
    half = session(local(13, 23, UTC), ("N2", 240), ("UNSCORED", 240))
    assert sleep_regularity(Timeline([*known, half]), at_end(UTC), UTC) == 100.0
    awake = session(local(13, 23, UTC), ("N2", 240), ("W", 240))
    one_of_13_differs = 200 * (1 - 240 / (13 * 1440)) - 100
    found = sleep_regularity(Timeline([*known, awake]), at_end(UTC), UTC)
    assert found == pytest.approx(one_of_13_differs)


def test_neither_the_present_day_nor_what_follows_is_seen() -> None:
    past = [night(day, 23, 31, UTC) for day in range(14)]
    at = local(14, 20, UTC)
    odd = [night(14, 13, 18, UTC), night(15, 13, 18, UTC)]
    assert sleep_regularity(Timeline([*past, *odd]), at, UTC) == 100.0


@given(st.integers(0, 2**32 - 1))
def test_the_index_is_the_share_of_equal_minutes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.choice([0.0, 1.0, np.nan], size=(9, 50), p=[0.5, 0.4, 0.1])
    pairs = [
        (a, b)
        for one, other in pairwise(table)
        for a, b in zip(one, other, strict=True)
        if a == a and b == b
    ]
    same = sum(a == b for a, b in pairs) / len(pairs)
    assert regularity(table) == pytest.approx(200 * same - 100)
