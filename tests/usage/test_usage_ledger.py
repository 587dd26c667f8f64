from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.epoch import ScoredEpoch
from monitor.domain.stage import Stage
from monitor.usage.changes import Override, SetLimits, TimeOut
from monitor.usage.ledger import EVERY_EPOCHS, Past, UsageLedger
from monitor.usage.record import SessionRecord, run_lengths
from monitor.usage.rules import Bounds

START = 1_800_000_000.0
NIGHT = [Stage.W] * 4 + [Stage.N2] * 30 + [Stage.UNSCORED] * 6 + [Stage.R] * 10
LONG = SessionRecord("before", START - 70_000, START - 70_000 + 1300 * 30, ((Stage.N2, 1300),))


def ledger(stages: list[Stage], planned_s: float | None = 600.0) -> UsageLedger:
    usage = UsageLedger("s1", START, planned_s)
    for index, stage in enumerate(stages):
        usage.push(START + 30 * (index + 1), ScoredEpoch(index, 30.0 * index, stage))
    return usage


def test_minutes_are_told_apart_and_unknown_time_is_use() -> None:
    account = ledger(NIGHT).account(START + 25 * 60)
    assert (account.recorded_min, account.sleep_min, account.rem_min) == (25.0, 20.0, 5.0)
    assert (account.unscored_min, account.overrun_min) == (3.0, 15.0)
    assert (account.sleep_24h_min, account.rem_24h_min, account.sessions_24h) == (23.0, 5.0, 1)


def test_the_account_is_reported_every_ten_minutes() -> None:
    usage, reports = ledger([]), []
    for index in range(2 * EVERY_EPOCHS + 5):
        reports += usage.push(START + 30 * (index + 1), ScoredEpoch(index, 30.0 * index, Stage.N2))
    assert [report.recorded_min for report in reports] == [10.0, 20.0]
    assert [report.overrun_min for report in reports] == [0.0, 10.0]


def test_time_in_which_nothing_comes_is_use_and_told_when_it_is_due() -> None:
    usage = ledger([])
    assert usage.due(START + 1_800) == [START + 600, START + 1_200]
    assert usage.advance(START + 599) == []
    (told,) = usage.advance(START + 600)
    assert (told.recorded_min, told.sleep_24h_min) == (0.0, 10.0)


def test_after_the_end_no_time_is_added() -> None:
    usage = ledger(NIGHT)
    usage.end(START + 25 * 60)
    assert usage.record(START + 86_000).until == START + 25 * 60
    assert usage.advance(START + 7_200) == []


def test_what_was_before_is_held_against_the_limits_too() -> None:
    usage = ledger(NIGHT)
    (account,) = usage.recall(Past((LONG,)), START + 25 * 60)
    assert [(b.limit, b.severity) for b in usage.breaches][:1] == [("sleep_24h_min", "soft")]
    assert account.level > 0
    assert usage.recall(Past((LONG,)), START + 26 * 60) == []


def test_an_override_lifts_hard_limits_but_not_the_notice_of_them() -> None:
    asked = {"at": START - 60, "actor": "ann"}
    strict = SetLimits(bounds={"sleep_24h_min": Bounds(480, 480)}, role="dreamer", **asked)
    lift = Override(name="ann", reason="ill", hours=2, role="admin", **asked)
    usage = ledger(NIGHT)
    usage.recall(Past((LONG,), (strict,)), START + 25 * 60)
    assert "hard" in {breach.severity for breach in usage.breaches}
    (account,) = usage.recall(Past((LONG,), (strict, lift)), START + 25 * 60)
    assert {breach.severity for breach in usage.breaches} == {"soft"}
    assert "hard" in {breach.severity for breach in account.breaches}


@given(st.lists(st.sampled_from(Stage), max_size=80), st.data())
def test_a_restart_anywhere_changes_nothing(stages: list[Stage], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(stages)))
    restored = ledger([])
    restored.restore(ledger(stages[:cut]).snapshot())
    for index, stage in enumerate(stages[cut:], cut):
        restored.push(START + 30 * (index + 1), ScoredEpoch(index, 30.0 * index, stage))
    at = START + 30 * len(stages)
    assert restored.account(at) == ledger(stages).account(at)
    assert restored.record(at) == ledger(stages).record(at)
    assert restored.record(at).runs == run_lengths(stages)


def test_who_should_not_have_begun_is_told_and_woken() -> None:
    asked = TimeOut(at=START - 60, actor="ann", role="dreamer", days=7)
    usage = ledger([], planned_s=11 * 3_600)
    (account,) = usage.recall(Past((), (asked,)), START)
    assert [(b.limit, b.severity) for b in usage.breaches] == [
        ("time_out", "hard"),
        ("planned_min", "soft"),
    ]
    assert account.level == 3
    resumed = ledger([])
    resumed.restore(usage.snapshot())
    resumed.recall(Past(), START + 60)
    assert [breach.limit for breach in resumed.breaches] == ["time_out", "planned_min"]


def test_a_time_out_asked_in_the_night_ends_no_night() -> None:
    usage = ledger(NIGHT)
    usage.recall(Past(), START + 25 * 60)
    asked = TimeOut(at=START + 26 * 60, actor="ann", role="dreamer", days=7)
    usage.recall(Past((), (asked,)), START + 27 * 60)
    assert "time_out" not in {breach.limit for breach in usage.breaches}
