"""The account of one session's dream time.

Time that could not be scored is told apart: it is use, but nobody can say that it was sleep.
"""

from typing import Any

from monitor.domain.epoch import ScoredEpoch
from monitor.domain.events import UsageCounted
from monitor.domain.stage import EPOCH_S, Stage

REPORT_EVERY = 20
"""Epochs between two entries of the running account: ten minutes [own choice]."""


class UsageLedger:
    """Counts recorded, sleep, REM, unscored and overrun time of one session.

    Parameters
    ----------
    session : str
        The session's id.
    start : float
        The session's start, seconds of Unix time.
    planned_s : float or None
        Planned length in seconds; None where there is no plan.
    """

    def __init__(self, session: str, start: float, planned_s: float | None) -> None:
        self.session = session
        self._start = start
        self._planned_s = planned_s
        self._epochs = dict.fromkeys(Stage, 0)

    def push(self, at: float, epoch: ScoredEpoch) -> list[UsageCounted]:
        """Count one epoch; report the account every `REPORT_EVERY` epochs."""
        self._epochs[epoch.stage] += 1
        return [self.account(at)] if self._n_epochs % REPORT_EVERY == 0 else []

    def account(self, at: float) -> UsageCounted:
        """Return the account as it stands at `at`, seconds of Unix time."""
        minutes = {stage: count * EPOCH_S / 60 for stage, count in self._epochs.items()}
        used = at - self._start
        return UsageCounted(
            at,
            self.session,
            recorded_min=self._n_epochs * EPOCH_S / 60,
            sleep_min=sum(m for stage, m in minutes.items() if stage.is_sleep),
            rem_min=minutes[Stage.R],
            unscored_min=minutes[Stage.UNSCORED],
            overrun_min=0.0 if self._planned_s is None else max(0.0, used - self._planned_s) / 60,
        )

    @property
    def _n_epochs(self) -> int:
        return sum(self._epochs.values())

    def snapshot(self) -> dict[str, Any]:
        """Everything the next push depends on."""
        return {"epochs": {str(stage): count for stage, count in self._epochs.items()}}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        self._epochs = {Stage(stage): int(count) for stage, count in snapshot["epochs"].items()}
