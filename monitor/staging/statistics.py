"""Statistics of a hypnogram after the AASM manual for the scoring of sleep.

The same function serves a night under way and a finished one: it tells of the epochs it is given.
Unscored time is time (it counts in the recorded time and in the sleep period), but it is neither
wake nor sleep: a change into or out of it is no stage shift and no awakening, it ends a bout
of sleep, and neither ends nor fills a cycle.

YASA defines some of these otherwise: wake after sleep onset up to the last epoch of sleep only,
REM latency from lights off.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby, pairwise
from math import inf
from typing import Any

from monitor.domain.stage import EPOCH_S, STAGES, Stage

_EPOCH_MIN = EPOCH_S / 60
_SLEEP = tuple(stage for stage in STAGES if stage.is_sleep)
_NREM = frozenset(_SLEEP) - {Stage.R}

MIN_NREM_MIN, MIN_REM_MIN = 15.0, 5.0
"""Least NREM and REM sleep of a cycle in minutes (Feinberg and Floyd 1979)."""


@dataclass(frozen=True, slots=True)
class SleepCycle:
    """NREM sleep of at least `MIN_NREM_MIN` and the REM period that follows it.

    R belongs to one REM period as long as less than `MIN_NREM_MIN` of NREM sleep lie within. A
    REM period of less than `MIN_REM_MIN` counts in the first cycle only; later it is part of the
    NREM sleep around it. Wake may lie anywhere in a cycle.

    Parameters
    ----------
    begin_min : float
        First epoch of NREM sleep, in minutes after lights off.
    length_min : float
        From there to the end of the REM period.
    """

    begin_min: float
    length_min: float


@dataclass(frozen=True, slots=True)
class SleepStatistics:
    """A night in numbers; the recording runs from lights off to lights on.

    Parameters
    ----------
    recorded_min : float
        Length of the recording, unscored time included.
    unscored_min : float
        Minutes that were not scored; they count neither as wake nor as sleep.
    stage_min : dict of str to float
        Minutes of W, N1, N2, N3 and R.
    stage_share : dict of str to float or None
        Shares of N1, N2, N3 and R in the total sleep time, 0 to 1; None without sleep.
    total_sleep_min : float
        Total sleep time (TST).
    sleep_efficiency : float or None
        TST divided by the recorded time, 0 to 1; None for an empty hypnogram.
    sleep_latency_min : float or None
        From lights off to the first epoch of any sleep stage; None without sleep.
    stage_latency_min : dict of str to float or None
        From lights off to the first N1, N2 and N3; None for a stage that is missing.
    rem_latency_min : float or None
        From the first epoch of any sleep stage to the first of R; None without R.
    sleep_period_min : float
        From the first epoch of sleep to the end of the last one.
    sleep_maintenance : float or None
        TST divided by the sleep period, 0 to 1; None without sleep.
    wake_after_onset_min : float
        Wake from the first epoch of sleep to lights on (WASO).
    longest_sleep_min : float
        Longest stretch of sleep without an epoch of wake or unscored time.
    stage_shifts : int
        Changes from a stage, wake included, to another in the epoch that follows.
    stage_shifts_per_h : float or None
        Per hour of sleep; None without sleep.
    awakenings : int
        Changes from sleep to wake, the last one of the night included.
    awakenings_per_h : float or None
        Per hour of sleep; None without sleep.
    cycles : list of SleepCycle
        Finished ones and the one whose REM period is under way.
    """

    recorded_min: float
    unscored_min: float
    stage_min: dict[str, float]
    stage_share: dict[str, float | None]
    total_sleep_min: float
    sleep_efficiency: float | None
    sleep_latency_min: float | None
    stage_latency_min: dict[str, float | None]
    rem_latency_min: float | None
    sleep_period_min: float
    sleep_maintenance: float | None
    wake_after_onset_min: float
    longest_sleep_min: float
    stage_shifts: int
    stage_shifts_per_h: float | None
    awakenings: int
    awakenings_per_h: float | None
    cycles: list[SleepCycle]

    def to_dict(self) -> dict[str, Any]:
        """JSON values under the field names."""
        return asdict(self)


def sleep_statistics(stages: Sequence[Stage]) -> SleepStatistics:
    """Statistics of consecutive 30-s epochs that begin at lights off."""
    count = Counter(stages)
    asleep = [i for i, stage in enumerate(stages) if stage.is_sleep]
    slept_min = len(asleep) * _EPOCH_MIN
    onset, end = (asleep[0], asleep[-1] + 1) if asleep else (len(stages), len(stages))
    latency = {stage: _minutes_to(stage, stages) for stage in _SLEEP}
    rem, onset_min = latency.pop(Stage.R), onset * _EPOCH_MIN
    shifts = [(a, b) for a, b in pairwise(stages) if a is not b and Stage.UNSCORED not in (a, b)]
    awakenings = sum(after is Stage.W for _, after in shifts)
    return SleepStatistics(
        recorded_min=len(stages) * _EPOCH_MIN,
        unscored_min=count[Stage.UNSCORED] * _EPOCH_MIN,
        stage_min={stage.value: count[stage] * _EPOCH_MIN for stage in STAGES},
        stage_share={stage.value: _ratio(count[stage], len(asleep)) for stage in _SLEEP},
        total_sleep_min=slept_min,
        sleep_efficiency=_ratio(len(asleep), len(stages)),
        sleep_latency_min=onset_min if asleep else None,
        stage_latency_min={stage.value: minutes for stage, minutes in latency.items()},
        rem_latency_min=None if rem is None else rem - onset_min,
        sleep_period_min=(end - onset) * _EPOCH_MIN,
        sleep_maintenance=_ratio(len(asleep), end - onset),
        wake_after_onset_min=list(stages[onset:]).count(Stage.W) * _EPOCH_MIN,
        longest_sleep_min=_longest_sleep(stages) * _EPOCH_MIN,
        stage_shifts=len(shifts),
        stage_shifts_per_h=_ratio(len(shifts), slept_min / 60),
        awakenings=awakenings,
        awakenings_per_h=_ratio(awakenings, slept_min / 60),
        cycles=_cycles(stages),
    )


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _minutes_to(stage: Stage, stages: Sequence[Stage]) -> float | None:
    return stages.index(stage) * _EPOCH_MIN if stage in stages else None


def _longest_sleep(stages: Sequence[Stage]) -> int:
    bouts = groupby(stages, key=lambda stage: stage.is_sleep)
    return max((len(list(bout)) for is_sleep, bout in bouts if is_sleep), default=0)


def _cycles(stages: Sequence[Stage]) -> list[SleepCycle]:
    cycles: list[SleepCycle] = []
    after = 0
    for rem in _rem_periods(stages):
        if cycles and len(rem) * _EPOCH_MIN < MIN_REM_MIN:
            continue
        nrem = [i for i in range(after, rem[0]) if stages[i] in _NREM]
        after = rem[-1] + 1
        if len(nrem) * _EPOCH_MIN >= MIN_NREM_MIN:
            cycles.append(SleepCycle(nrem[0] * _EPOCH_MIN, (after - nrem[0]) * _EPOCH_MIN))
    return cycles


def _rem_periods(stages: Sequence[Stage]) -> list[list[int]]:
    """Epochs of R, parted wherever enough NREM sleep for a cycle lies between two."""
    periods: list[list[int]] = []
    nrem_min = inf
    for i, stage in enumerate(stages):
        if stage is Stage.R:
            if nrem_min >= MIN_NREM_MIN:
                periods.append([])
            periods[-1].append(i)
            nrem_min = 0.0
        elif stage.is_sleep:
            nrem_min += _EPOCH_MIN
    return periods
