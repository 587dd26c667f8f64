"""The plan of a night: a semi-Markov chain of stages that knows where in its cycle it stands.

Every bout's length and the stage after it are drawn from distributions fitted to real hypnograms
(`models/fit_hypnograms.py`), given the stage and a context: which NREM-REM cycle it is, whether
its REM episode has come, and how long ago the cycle or the episode began. From that follow N3
early, REM late, REM latency and cycle length, without being written down anywhere.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.domain.stage import STAGES, Stage
from monitor.sources.simulator.parameters import HypnogramModel

W, N1, N2, N3, R = range(len(STAGES))
"""Codes of a plan: positions in `STAGES`."""

REM_GAP = 30
"""Epochs without REM that end a REM episode and its cycle: 15 min (Feinberg and Floyd 1979)."""
NREM_EDGES = (0, 60, 120, 180)
"""Epochs since the cycle began at which the context of a cycle still without REM changes."""
REM_EDGES = (0, 20, 50)
"""Epochs since the REM episode began at which its context changes."""
N_CYCLES = 4
"""Cycles told apart; the fourth stands for all later ones."""
N_CONTEXTS = N_CYCLES * (len(NREM_EDGES) + len(REM_EDGES))

# Standard deviation, between nights, of the logarithm of W, N1, N2, N3 and R bout lengths: chosen
# so that minutes per stage spread between simulated nights as they do between the real ones.
_SPREAD = np.array([0.5, 0.3, 0.0, 0.3, 0.1])

# Change of bout lengths per year of age, as logarithms. W: +9.7 min awake a decade (Boulos et al.
# 2019), from 39 min at 35 doubling to 78 at 75. N3 from 24 % at 5 to 9 % at 70, REM from 25 to
# 19 %, N1 from 5.8 to 6.8 % (Ohayon et al. 2004).
_PER_YEAR = np.array([0.0175, 0.0024, 0.0, -0.0151, -0.0042])
_FITTED_AGE = 35
"""Mean age of the sleepers the model was fitted to, in years (Guillot et al. 2020)."""


class CycleClock:
    """Where a night stands in its cycles, known from its past alone."""

    def __init__(self) -> None:
        self._cycle = 0
        self._began = 0
        self._rem_began: int | None = None
        self._rem_ended = 0

    def context(self, epoch: int) -> int:
        """Return the context of a bout that begins at this epoch, 0 to ``N_CONTEXTS`` - 1."""
        if self._rem_began is not None and epoch - self._rem_ended >= REM_GAP:
            self._cycle, self._began, self._rem_began = self._cycle + 1, self._rem_ended, None
        if self._rem_began is None:
            part = int(np.searchsorted(NREM_EDGES, epoch - self._began, "right")) - 1
        else:
            since = int(np.searchsorted(REM_EDGES, epoch - self._rem_began, "right")) - 1
            part = len(NREM_EDGES) + since
        return min(self._cycle, N_CYCLES - 1) * (len(NREM_EDGES) + len(REM_EDGES)) + part

    def saw(self, stage: int, epoch: int, n_epochs: int) -> None:
        """Take note of a bout."""
        if stage == R:
            self._rem_began = epoch if self._rem_began is None else self._rem_began
            self._rem_ended = epoch + n_epochs


@dataclass(frozen=True, slots=True)
class Habits:
    """How this sleeper differs from the fitted one.

    Parameters
    ----------
    age : float
        Years.
    rem_stretch : float
        Factor on the length of REM bouts; all others shorten by its square root.
    asleep_by : int or None
        Sleep begins at this epoch at the latest.
    sound_from : int or None
        From this epoch on the sleeper neither wakes nor drowses: N2, N3 and R only.
    """

    age: float = _FITTED_AGE
    rem_stretch: float = 1.0
    asleep_by: int | None = None
    sound_from: int | None = None


def plan_stages(
    rng: np.random.Generator, n_epochs: int, model: HypnogramModel, habits: Habits
) -> NDArray[np.int8]:
    """Draw the stages of a night from lights-off on.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where chance comes from.
    n_epochs : int
        Length in 30-s epochs.
    model : HypnogramModel
        The fitted distributions.
    habits : Habits
        Age and peculiarities of the sleeper.

    Returns
    -------
    ndarray, shape (n_epochs,)
        Positions in `STAGES`.
    """
    stretch = _stretch(rng, habits)
    latency = _length(rng, model.quantiles, model.latency)
    if habits.asleep_by is not None:
        latency = min(latency, habits.asleep_by)
    plan = np.full(n_epochs, W, dtype=np.int8)
    clock, epoch, stage = CycleClock(), 0, N1
    while latency + epoch < n_epochs:
        sound = habits.sound_from is not None and latency + epoch >= habits.sound_from
        length = _length(rng, model.quantiles, model.dwell[clock.context(epoch), stage])
        length = max(1, round(length * stretch[stage]))
        if not sound and habits.sound_from is not None and stage in (W, N1):
            length = min(length, habits.sound_from - latency - epoch)
        plan[latency + epoch : latency + epoch + length] = stage
        clock.saw(stage, epoch, length)
        epoch += length
        sound = habits.sound_from is not None and latency + epoch >= habits.sound_from
        stage = _next_stage(rng, model.transition[clock.context(epoch), stage], sound)
    return plan


def final_awakening(plan: NDArray[np.int8], epoch: int) -> NDArray[np.int8]:
    """Return the plan of a sleeper who wakes at this epoch for good."""
    woken = plan.copy()
    woken[max(epoch, 0) :] = W
    return woken


def stages_of(plan: NDArray[np.int8]) -> list[Stage]:
    """Return the stages that a plan's codes stand for; -1 is ``UNSCORED``."""
    return [(*STAGES, Stage.UNSCORED)[code] for code in plan.tolist()]


def _stretch(rng: np.random.Generator, habits: Habits) -> NDArray[np.float64]:
    own = _SPREAD * rng.standard_normal(len(STAGES)) - _SPREAD**2 / 2
    factors = np.exp(own + _PER_YEAR * (habits.age - _FITTED_AGE))
    factors[R] *= habits.rem_stretch**1.5
    return np.asarray(factors / habits.rem_stretch**0.5)


def _length(
    rng: np.random.Generator, probabilities: NDArray[np.float64], values: NDArray[np.float64]
) -> int:
    """Draw a length in epochs from its quantiles."""
    return round(float(np.interp(rng.random(), probabilities, values)))


def _next_stage(rng: np.random.Generator, odds: NDArray[np.float64], sound: bool) -> int:
    odds = odds * ([0, 0, 1, 1, 1] if sound else 1)
    return int(np.searchsorted(np.cumsum(odds), rng.random() * odds.sum(), "right"))
