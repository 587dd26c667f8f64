"""How far a dreamer is watched over. Not knowing never looks like calm."""

from dataclasses import dataclass

from monitor.domain.events import Coverage, Reason
from monitor.domain.stage import EPOCH_S, Stage

NO_SIGNAL_S = 15.0
"""Seconds without a usable EEG channel after which nobody is watched over (SIGNAL_LOST's delay)."""

NO_STAGE_S = 3.0 * EPOCH_S
"""Seconds since the last scored epoch after which nobody is watched over [own choice]."""


@dataclass(slots=True)
class Watch:
    """What coverage is judged by.

    Parameters
    ----------
    usable_at : float
        When an EEG channel was last good, seconds of Unix time.
    scored_at : float or None
        End of the last epoch that could be scored; None before the first.
    stage : Stage
        Of the last epoch.
    ended : bool
        Whether the source has ended.
    """

    usable_at: float
    scored_at: float | None = None
    stage: Stage = Stage.UNSCORED
    ended: bool = False

    @property
    def deadlines(self) -> tuple[float, ...]:
        """When time alone lowers the coverage, in order."""
        if self.ended:
            return ()
        silent = self.usable_at + NO_SIGNAL_S
        if self.scored_at is None:
            return (silent,)
        unscored = self.scored_at + NO_STAGE_S
        return (silent, unscored) if silent < unscored else (unscored, silent)


def assess_coverage(watch: Watch, now: float) -> tuple[Coverage, Reason]:
    """Judge the coverage at `now`, seconds of Unix time."""
    if watch.ended:
        return Coverage.NOT_MONITORED, Reason("ended", "the session has ended")
    silent = now - watch.usable_at
    if silent >= NO_SIGNAL_S:
        text = "no usable EEG channel"
        return Coverage.NOT_MONITORED, Reason("no_signal", text, silent, NO_SIGNAL_S, "s")
    if watch.scored_at is None:
        return Coverage.NOT_MONITORED, Reason("starting", "no epoch has been scored yet")
    unscored = now - watch.scored_at
    if unscored >= NO_STAGE_S:
        text = "no epoch could be scored"
        return Coverage.NOT_MONITORED, Reason("no_stage", text, unscored, NO_STAGE_S, "s")
    if watch.stage is Stage.UNSCORED:
        return Coverage.DEGRADED, Reason("unscored", "the last epoch could not be scored")
    return Coverage.MONITORED, Reason("scored", "signal is good and staged")
