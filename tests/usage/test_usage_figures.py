from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given, settings

from monitor.domain.stage import EPOCH_S, Stage
from monitor.usage.figures import SAME_DAY_S, Figures, measure, peaks
from monitor.usage.record import SessionRecord, cut
from monitor.usage.timeline import ASLEEP, EVERY, Timeline
from tests.usage.usage_nights import (
    BERLIN,
    DAY_S,
    MARCH,
    NEW_YORK,
    UTC,
    by_the_epoch,
    histories,
    night,
    session,
    unix,
)

MOMENTS = st.integers(1, 20 * 2_880).map(lambda epoch: MARCH + EPOCH_S * epoch)
COUNTED = {"sleep": ASLEEP, "rem": (Stage.R,), "unscored": (Stage.UNSCORED,), "session": EVERY}
WINDOWS = {"24h": 2_880, "7d": 7 * 2_880, "14d": 14 * 2_880}


def figures(*records: SessionRecord, at: float) -> Figures:
    return measure(Timeline(records), at, UTC)


@settings(deadline=None, max_examples=40)
@given(histories(), MOMENTS)
def test_windows_hold_what_a_count_of_every_epoch_holds(
    given_: list[SessionRecord], at: float
) -> None:
    found, epochs = measure(Timeline(given_), at, UTC), list(by_the_epoch(given_, at))
    for window, n_epochs in WINDOWS.items():
        for name, stages in COUNTED.items():
            counted = sum(stage in stages for stage in epochs[-n_epochs:] if stage is not None)
            assert getattr(found, f"{name}_{window}_min") == counted / 2


@settings(deadline=None, max_examples=40)
@given(histories(), MOMENTS, st.sampled_from([BERLIN, NEW_YORK]))
def test_nothing_later_is_seen(given_: list[SessionRecord], at: float, zone: object) -> None:
    then = Timeline(cut(record, at) for record in given_ if record.start < at)
    assert measure(Timeline(given_), at, zone) == measure(then, at, zone)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=40)
@given(histories(days=4))
def test_the_peak_is_that_of_a_count_at_every_epoch_of_the_session(
    given_: list[SessionRecord],
) -> None:
    line = Timeline(given_)
    assume(line.records)
    record = line.records[-1]
    then = line.until(record.until)
    ends = range(int(record.start), int(record.until) + 1, EPOCH_S)
    found = peaks(then, measure(then, record.until, UTC), record.start, record.until)
    at_each = [counted_s(then, max(end - DAY_S, 0), end, record.start) for end in ends]
    assert found.sleep_24h_min == pytest.approx(max(at_each) / 60, abs=0.001)


def counted_s(line: Timeline, low: float, end: float, begin: float) -> float:
    """Sleep in a window, of sessions that began in its last 22 hours and the one since `begin`."""
    total = 0.0
    pieces = zip(line.begin, line.end, line.stage, line.owner, strict=True)
    for first, last, stage, owner in pieces:
        counts = line.records[owner].start >= min(end - SAME_DAY_S, begin)
        if counts and tuple(Stage)[stage] in ASLEEP:
            total += max(0.0, min(last, end) - max(first, low))
    return total


def test_who_rises_or_goes_to_bed_earlier_than_the_day_before_has_not_two_nights_in_one() -> None:
    late = session(MARCH, ("N2", 300), ("R", 100))
    nap = session(MARCH + 14 * 3600, ("N2", 30))
    early = session(MARCH + DAY_S - 3600, ("N2", 240), ("R", 100))
    line, at = Timeline([late, nap, early]), early.until
    now = measure(line, at, UTC)
    assert (now.rem_24h_min, now.sleep_24h_min) == (200, 490)
    worst = peaks(line, now, early.start, at)
    assert (worst.rem_24h_min, worst.sleep_24h_min, worst.sessions_24h) == (100, 370, 2)


def test_a_window_counts_the_part_of_a_night_that_lies_in_it() -> None:
    one = session(MARCH, ("N2", 60), ("R", 60))
    found = figures(one, at=MARCH + DAY_S + 90 * 60)
    assert (found.sleep_24h_min, found.rem_24h_min) == (30, 30)
    assert (found.sleep_7d_min, found.sessions_24h, found.sessions_7d) == (120, 0, 1)


def test_unknown_time_counts_as_sleep_and_is_told_apart_and_is_no_rem() -> None:
    one = session(MARCH, ("N2", 60), ("UNSCORED", 20), until=MARCH + 100 * 60)
    found = figures(one, at=MARCH + 7_200)
    assert (found.sleep_24h_min, found.unscored_24h_min, found.rem_24h_min) == (100, 40, 0)


def test_a_night_across_the_change_of_the_clock_is_as_long_as_it_was() -> None:
    start = unix("2026-03-28 23:00", BERLIN)
    until = unix("2026-03-29 07:00", BERLIN)
    one = session(start, ("N2", (until - start) / 60))
    assert measure(Timeline([one]), until, BERLIN).sleep_24h_min == 7 * 60


def test_mean_and_hours_over_seven_days() -> None:
    found = figures(*(night(day) for day in range(10)), at=MARCH + 10 * DAY_S + 12 * 3600)
    assert found.sleep_7d_mean_min == 420
    assert found.hours_7d == 7 * 435 / 60


def test_the_share_of_rem_is_that_of_the_latest_day_s_scored_sleep() -> None:
    before = session(MARCH - DAY_S + 23 * 3600, ("N2", 420))
    first = session(MARCH + 22 * 3600, ("N2", 150), ("UNSCORED", 60))
    second = session(MARCH + DAY_S + 3 * 3600, ("N2", 60), ("R", 90))
    at = MARCH + DAY_S + 6 * 3600
    assert figures(before, first, second, at=at).rem_share == pytest.approx(100 * 90 / 300)


def test_a_share_of_little_sleep_is_not_known() -> None:
    assert figures(session(MARCH, ("N2", 200), ("R", 39.5)), at=MARCH + DAY_S / 2).rem_share is None
    assert figures(session(MARCH, ("N2", 200), ("R", 40)), at=MARCH + DAY_S / 2).rem_share


def test_wake_between_runs_from_the_last_moment_that_was_not_wake() -> None:
    first = session(MARCH, ("N2", 60), ("W", 30))
    second = session(MARCH + 3 * 3600, ("W", 5))
    assert figures(first, at=MARCH + 7_200).wake_between_min is None
    assert figures(first, second, at=MARCH + 4 * 3600).wake_between_min == 120
    unknown = session(MARCH, ("N2", 60), ("W", 30), ("UNSCORED", 30))
    assert figures(unknown, second, at=MARCH + 4 * 3600).wake_between_min == 60
    cut_off = replace(first, ended=False)
    assert figures(cut_off, second, at=MARCH + 4 * 3600).wake_between_min is None


def test_a_session_runs_past_its_planned_end() -> None:
    one = session(MARCH, ("N2", 100), planned_s=3_600.0, rounds=2)
    assert figures(one, at=MARCH + 50 * 60).overrun_min == 0
    assert figures(one, at=MARCH + 90 * 60).overrun_min == 30
    over = figures(one, at=MARCH + 7_200)
    assert (over.overrun_min, over.rounds) == (40, 2)


def test_figures_of_the_latest_session_are_forgotten_a_day_after_its_end() -> None:
    one = session(MARCH, ("N2", 200), ("R", 100), planned_s=3_600.0)
    assert figures(one, at=one.until + DAY_S - 1).overrun_min == 240
    gone = figures(one, at=one.until + DAY_S)
    assert (gone.overrun_min, gone.rem_share, gone.rounds) == (None, None, None)


def test_dream_free_days_are_known_after_fourteen_and_need_no_rem_or_unknown_time() -> None:
    nights = [night(day) for day in range(14) if day not in (3, 5, 7, 9)]
    nights += [night(3, rem_min=0), session(night(5).start, ("UNSCORED", 400))]
    noon = MARCH + DAY_S / 2
    assert figures(*nights, at=noon + 13.9 * DAY_S).dream_free_days is None
    assert figures(*nights, at=noon + 14 * DAY_S).dream_free_days == 3


def test_without_sessions_there_is_nothing() -> None:
    found = figures(at=MARCH)
    assert (found.sleep_14d_min, found.sessions_14d, found.hard_to_wake) == (0, 0, 0)
    assert (found.regularity, found.trend_rem, found.wake_between_min) == (None, None, None)
