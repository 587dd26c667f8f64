from monitor.domain.epoch import ScoredEpoch
from monitor.domain.stage import Stage
from monitor.usage.ledger import REPORT_EVERY, UsageLedger

NIGHT = [Stage.W] * 4 + [Stage.N2] * 30 + [Stage.UNSCORED] * 6 + [Stage.R] * 10


def ledger(stages: list[Stage]) -> UsageLedger:
    usage = UsageLedger("s1", start=1_000.0, planned_s=600.0)
    for index, stage in enumerate(stages):
        usage.push(1_000.0 + 30 * (index + 1), ScoredEpoch(index, 30.0 * index, stage))
    return usage


def test_minutes_are_told_apart_and_unknown_time_is_no_sleep() -> None:
    account = ledger(NIGHT).account(1_000.0 + 25 * 60)
    assert (account.recorded_min, account.sleep_min, account.rem_min) == (25.0, 20.0, 5.0)
    assert (account.unscored_min, account.overrun_min) == (3.0, 15.0)


def test_the_account_is_reported_every_ten_minutes() -> None:
    usage, reports = ledger([]), []
    for index in range(2 * REPORT_EVERY + 5):
        reports += usage.push(1_030.0 + 30 * index, ScoredEpoch(index, 30.0 * index, Stage.N2))
    assert [report.recorded_min for report in reports] == [10.0, 20.0]
    assert [report.overrun_min for report in reports] == [0.0, 10.0]


def test_a_restart_changes_nothing() -> None:
    restored = ledger([])
    restored.restore(ledger(NIGHT).snapshot())
    assert restored.account(2_000.0) == ledger(NIGHT).account(2_000.0)
