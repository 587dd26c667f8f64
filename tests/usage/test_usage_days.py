import itertools
from datetime import date
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from monitor.domain.errors import InputError
from monitor.usage.days import day_bounds, day_of, find_zone, last_days, noon
from tests.usage.usage_nights import APIA, BERLIN, NEW_YORK, UTC, unix

ZONES = [BERLIN, NEW_YORK, UTC, APIA, ZoneInfo("Asia/Kolkata"), ZoneInfo("Africa/Casablanca")]


@settings(deadline=None)
@given(st.floats(0, 4e9), st.sampled_from(ZONES))
def test_every_moment_lies_within_its_day(at: float, zone: ZoneInfo) -> None:
    begin, end = day_bounds(day_of(at, zone), zone)
    assert begin <= at < end
    assert end - begin in (23 * 3600, 24 * 3600, 25 * 3600)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (BERLIN, date(2026, 3, 27), 24),
        (BERLIN, date(2026, 3, 28), 23),  # the night in which the clock goes forward
        (BERLIN, date(2026, 10, 24), 25),
        (NEW_YORK, date(2026, 3, 7), 23),
        (NEW_YORK, date(2026, 10, 31), 25),
    ],
)
def test_a_day_is_an_hour_shorter_or_longer_when_the_clock_changes(
    zone: ZoneInfo, day: date, hours: int
) -> None:
    begin, end = day_bounds(day, zone)
    assert end - begin == hours * 3600


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    assert day_of(unix("2026-03-29 07:30", BERLIN), BERLIN) == date(2026, 3, 28)
    assert day_of(unix("2026-03-29 11:59", BERLIN), BERLIN) == date(2026, 3, 28)
    assert day_of(unix("2026-03-29 12:00", BERLIN), BERLIN) == date(2026, 3, 29)


def test_the_day_of_a_moment_depends_on_the_zone() -> None:
    at = unix("2026-06-01 14:00")
    assert day_of(at, BERLIN) == date(2026, 6, 1)
    assert day_of(at, NEW_YORK) == date(2026, 5, 31)


def test_a_date_that_a_zone_left_out_is_a_day_without_length() -> None:
    begin, end = day_bounds(date(2011, 12, 30), APIA)
    assert end - begin == 0
    assert day_of(begin - 1, APIA) == date(2011, 12, 29)
    assert day_of(begin, APIA) == date(2011, 12, 31)


@settings(deadline=None)
@given(st.floats(1e6, 4e9), st.sampled_from(ZONES), st.integers(1, 30))
def test_the_last_days_end_with_the_one_that_is_not_over(at: float, zone: ZoneInfo, n: int) -> None:
    days = last_days(at, zone, n)
    assert (len(days), days[-1]) == (n, day_of(at, zone))
    assert all(noon(one, zone) <= noon(other, zone) for one, other in itertools.pairwise(days))


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="zone: an IANA name"):
        find_zone(name)
