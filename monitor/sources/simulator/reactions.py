"""What the EEG of a dreamer shows who hears a cue and sleeps on."""

from enum import Enum

import numpy as np
from numpy.typing import NDArray

from monitor.sources.simulator.graphoelements import N_ROWS, draw_k_complex

_EVOKED_AFTER_S = 0.2
"""From the cue to the complex, whose trough follows 0.4 s later."""
_EVOKED_UV = (150.0, 250.0)
_AROUSED_AFTER_S, _AROUSED_S = (1.0, 4.0), (5.0, 10.0)
"""Ranges of an arousal's delay and length; from 3 to 15 s it is one (AASM manual)."""
_ALPHA_HZ, _ALPHA_UV, _FAST_UV, _CHIN_UV = 10.0, (20.0, 40.0), 5.0, 20.0
"""Its alpha, frequency and amplitude, and RMS of what is faster, and of the chin. A choice."""
_SEEN = np.array([0.8, 1.0, 0.3, 0.0])
"""How much of its EEG each row sees: frontal, occipital, EOG, chin."""


class Reaction(Enum):
    """A reaction that wakes nobody."""

    EVOKED = "a K-complex"
    AROUSAL = "an arousal of some seconds"


def draw_reaction(
    rng: np.random.Generator, reaction: Reaction, sfreq: float
) -> NDArray[np.float64]:
    """Draw what is added to the signal from the cue on.

    Returns
    -------
    ndarray, shape (4, n_samples)
        µV.
    """
    if reaction is Reaction.EVOKED:
        wave = rng.uniform(*_EVOKED_UV) * draw_k_complex(rng, sfreq)
        return _delayed(wave, _EVOKED_AFTER_S, sfreq)
    n_samples = round(rng.uniform(*_AROUSED_S) * sfreq)
    bell = np.minimum(1, 4 * np.hanning(n_samples))  # steep flanks
    alpha = np.sin(2 * np.pi * _ALPHA_HZ * np.arange(n_samples) / sfreq)
    fast, chin = np.diff(rng.standard_normal((2, n_samples + 1))) / np.sqrt(2)
    waves = np.outer(_SEEN, rng.uniform(*_ALPHA_UV) * alpha + _FAST_UV * fast)
    waves[-1] += _CHIN_UV * chin
    return _delayed(bell * waves, rng.uniform(*_AROUSED_AFTER_S), sfreq)


def _delayed(waves: NDArray[np.float64], by_s: float, sfreq: float) -> NDArray[np.float64]:
    return np.hstack([np.zeros((N_ROWS, round(by_s * sfreq))), waves])
