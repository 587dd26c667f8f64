"""REM after its loss, and dreamers who are hard to wake."""

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from monitor.usage.daily import daily
from monitor.usage.rebound import hard_to_wake, rebound, rem_rebound
from monitor.usage.timeline import Timeline
from tests.usage.usage_nights import UTC, session, unix

USUAL = [20.0] * 10


def of(*share: float, last_min: float = 420.0) -> float | None:
    """Rebound after ten usual nights of 20 % and these ones."""
    sleep = np.full(len(USUAL) + len(share), 420.0)
    sleep[-1] = last_min
    return rebound(np.array([*USUAL, *share]), sleep)


@pytest.mark.parametrize(
    ("share", "points"),
    [
        ((14, 14, 27), 7.0),  # both at 70 %
        ((10, 5, 12, 30), 10.0),
        ((14, 14.1, 30), 0.0),  # one night is not low enough
        ((20, 14, 30), 0.0),  # one night is no loss
        ((14, 14, 19), 0.0),  # nothing came back
        ((20, 20, 30), 0.0),
    ],
)
def test_rebound_by_hand(share: tuple[float, ...], points: float) -> None:
    assert of(*share) == pytest.approx(points)


def test_unknown_without_a_full_last_night_or_a_baseline() -> None:
    assert of(14, 14, 30, last_min=200) is None
    few = np.array([20.0] * 6 + [10, 10, 30])
    assert rebound(few, np.full(9, 420.0)) is None
    assert rebound(np.empty(0), np.empty(0)) is None


def test_a_night_that_was_not_recorded_is_no_loss() -> None:
    share = np.array([*USUAL, np.nan, 10.0, 30.0])
    sleep = np.array([*[420.0] * 10, 0.0, 420.0, 420.0])
    assert rebound(share, sleep) == 0.0


@pytest.mark.parametrize(("minutes", "points"), [(59, 0.0), (60, 10.0)])
def test_an_hour_of_sleep_is_wanted_of_a_night_without_rem(minutes: float, points: float) -> None:
    sleep = np.array([*[420.0] * 10, minutes, 420.0, 420.0])
    assert rebound(np.array([*USUAL, 0.0, 10.0, 30.0]), sleep) == points


@given(st.floats(0.01, 5))
def test_only_shares_against_the_baseline_matter_to_the_loss(scale: float) -> None:
    share = scale * np.array([*USUAL, 13.0, 13.0, 30.0])
    assert rebound(share, np.full(13, 420.0)) == pytest.approx(10 * scale)


def test_rebound_of_whole_nights() -> None:
    rem = [84.0] * 10 + [42.0, 30.0, 126.0]  # of 420 min: 20 %, 10 %, 7 %, 30 %
    start = unix("2026-03-01 23:00")
    nights = [
        session(start + day * 86_400, ("N2", 420 - minutes), ("R", minutes), ("UNSCORED", 30))
        for day, minutes in enumerate(rem)
    ]
    line = Timeline(nights)
    noon_after = start + 12 * 86_400 + 13 * 3600
    assert rem_rebound(daily(line, noon_after, UTC)) == pytest.approx(10.0)
    assert rem_rebound(daily(line, noon_after - 3600, UTC)) == 0.0  # the day is not over
    assert rem_rebound(daily(line, noon_after + 86_400, UTC)) is None  # no night since


def test_three_of_the_last_five_sessions_that_are_over() -> None:
    rounds = (4, 4, 2, 0, 1, 3, 2)
    start = unix("2026-03-01 23:00")
    sessions = [
        session(start + day * 86_400, ("N2", 400), rounds=n) for day, n in enumerate(rounds)
    ]
    assert hard_to_wake(sessions) == 3
    assert hard_to_wake([*sessions, replace(sessions[-1], ended=False, rounds=0)]) == 3
    assert hard_to_wake([]) == 0
