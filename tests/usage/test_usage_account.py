import json
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from monitor.domain.stage import EPOCH_S
from monitor.usage import account
from monitor.usage.account import Account, History, daily, to_json
from monitor.usage.record import SessionRecord, cut
from monitor.usage.record import from_json as record_from_json
from monitor.usage.record import to_json as record_to_json
from monitor.usage.rules import Bounds, Limits, default_limits
from monitor.usage.timeline import ASLEEP, Timeline
from tests.usage.usage_nights import BERLIN, DAY_S, MARCH, UTC, histories, night, session, unix

LIMITS = default_limits()
MOMENTS = st.floats(1, 20 * DAY_S).map(lambda seconds: MARCH + seconds)


def assess(records: list[SessionRecord], at: float, limits: Limits = LIMITS) -> Account:
    return History(records, "UTC").assess(None, at, limits)


@settings(deadline=None, max_examples=30)
@given(histories(), st.lists(MOMENTS, min_size=1, max_size=4))
def test_an_account_of_the_past_is_what_it_was_then(
    given_: list[SessionRecord], moments: list[float]
) -> None:
    history = History(given_, "Europe/Berlin")
    for at in moments:
        then = [cut(record, at) for record in given_ if record.start < at]
        fresh = History(then, "Europe/Berlin").assess(None, at, LIMITS)
        assert history.assess(None, at, LIMITS) == fresh


@settings(deadline=None, max_examples=30)
@given(st.data(), histories(), MOMENTS)
def test_neither_order_nor_repetition_nor_a_restart_changes_it(
    data: st.DataObject, given_: list[SessionRecord], at: float
) -> None:
    stored = [record_from_json(json.loads(json.dumps(record_to_json(one)))) for one in given_]
    again = data.draw(st.permutations([*given_, *stored[:2]]))
    assert assess(again, at) == assess(given_, at)


@settings(deadline=None, max_examples=30)
@given(histories(most=8), st.lists(MOMENTS, min_size=1, max_size=4))
def test_a_running_session_counts_like_one_that_is_known(
    given_: list[SessionRecord], moments: list[float]
) -> None:
    *past, running = [*given_, night(12)]
    history = History(past, "UTC")
    for at in moments:
        assert history.assess(running, at, LIMITS) == assess([*past, running], at)


def test_what_is_over_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[float] = []
    slowly = account.measure_slow

    def counted(line: Timeline, at: float, zone: object) -> object:
        measured.append(at)
        return slowly(line, at, zone)  # type: ignore[arg-type]

    monkeypatch.setattr(account, "measure_slow", counted)
    history, running = History([night(day) for day in range(30)], "UTC"), night(30)
    for n_epochs in range(1, running.n_epochs):
        history.assess(running, running.start + EPOCH_S * n_epochs, LIMITS)
    assert len(measured) == len(set(measured)) <= 17


def test_a_stable_sleeper_is_at_level_zero_and_no_limit_of_a_day_is_broken() -> None:
    nights = [night(day) for day in range(40) if day % 7 != 2]
    history = History(nights, "UTC")
    assert {history.assess(None, one.until, LIMITS).level for one in nights} == {0}


def test_two_starts_in_a_day_by_jitter_are_no_breach() -> None:
    early = session(night(1).start - 3_600, ("N2", 400), ("R", 80))
    found = assess([night(0), early], early.until)
    assert (found.figures.sessions_24h, found.level) == (1, 0)
    found = assess([night(0), early], early.start + 60)
    assert (found.figures.sessions_24h, found.breaches) == (2, ())


def test_a_long_sleep_is_a_soft_and_then_a_hard_breach() -> None:
    long = night(0, sleep_min=760)
    begun = long.start + 10 * 60
    seen = [assess([long], begun + 60 * minutes) for minutes in (600, 601, 720, 721)]
    assert [[b.severity for b in one.breaches] for one in seen] == [
        [],
        ["soft"],
        ["soft"],
        ["hard"],
    ]
    assert [one.level for one in seen] == [0, 1, 1, 3]


def test_what_was_too_much_during_a_session_still_counts_when_the_window_has_moved_on() -> None:
    long = session(MARCH, ("N2", 12.5 * 60), ("W", 14 * 60))
    found = assess([long], long.until)
    assert (found.figures.sleep_24h_min, found.breaches, found.level) == (600, (), 3)


def test_a_fourth_session_is_hard_though_the_first_leaves_the_window_before_its_end() -> None:
    starts = [0, 7 * 3600, 14 * 3600, 21 * 3600]
    naps = [session(MARCH + start, ("N2", 120)) for start in starts]
    naps[-1] = session(MARCH + starts[-1], ("N2", 4 * 60))
    found = assess(naps, naps[-1].until)
    assert found.figures.sessions_24h == 3
    assert found.level == 3


def test_the_level_fades_after_fourteen_days() -> None:
    long = night(0, sleep_min=721)
    end = long.until
    levels = [assess([long], end + days * DAY_S).level for days in (0, 1, 13.9, 14)]
    assert levels == [3, 3, 3, 0]


def test_a_spell_counts_when_it_begins_and_not_again() -> None:
    nights = [night(day) for day in range(24)]
    history = History(nights, "UTC")
    accounts = [history.assess(None, one.until, LIMITS) for one in nights]
    broken = [any(b.limit == "dream_free_days" for b in one.breaches) for one in accounts]
    assert broken == [False] * 14 + [True] * 10
    assert [one.level for one in accounts] == [0] * 14 + [1] * 7 + [0] * 3


@pytest.mark.parametrize(
    ("rem_min", "check"), [(69.5, 0), (70, 50), (112, 80), (139.5, 80), (140, 100)]
)
def test_reality_checks_tell_the_share_of_the_soft_bound(rem_min: float, check: int) -> None:
    one = night(0, rem_min=rem_min)
    assert assess([one], one.until).checks == {"sleep_24h_min": 50, "rem_24h_min": check}


def test_what_is_over_is_held_against_the_limits_of_its_time() -> None:
    strict = LIMITS.changed({"sleep_24h_min": Bounds(480, 500)})
    nights = [night(day, sleep_min=510) for day in (0, 3)]
    at, changed_at = nights[1].until + 3_600, nights[0].until + 3_600

    def limits_at(moment: float) -> Limits:
        return LIMITS if moment < changed_at else strict

    assert History(nights[:1], "UTC", limits_at).assess(None, at, strict).level == 0
    assert History(nights, "UTC", limits_at).assess(None, at, strict).level == 3
    assert History(nights[:1], "UTC").assess(None, at, strict).level == 3


def test_other_limits_at_the_same_moment_are_not_mixed_up() -> None:
    history, at = History([night(0, rem_min=91)], "UTC"), night(0).until
    low = LIMITS.changed({"rem_24h_min": Bounds(90, 180)})
    lowest = LIMITS.changed({"rem_24h_min": Bounds(90, 90)})
    levels = [history.assess(None, at, limits).level for limits in (LIMITS, low, lowest, low)]
    assert levels == [0, 1, 3, 1]


def test_json_is_flat_and_plain() -> None:
    long = night(0, sleep_min=610)
    obj = json.loads(json.dumps(to_json(assess([long], long.until))))
    assert (obj["sleep_24h_min"], obj["sessions_24h"], obj["level"]) == (610, 1, 1)
    assert obj["regularity"] is None
    assert obj["checks"] == {"sleep_24h_min": 100, "rem_24h_min": 50}
    (breach,) = obj["breaches"]
    assert breach == {
        "limit": "sleep_24h_min",
        "severity": "soft",
        "value": 610,
        "bound": 600,
        "unit": "min",
        "text": "sleep in 24 hours",
    }


def test_days_hold_the_sessions_that_began_on_them() -> None:
    across = session(unix("2026-03-26 11:00", BERLIN), ("N2", 120), ("R", 30), ("UNSCORED", 10))
    late = session(unix("2026-03-28 23:30", BERLIN), ("W", 30), ("N2", 6 * 60))
    days = daily(Timeline([across, late]), unix("2026-03-29 13:00", BERLIN), BERLIN, 5)
    assert [day.date.isoformat() for day in days] == [f"2026-03-{n}" for n in range(25, 30)]
    assert [day.sleep_min for day in days] == [160, 0, 0, 360, 0]
    assert [day.session_min for day in days] == [160, 0, 0, 390, 0]
    assert [day.sessions for day in days] == [1, 0, 0, 1, 0]
    assert (days[0].rem_min, days[0].unscored_min) == (30, 10)


@settings(deadline=None, max_examples=30)
@given(histories(), MOMENTS)
def test_the_days_add_up_to_all(given_: list[SessionRecord], at: float) -> None:
    line = Timeline(given_).until(at)
    days = daily(Timeline(given_), at, UTC, 40)
    assert sum(day.sessions for day in days) == len(line.starts)
    known = line.minutes(ASLEEP, MARCH, at)
    assert sum(day.sleep_min for day in days) == pytest.approx(known, abs=0.01)


def test_what_is_broken_now_is_in_the_level() -> None:
    early = [night(0, sleep_min=570), replace(night(1, sleep_min=570), session="early")]
    early[1] = replace(early[1], start=early[1].start - 7_200, until=early[1].until - 7_200)
    found = assess(early, early[1].until)
    assert [(b.limit, b.severity) for b in found.breaches][:1] == [("sleep_24h_min", "soft")]
    assert found.level >= 1
    long = [night(0, sleep_min=660), replace(night(1, sleep_min=660), session="long")]
    long[1] = replace(long[1], start=long[1].start - 7_200, until=long[1].until - 7_200)
    two_mornings = assess(long, long[1].until)
    assert two_mornings.figures.sleep_24h_min > 720
    assert {(b.limit, b.severity) for b in two_mornings.breaches} >= {("sleep_24h_min", "soft")}
    assert "hard" not in {breach.severity for breach in two_mornings.breaches}
    very_long = [night(0, sleep_min=730)]
    assert assess(very_long, very_long[0].until + 3_600).level == 3
