"""Whether a session may start, and the exact moment at which it may, against a search."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from monitor.domain.stage import EPOCH_S, Stage
from monitor.usage.admission import Admission, admit
from monitor.usage.book import fold
from monitor.usage.changes import Change, Override, SelfExclude, SetLimits, TimeOut
from monitor.usage.record import SessionRecord
from monitor.usage.rules import Bounds
from monitor.usage.terms import Terms
from monitor.usage.timeline import Timeline
from tests.usage.usage_changes import AT, DAY, HOUR, ask
from tests.usage.usage_nights import session

MINUTE = 60.0
STRICT = ask(
    SetLimits,
    -1_000,
    bounds={
        "sleep_24h_min": Bounds(480, 480),
        "rem_24h_min": Bounds(90, 90),
        "sessions_24h": Bounds(1, 2),
        "wake_between_min": Bounds(300, 200),
        "planned_min": Bounds(hard=400),
    },
)


def at_hour(hours: float, *stages: tuple[str, float], name: str = "") -> SessionRecord:
    return session(AT + hours * HOUR, *stages, name=name)


def answer(
    records: list[SessionRecord],
    *changes: Change,
    hours: float = 0.0,
    planned_h: float | None = None,
) -> Admission:
    at = AT + hours * HOUR
    planned_s = None if planned_h is None else planned_h * HOUR
    return admit(Timeline(records), fold(changes, at), at, planned_s)


def told(found: Admission) -> list[tuple[str, str, float | None]]:
    return [
        (one.code, one.limit, None if one.until is None else (one.until - AT) / HOUR)
        for one in found.reasons
    ]


def test_a_first_session_may_start() -> None:
    assert answer([], planned_h=9) == Admission(True)


def test_sleep_that_is_used_up_comes_back_with_the_window() -> None:
    # 12 h and 30 min of sleep from 14 h ago on: under 12 h again 30 min and 1 s after a day.
    found = answer([at_hour(-14, ("N2", 750))])
    assert told(found) == [("budget_used_up", "sleep_24h_min", 10.5 + 1 / 3600)]
    assert (found.reasons[0].value, found.reasons[0].bound) == (750, 720)
    assert found.until == found.reasons[0].until


def test_a_budget_that_is_just_used_up_is_used_up() -> None:
    just, less = ([at_hour(-14, ("N2", minutes), ("W", 60))] for minutes in (720, 719.5))
    assert told(answer(just)) == [("budget_used_up", "sleep_24h_min", 10 + 1 / 3600)]
    assert answer(less).allowed


def test_rem_leaves_where_it_was_and_unscored_time_counts_as_sleep() -> None:
    rem = [at_hour(-10, ("N2", 60), ("R", 100), ("N2", 60), ("R", 100), ("W", 10))]
    assert told(answer(rem)) == [("budget_used_up", "rem_24h_min", 15 + 20 / 60 + 1 / 3600)]
    unknown = [at_hour(-14, ("UNSCORED", 750))]
    assert [limit for _, limit, _ in told(answer(unknown))] == ["sleep_24h_min"]


def test_a_fourth_session_waits_until_the_first_is_a_day_old() -> None:
    three = [at_hour(-hours, ("N2", 30)) for hours in (20, 12, 4)]
    found = answer(three)
    assert told(found) == [("too_many_sessions", "sessions_24h", 4)]
    assert (found.reasons[0].value, found.reasons[0].bound) == (4, 3)


def test_ninety_minutes_awake_are_wanted_since_the_last_sleep() -> None:
    last = [at_hour(-2, ("N2", 60), ("W", 30))]
    assert told(answer(last)) == [("too_little_wake", "wake_between_min", 0.5)]
    assert told(answer(last, hours=0.5 - 0.3 / 3600))[0][2] == 0.5
    assert answer(last, hours=0.5).allowed
    assert answer([at_hour(-1, ("W", 60))]).allowed


def test_a_plan_that_is_too_long_does_not_pass_by_waiting() -> None:
    found = answer([at_hour(-2, ("N2", 60))], planned_h=9.5)
    assert told(found) == [
        ("too_little_wake", "wake_between_min", 0.5),
        ("plan_too_long", "planned_min", None),
    ]
    assert found.until is None
    assert answer([], planned_h=9).allowed


OVERRIDE = {"name": "Dr. Weber", "reason": "work-up", "hours": 24}


def test_an_override_lifts_limits_but_no_time_out_and_no_self_exclusion() -> None:
    used = [at_hour(-14, ("N2", 750))]
    override = ask(Override, -1, "admin", **OVERRIDE)
    pause, exclusion = ask(TimeOut, -2, days=1), ask(SelfExclude, -2, days=183)
    assert answer(used, override, planned_h=11).allowed
    found = answer(used, override, pause)
    assert told(found) == [("time_out", "", 22)]
    assert found.until == AT + 22 * HOUR
    assert told(answer([], override, exclusion)) == [("self_exclusion", "", 183 * 24 - 2)]


def test_when_the_override_ends_before_the_pause_the_limits_are_back() -> None:
    used = [at_hour(-0.5, ("N2", 750))]
    override = ask(Override, -1, "admin", **{**OVERRIDE, "hours": 14})
    found = answer(used, override, ask(TimeOut, -10.5, days=1), hours=12.5)
    assert [code for code, _, _ in told(found)] == ["time_out"]
    assert found.until == AT + 24 * HOUR + 1
    assert answer(used, override, ask(TimeOut, -10.5, days=1), hours=24 + 1 / 3600).allowed


def test_what_comes_after_the_moment_is_not_seen() -> None:
    records = [at_hour(-30, ("N2", 400)), at_hour(1, ("N2", 750))]
    assert answer(records).allowed


@st.composite
def busy_days(draw: st.DrawFn) -> list[SessionRecord]:
    """Two days before `AT` with sessions of minutes to hours, some at the same time."""
    records = []
    for number in range(draw(st.integers(1, 6))):
        stages = st.tuples(st.sampled_from(list(Stage)), st.integers(1, 500))
        runs = tuple(draw(st.lists(stages, min_size=1, max_size=5)))
        start = AT - draw(st.floats(0, 2 * DAY))
        until = start + EPOCH_S * sum(count for _, count in runs) + draw(st.floats(0, 600))
        records.append(SessionRecord(str(number), start, until, runs))
    return records


def search(line: Timeline, terms: Terms) -> float:
    """The first of the minutes after `AT` at which nothing is in the way, counted plainly."""
    at = AT + MINUTE * np.arange(24 * 60 + 2)

    def used_min(*stages: Stage) -> NDArray[np.float64]:
        of_stage = np.isin(line.stage, [tuple(Stage).index(stage) for stage in stages])
        begin = np.maximum(line.begin[of_stage], at[:, None] - DAY)
        return np.round(np.maximum(0.0, line.end[of_stage] - begin).sum(axis=1) / 60, 4)

    pieces = zip(line.begin, line.end, map(tuple(Stage).__getitem__, line.stage), strict=True)
    slept = [
        end
        for begin, end, stage in pieces
        if stage.is_sleep or (stage is Stage.UNSCORED and end - begin > 29.99)
    ]
    awake = np.round((at - max(slept, default=0.0)) / 60, 4)
    one_more = 1 + (line.starts > at[:, None] - DAY).sum(axis=1)
    limits = terms.limits
    free = (
        (used_min(*set(Stage) - {Stage.W}) < (limits["sleep_24h_min"].hard or 0))
        & (used_min(Stage.R) < (limits["rem_24h_min"].hard or 0))
        & (one_more <= (limits["sessions_24h"].hard or 0))
        & (awake >= (limits["wake_between_min"].hard or 0))
        & (at >= (terms.timeout_until or 0))
    )
    return float(at[np.argmax(free)])


@settings(max_examples=100)
@given(busy_days(), st.sampled_from([(), (STRICT,), (STRICT, ask(TimeOut, -20, days=1))]))
def test_the_moment_is_the_one_which_a_search_by_minutes_finds(
    records: list[SessionRecord], changes: tuple[Change, ...]
) -> None:
    line, terms = Timeline(records).until(AT), fold(changes, AT)
    found = admit(line, terms, AT)
    by_minutes = search(line, terms)
    if found.allowed:
        assert by_minutes == AT
    else:
        assert found.until is not None
        assert by_minutes - MINUTE < found.until <= by_minutes
        assert admit(line, fold(changes, found.until), found.until).allowed
        before = admit(line, fold(changes, found.until - 1), found.until - 1)
        assert found.until == AT or not before.allowed


def test_seconds_that_are_no_whole_epoch_are_no_sleep() -> None:
    def awake(unknown_s: float) -> SessionRecord:
        return SessionRecord("1", AT - 600 - unknown_s, AT, ((Stage.W, 20),))

    assert admit(Timeline([awake(29)]), fold((), AT), AT).allowed
    refused = admit(Timeline([awake(30)]), fold((), AT), AT)
    assert [reason.code for reason in refused.reasons] == ["too_little_wake"]


@settings(max_examples=40)
@given(busy_days(), st.permutations(range(6)))
def test_neither_order_nor_repetition_of_sessions_matters(
    records: list[SessionRecord], order: list[int]
) -> None:
    shuffled = [records[n] for n in order if n < len(records)]
    assert answer([*shuffled, *records], STRICT) == answer(records, STRICT)


@given(busy_days(), st.floats(0, DAY))
def test_stricter_limits_never_let_in_sooner(records: list[SessionRecord], later: float) -> None:
    hours = later / HOUR
    usual, strict = answer(records, hours=hours), answer(records, STRICT, hours=hours)
    assert usual.allowed or not strict.allowed
    assert (strict.until or 0) >= (usual.until or 0)


def test_a_refusal_is_told_to_a_person() -> None:
    found = answer([at_hour(-14, ("N2", 750))], ask(TimeOut, -2, days=1), planned_h=12)
    assert all(one.text.endswith(".") for one in found.reasons)
    with pytest.raises(AttributeError):
        found.allowed = True  # type: ignore[misc]
