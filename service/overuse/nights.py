"""A night by its minutes: cycles of stages, as cheap as they can be."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.domain.stage import EPOCH_S, Stage
from monitor.usage.record import SessionRecord

CYCLE_MIN = 90.0
"""Length of a cycle of NREM and REM, about."""

LATENCY_MIN, LAST_WAKE_MIN = 15.0, 5.0
"""Awake before sleep, and after it before the session ends [own choice]."""

LONGEST_PLAN_MIN = 540.0
"""A night longer than the longest plan that is allowed has no plan."""

_SPARE_MIN = 20.0
"""By how much the plan of those who wake alone is longer than their night [own choice]."""

_QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
_REM_BY = (0.0, 0.04, 0.285, 0.615, 1.0)
"""Share of the REM that has come by each quarter of the sleep: mean of 25 healthy nights of the
Dreem Open Datasets (Guillot et al. 2020)."""
_N3_BY = (0.0, 0.5, 0.8, 0.95, 1.0)
_N1, _N3 = 0.05, 0.2
"""The same of N3, and the shares of N1 and N3: about; nothing in the account depends on them."""


@dataclass(frozen=True, slots=True)
class Night:
    """The minutes of one session.

    Parameters
    ----------
    sleep_min : float
        Of it `rem_min` are REM and `lost_min` unscored.
    rem_min, lost_min : float
    wake_min : float
        Awake between the first and the last sleep.
    overrun_min : float
        How long after the planned end it ended; 0 where the sleeper woke before.
    rounds : int
        Of the wake protocol.
    """

    sleep_min: float
    rem_min: float
    lost_min: float = 0.0
    wake_min: float = 0.0
    overrun_min: float = 0.0
    rounds: int = 0


def make_session(name: str, start: float, night: Night) -> SessionRecord:
    """Return a session that begins at `start`, seconds of Unix time."""
    runs = stage_runs(night)
    length_s = EPOCH_S * sum(n for _, n in runs)
    plan_s = length_s + 60 * (-night.overrun_min if night.overrun_min else _SPARE_MIN)
    planned_s = plan_s if plan_s <= 60 * LONGEST_PLAN_MIN else None
    return SessionRecord(
        name, start, start + length_s, runs, planned_s=planned_s, rounds=night.rounds
    )


def stage_runs(night: Night) -> tuple[tuple[Stage, int], ...]:
    """Return the stages of a night: REM late, N3 early, the same minutes in every cycle."""
    n = max(1, round(night.sleep_min / CYCLE_MIN))
    even = np.linspace(0, 1, n + 1)
    rem = _portions(night.rem_min, np.interp(even, _QUARTERS, _REM_BY))
    n3 = _portions(_N3 * night.sleep_min, np.interp(even, _QUARTERS, _N3_BY))
    n1 = _portions(_N1 * night.sleep_min, even)
    lost, wake = _portions(night.lost_min, even), _portions(night.wake_min, even)
    n2 = np.maximum(0, _portions(night.sleep_min, even) - rem - n3 - n1 - lost)
    order = (Stage.N1, Stage.N2, Stage.N3, Stage.UNSCORED, Stage.R, Stage.W)
    cycles = zip(order * n, np.stack([n1, n2, n3, lost, rem, wake], axis=1).ravel(), strict=True)
    runs = [(Stage.W, _epochs(LATENCY_MIN)), *cycles, (Stage.W, _epochs(LAST_WAKE_MIN))]
    return tuple((stage, int(count)) for stage, count in runs if count)


def _portions(minutes: float, shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the epochs of each cycle, of which `shares` tells how much has come by its edges."""
    return np.diff(np.round(shares * minutes * 60 / EPOCH_S).astype(int))


def _epochs(minutes: float) -> int:
    return round(minutes * 60 / EPOCH_S)
