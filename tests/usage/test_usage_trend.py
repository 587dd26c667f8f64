"""Growth by a cumulative sum: run lengths of the literature, hand-worked sums, our own choices."""

from datetime import timedelta
from itertools import pairwise

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from monitor.usage.daily import daily
from monitor.usage.timeline import Timeline
from monitor.usage.trend import CEILING, FLOORS, H, add_up, find_trends, of_counts, trend
from tests.usage.usage_nights import BERLIN, session, unix

BASELINE = [88.0, 112.0] * 7  # median 100, MAD 12
SIGMA = 12 * 1.4826 * (1 + 3 / 14)


def run_length(rng: np.random.Generator, shift: float) -> int:
    """Days until the sum passes `H`, with mean and σ known."""
    total, days = 0.0, 0
    while total <= H:
        total, days = add_up(total, rng.normal(shift)), days + 1
    return days


@pytest.mark.parametrize(("shift", "days", "runs"), [(0.0, 931, 600), (1.0, 10.4, 3_000)])
def test_the_run_lengths_are_those_of_the_tables(shift: float, days: float, runs: int) -> None:
    rng = np.random.default_rng(931)
    lengths = [run_length(rng, shift) for _ in range(runs)]
    error = np.std(lengths) / np.sqrt(runs)
    assert np.mean(lengths) == pytest.approx(days, abs=3 * error)


def test_the_sum_by_hand() -> None:
    # 1.5 σ, 1.5 σ, -1 σ and 0.2 σ: 1.0, 2.0, 0.5, 0.2
    days = [100 + z * SIGMA for z in (1.5, 1.5, -1.0, 0.2)]
    sums = [trend([*BASELINE, *days[:n]], 1.0) for n in range(5)]
    assert [found and found.sum_sigma for found in sums] == pytest.approx([0, 1.0, 2.0, 0.5, 0.2])
    assert [found and found.value_sigma for found in sums] == pytest.approx([0, 1, 2, 2, 2])
    assert sums[0] is not None
    assert (sums[0].baseline, sums[0].sigma) == (100.0, pytest.approx(SIGMA))


def test_nothing_is_said_before_fourteen_known_days() -> None:
    unknown = [float("nan")] * 30
    assert trend([*BASELINE[1:], *unknown], 1.0) is None
    assert trend([*BASELINE, *unknown], 1.0) == trend(BASELINE, 1.0)


def test_a_user_who_never_varies_has_the_least_sigma() -> None:
    found = trend([100.0] * 14 + [110.0], 10.0)
    assert found is not None
    assert (found.sigma, found.sum_sigma) == (10.0, 0.5)


def test_an_alarm_lasts_until_the_sum_is_back_at_zero_and_begins_once() -> None:
    grown = [100 + 3 * SIGMA] * 3
    back_and_forth = [100 + z * SIGMA for z in (-0.5, 1.5, -0.5, 1.5)]
    usual = [100.0] * 12
    series = [*BASELINE, *grown, *back_and_forth, *usual]
    alarms = []
    for n in range(14, len(series) + 1):
        found = trend(series[:n], 1.0)
        assert found is not None
        alarms.append(found.alarm)
    # 2.5, 5.0, 6 (7.5); then 5, 6, 5, 6; then half a σ less every day: zero after twelve.
    assert alarms == [False] * 3 + [True] * (1 + 4 + 11) + [False]


def test_a_rise_is_never_learned() -> None:
    found = trend([*BASELINE, *[100 + SIGMA] * 60], 1.0)
    assert found is not None
    assert (found.n_days, found.baseline, found.sum_sigma) == (14, 100.0, CEILING)


@given(st.lists(st.floats(0, 300), min_size=14, max_size=60), st.data())
def test_more_of_a_day_never_lowers_what_that_day_adds(
    days: list[float], data: st.DataObject
) -> None:
    less = trend(days, 10.0)
    more = trend([*days[:-1], days[-1] + data.draw(st.floats(0, 300))], 10.0)
    assert less is not None
    assert more is not None
    assert more.value_sigma >= less.value_sigma
    assert 0 <= less.sum_sigma <= min(CEILING, less.value_sigma)


def found_after(rng: np.random.Generator, grows_on: int) -> int:
    """Days until a growth of 1 σ is found in a user who varies by 20 min."""
    days = rng.normal(100, 20, grows_on + 60)
    days[grows_on:] += 20
    for n in range(grows_on + 1, len(days) + 1):
        found = trend(days[:n].tolist(), FLOORS["trend_rem"])
        if found is not None and found.alarm:
            return n - grows_on
    return 60


@pytest.mark.parametrize("grows_on", [15, 30, 60])
def test_one_sigma_is_found_within_fourteen_days_though_the_baseline_is_estimated(
    grows_on: int,
) -> None:
    rng = np.random.default_rng(14)
    assert np.median([found_after(rng, grows_on) for _ in range(80)]) <= 14


def test_a_stable_user_seldom_gets_an_alarm() -> None:
    rng = np.random.default_rng(365)
    begun = 0
    for _ in range(40):
        days = rng.normal(100, 20, 365).tolist()
        alarms = [bool((found := trend(days[:n], 10.0)) and found.alarm) for n in range(14, 366, 7)]
        begun += sum(now and not before for before, now in pairwise(alarms))
    assert begun / 40 <= 1.2  # of one of three figures: far from four soft occasions in 14 days


def nights(n: int, *, leave_out: frozenset[int] = frozenset(), late: int | None = None) -> Timeline:
    """Nights of 420 min with 90 min of REM from 1 March on; from `late` on a second session."""
    first = unix("2026-03-01 23:00", BERLIN)
    kept = [first + timedelta(days=day).total_seconds() for day in range(n) if day not in leave_out]
    seconds = [] if late is None else [at - 6 * 3600 for at in kept[late:]]
    return Timeline(
        session(at, ("N2", 330), ("R", 90)) if at in kept else session(at, ("W", 30))
        for at in [*kept, *seconds]
    )


def test_days_without_a_session_count_as_no_session_and_their_sleep_is_left_out() -> None:
    at = unix("2026-03-25 15:00", BERLIN)
    days = daily(nights(24, leave_out=frozenset({3, 4, 10})), at, BERLIN)
    trends = find_trends(days)
    assert days.sessions.tolist() == [1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, *[1] * 13]
    assert trends["trend_sleep"] is not None
    assert (trends["trend_sleep"].baseline, trends["trend_sleep"].n_days) == (420.0, 21)
    assert trends["trend_sessions"] is not None
    assert trends["trend_sessions"].n_days == 24


def test_a_second_session_every_day_is_found_in_four_days() -> None:
    line = nights(40, late=20)
    at = unix("2026-03-21 15:00", BERLIN)
    alarms = []
    for day in range(20):
        found = find_trends(daily(line, at + day * 86_400, BERLIN))["trend_sessions"]
        alarms.append(found is not None and found.alarm)
    assert alarms.index(True) == 4  # 2 σ less 0.5 a day pass 5 with the fourth


def test_of_a_count_mean_and_sigma_tell_what_is_usual() -> None:
    days = [1.0] * 12 + [0.0, 2.0]  # the median deviation is 0
    found = trend(days, 0.1, of_counts)
    assert found is not None
    assert found.baseline == 1.0
    assert found.sigma == pytest.approx((2 / 13) ** 0.5 * (1 + 3 / 14))


def test_of_a_session_that_lasts_only_what_is_known_counts() -> None:
    line = Timeline([session(unix("2026-03-02 11:00", BERLIN), ("N2", 480), ("R", 60))])
    days = daily(line, unix("2026-03-02 13:00", BERLIN), BERLIN)
    assert (days.sleep_min.tolist(), days.rem_min.tolist()) == ([120], [0])
    assert daily(line, unix("2026-03-02 11:59", BERLIN), BERLIN).first is None


@given(st.integers(15, 40))
def test_nothing_after_the_moment_is_seen(day: int) -> None:
    at = unix("2026-03-01 18:00", BERLIN) + day * 86_400
    whole, known = nights(45, late=20), nights(45, late=20).until(at)
    assert find_trends(daily(whole, at, BERLIN)) == find_trends(daily(known, at, BERLIN))
