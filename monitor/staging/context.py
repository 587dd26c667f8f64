"""Causal context of band powers: how an epoch differs from its own recording's past.

One implementation serves training, evaluation and the live path. Every feature is a difference
in which a constant of the recording and channel cancels, so amplitude calibration, units, gain
and whole-night scaling do not matter.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_BANDS = 5
HORIZONS = (1.0, 6.0, 40.0, 960.0)
"""Memories of the running means in epochs: 30 s, 3 min, 20 min and 8 h."""
PRIOR_VARIANCE, PRIOR_EPOCHS = 0.25, 20.0
"""Variance of a log band power that is believed until a recording has shown its own, and how
many epochs that belief weighs."""
N_FEATURES = N_BANDS * (2 + len(HORIZONS)) + 1

_RATES = 1.0 / np.array(HORIZONS)


@dataclass(frozen=True, slots=True, eq=False)
class ContextState:
    """What has been seen of some channels.

    Parameters
    ----------
    seen : ndarray, shape (...)
        Number of usable epochs so far.
    means : ndarray, shape (..., n_horizons, 5)
        Running means of the log band powers, one for each of `HORIZONS`.
    variance : ndarray, shape (..., 5)
        Running variance about the longest mean.
    """

    seen: NDArray[np.float64]
    means: NDArray[np.float64]
    variance: NDArray[np.float64]

    @classmethod
    def empty(cls, *shape: int) -> "ContextState":
        """State of channels of which nothing was seen."""
        means = np.zeros((*shape, len(HORIZONS), N_BANDS))
        return cls(np.zeros(shape), means, np.full((*shape, N_BANDS), PRIOR_VARIANCE))


def step_context(
    state: ContextState, log_power: NDArray[np.floating]
) -> tuple[ContextState, NDArray[np.float32], NDArray[np.bool_]]:
    """Take one epoch of every channel.

    Parameters
    ----------
    state : ContextState
        Of all channels, leading shape (...).
    log_power : ndarray, shape (..., 5)
        ln band powers in any unit. A row with a value that is not finite is an unusable channel:
        its state is held and its features are zero.

    Returns
    -------
    state : ContextState
        After this epoch.
    features : ndarray, shape (..., N_FEATURES)
        Spectral shape (band minus mean of bands); band minus each running mean of the past; the
        last of these in standard deviations; and how much of the longest memory is filled
        (logarithmic, 0 to 1).
    usable : ndarray of bool, shape (...)
        Which channels were taken.
    """
    usable = np.isfinite(log_power).all(axis=-1)
    power = np.where(usable[..., None], log_power, 0.0)
    shape = power - power.mean(axis=-1, keepdims=True)
    unknown = (state.seen == 0)[..., None, None]
    change = np.where(unknown, 0.0, power[..., None, :] - state.means)
    deviation = change[..., -1, :] / np.sqrt(state.variance)
    filled = np.log1p(np.minimum(state.seen, HORIZONS[-1])) / np.log1p(HORIZONS[-1])
    flat = change.reshape(*usable.shape, len(HORIZONS) * N_BANDS)
    features = np.concatenate([shape, flat, deviation, filled[..., None]], axis=-1)
    features = (features * usable[..., None]).astype(np.float32)
    return _remember(state, change, power, usable), features, usable


def _remember(
    state: ContextState,
    change: NDArray[np.float64],
    power: NDArray[np.float64],
    usable: NDArray[np.bool_],
) -> ContextState:
    """Move the means: plain means until a memory is full, exponential ones from then on."""
    taken = usable[..., None]
    seen = state.seen + usable
    rates = np.maximum(_RATES, 1.0 / np.maximum(seen, 1.0)[..., None]) * taken
    means = state.means + rates[..., None] * (power[..., None, :] - state.means)
    rate = np.maximum(_RATES[-1], 1.0 / (PRIOR_EPOCHS + seen))[..., None] * taken
    variance = state.variance + rate * (change[..., -1, :] ** 2 - state.variance)
    return ContextState(seen, means, variance)
