"""The stage of the dreamer as the alarms know it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.domain.stage import EPOCH_S, Stage


@dataclass(frozen=True, slots=True)
class Sleeper:
    """What the stager last said.

    Parameters
    ----------
    stage : Stage
        ``UNSCORED`` when it cannot be known.
    onset : float
        Start of that epoch in Unix s.
    awake_s : float
        Time labelled W since the last sleep epoch in s; unscored epochs neither add nor break.
    slept_at : float
        Start of the last sleep epoch in Unix s; 0 before the first.
    """

    stage: Stage = Stage.UNSCORED
    onset: float = 0.0
    awake_s: float = 0.0
    slept_at: float = 0.0

    def after(self, stage: Stage, onset: float) -> "Sleeper":
        """Take one more epoch in."""
        awake_s = 0.0 if stage.is_sleep else self.awake_s + EPOCH_S * (stage is Stage.W)
        return Sleeper(stage, onset, awake_s, onset if stage.is_sleep else self.slept_at)

    @classmethod
    def restored(cls, saved: Mapping[str, Any]) -> "Sleeper":
        """Make one from its fields as JSON values."""
        return cls(**{**saved, "stage": Stage(saved["stage"])})
