"""Statistics of a hypnogram after the AASM manual for the scoring of sleep."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from monitor.domain.stage import EPOCH_S, STAGES, Stage

_EPOCH_MIN = EPOCH_S / 60


@dataclass(frozen=True, slots=True)
class SleepStatistics:
    """A night in numbers; the recording runs from lights off to lights on.

    Parameters
    ----------
    recorded_min : float
        Length of the recording, unscored time included.
    stage_min : dict of str to float
        Minutes of W, N1, N2, N3 and R.
    unscored_min : float
        Minutes that were not scored; they count neither as wake nor as sleep.
    total_sleep_min : float
        Total sleep time (TST).
    sleep_efficiency : float or None
        TST divided by the recorded time, 0 to 1; None for an empty hypnogram.
    sleep_latency_min : float or None
        From lights off to the first epoch of any sleep stage; None without sleep.
    wake_after_onset_min : float
        Wake from the first epoch of sleep to lights on (WASO).
    rem_latency_min : float or None
        From the first epoch of any sleep stage to the first of R; None without R.
    """

    recorded_min: float
    stage_min: dict[str, float]
    unscored_min: float
    total_sleep_min: float
    sleep_efficiency: float | None
    sleep_latency_min: float | None
    wake_after_onset_min: float
    rem_latency_min: float | None

    def to_dict(self) -> dict[str, Any]:
        """JSON values under the field names."""
        return asdict(self)


def sleep_statistics(stages: Sequence[Stage]) -> SleepStatistics:
    """Statistics of consecutive 30-s epochs that begin at lights off."""
    count = Counter(stages)
    asleep = sum(count[stage] for stage in STAGES if stage.is_sleep)
    onset = next((i for i, stage in enumerate(stages) if stage.is_sleep), len(stages))
    first_rem = stages.index(Stage.R) if count[Stage.R] else None
    return SleepStatistics(
        recorded_min=len(stages) * _EPOCH_MIN,
        stage_min={stage.value: count[stage] * _EPOCH_MIN for stage in STAGES},
        unscored_min=count[Stage.UNSCORED] * _EPOCH_MIN,
        total_sleep_min=asleep * _EPOCH_MIN,
        sleep_efficiency=asleep / len(stages) if stages else None,
        sleep_latency_min=onset * _EPOCH_MIN if asleep else None,
        wake_after_onset_min=list(stages[onset:]).count(Stage.W) * _EPOCH_MIN,
        rem_latency_min=None if first_rem is None else (first_rem - onset) * _EPOCH_MIN,
    )
