"""Stages that last too long: where a night has them by itself, and when their alarm is due.

Due it is when the stage has lasted for so long, or, where the stager did not see that, when it has
been scored for so long: what the stager gets wrong costs sensitivity, and is no delay of the alarm.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from monitor.alarm.eeg import STRAY
from monitor.alarm.eeg_conditions import NO_REM_OR_WAKE, ONE_STAGE
from monitor.domain.epoch import ScoredEpoch
from monitor.domain.stage import EPOCH_S, STAGES
from monitor.sources.simulator.hypnogram import N2, N3, W
from service.validation.nights import Plan
from service.validation.records import Planted

_ALLOWED_MIN = {ONE_STAGE: 85, NO_REM_OR_WAKE: 140}
"""From how long a spell in the true stages on its alarm is not false [own choice]: a few minutes
short of the limit, for a stager may be wrong at both ends."""


def held(fits: NDArray[np.bool_], least: int, share: float) -> NDArray[np.intp]:
    """Return after how many epochs a stretch of at least `least` is there, up to then.

    A stretch begins with an epoch that fits, and of all of it a share does.
    """
    ahead = np.concatenate([[0.0], np.cumsum(fits - share)])
    lowest = np.minimum.accumulate(np.where(fits, ahead[:-1], np.inf))
    ends = np.arange(least, len(fits) + 1)
    return ends[ahead[ends] >= lowest[ends - least] - 1e-6]


def as_scored(planted: Planted, truth: Plan, scored: Sequence[ScoredEpoch]) -> Planted:
    """Put off when an alarm of too long a stage is due until the stage was scored for so long."""
    (source,) = planted.sources if len(planted.sources) == 1 else ("",)
    if not planted.wanted or source not in _ALLOWED_MIN:
        return planted
    stage = int(truth[int(planted.onset) // EPOCH_S])
    known = [epoch for epoch in scored if epoch.stage in STAGES]
    codes = np.array([STAGES.index(epoch.stage) for epoch in known])
    fits, share = _fitting(codes, source, stage)
    ends = held(fits, round(planted.due_s / EPOCH_S), share)
    dues = [known[end - 1].end_s - planted.onset for end in ends]
    due_s = next((due for due in dues if due >= planted.due_s), planted.due_s)
    return replace(planted, due_s=due_s)


def by_itself(truth: Plan) -> Iterator[Planted]:
    """Allow what a night has of it by itself."""
    for source, least_min in _ALLOWED_MIN.items():
        least = least_min * 60 // EPOCH_S
        for stage in range(len(STAGES)) if source == ONE_STAGE else (N2,):
            fits, share = _fitting(truth, source, stage)
            ends = held(fits, least, share)
            for spell in np.split(ends, np.flatnonzero(np.diff(ends) > 1) + 1) if len(ends) else ():
                begin, end = float(spell[0] - least) * EPOCH_S, float(spell[-1]) * EPOCH_S
                yield Planted("by itself", "EEG_ABNORMAL", begin, end, None, sources=(source,))


def _fitting(
    codes: NDArray[np.integer], source: str, stage: int
) -> tuple[NDArray[np.bool_], float]:
    """Return which epochs fit a finding, and how many of a stretch must: of wake, all."""
    if source == NO_REM_OR_WAKE:
        return np.isin(codes, (N2, N3)), 1 - STRAY
    return codes == stage, 1.0 if stage == W else 1 - STRAY
