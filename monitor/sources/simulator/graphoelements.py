"""Waves that come and go: what a scorer looks for, and what spoils a recording.

Each kind is one row of `KINDS`: how often it comes in each stage, how high it is, how much of it
each row sees, and its form. Rates and amplitudes are choices within what the AASM manual and
textbooks of sleep EEG describe.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

N_ROWS = 4
"""Frontal EEG, occipital EEG, EOG, chin EMG."""

Wave: TypeAlias = NDArray[np.float64]
Form: TypeAlias = Callable[[np.random.Generator, float], Wave]
"""Draws one wave of height about 1 at a sampling rate in Hz."""


def draw_events(
    rng: np.random.Generator, stage: int, sfreq: float, n_samples: int
) -> NDArray[np.float64]:
    """Draw all waves of one block.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where chance comes from.
    stage : int
        Position in `STAGES`.
    sfreq : float
        Sampling rate in Hz.
    n_samples : int
        Length of the block.

    Returns
    -------
    ndarray, shape (4, n_samples)
        µV.
    """
    signal = np.zeros((N_ROWS, n_samples))
    for kind in KINDS:
        expected = kind.per_min[stage] * n_samples / sfreq / 60
        for _ in range(rng.poisson(expected * rng.gamma(2.0, 0.5)) if expected else 0):
            wave = rng.uniform(*kind.height_uv) * kind.form(rng, sfreq)[:n_samples]
            start = rng.integers(n_samples - len(wave) + 1)
            signal[:, start : start + len(wave)] += np.outer(kind.seen(rng), wave)
    return signal


def draw_k_complex(rng: np.random.Generator, sfreq: float) -> NDArray[np.float64]:
    """Draw one K-complex, shape (4, n_samples): of height 1 where it is seen best."""
    return np.outer(_K_COMPLEX_SEEN, _k_complex(rng, sfreq))


def _times(sfreq: float, duration_s: float) -> Wave:
    return np.arange(round(duration_s * sfreq)) / sfreq


def _bell(n_samples: int) -> Wave:
    return np.asarray(np.hanning(n_samples))


def _hump(t: Wave, centre_s: float, width_s: float) -> Wave:
    return np.asarray(np.exp(-0.5 * ((t - centre_s) / width_s) ** 2))


def _sign(rng: np.random.Generator) -> float:
    return float(rng.choice((-1.0, 1.0)))


def _spindle(rng: np.random.Generator, sfreq: float) -> Wave:
    t = _times(sfreq, rng.uniform(0.6, 1.6))
    return np.asarray(_bell(len(t)) * np.sin(2 * np.pi * rng.normal(13.3, 0.5) * t))


def _k_complex(_rng: np.random.Generator, sfreq: float) -> Wave:
    t = _times(sfreq, 1.6)
    return 0.6 * _hump(t, 0.75, 0.18) - _hump(t, 0.4, 0.09)


def _vertex_wave(_rng: np.random.Generator, sfreq: float) -> Wave:
    t = _times(sfreq, 0.8)
    return 0.4 * _hump(t, 0.5, 0.08) - _hump(t, 0.3, 0.05)


def _sawtooth(rng: np.random.Generator, sfreq: float) -> Wave:
    t = _times(sfreq, rng.uniform(1.5, 4.0))
    return np.asarray(_bell(len(t)) * (2 * np.mod(rng.uniform(2.0, 4.0) * t, 1.0) - 1.0))


def _blink(_rng: np.random.Generator, sfreq: float) -> Wave:
    t = _times(sfreq, 0.8)
    return _hump(t, 0.25, 0.07) - 0.15 * _hump(t, 0.5, 0.12)


def _saccade(rng: np.random.Generator, sfreq: float) -> Wave:
    """Draw a jump of the eyes and the jump back; the amplifier lets the step decay."""
    t, stay = _times(sfreq, 2.0), rng.uniform(0.3, 1.2)
    held = np.tanh((t - 0.2) / 0.05) - np.tanh((t - 0.2 - stay) / 0.05)
    return np.asarray(_sign(rng) * 0.5 * held * np.exp(-np.maximum(t - 0.2, 0) / 1.5))


def _saccade_burst(rng: np.random.Generator, sfreq: float) -> Wave:
    burst = np.zeros(round(8.0 * sfreq))
    for _ in range(rng.integers(2, 8)):
        wave = rng.uniform(0.4, 1.0) * _saccade(rng, sfreq)
        start = rng.integers(len(burst) - len(wave))
        burst[start : start + len(wave)] += wave
    return burst


def _slow_roll(rng: np.random.Generator, sfreq: float) -> Wave:
    t = _times(sfreq, rng.uniform(5.0, 10.0))
    return np.asarray(_sign(rng) * _bell(len(t)) * np.sin(2 * np.pi * rng.uniform(0.2, 0.45) * t))


def _movement(rng: np.random.Generator, sfreq: float) -> Wave:
    n_samples = round(rng.uniform(2.0, 8.0) * sfreq)
    sway = np.cumsum(rng.standard_normal(n_samples)) / np.sqrt(sfreq)
    return np.asarray(
        _bell(n_samples) * (sway - sway.mean() + 0.1 * rng.standard_normal(n_samples))
    )


def _muscle_burst(rng: np.random.Generator, sfreq: float) -> Wave:
    n_samples = round(rng.uniform(0.2, 3.0) * sfreq)
    white = np.diff(rng.standard_normal(n_samples + 1))
    return np.asarray(_bell(n_samples) * white / np.sqrt(2))


def _pop(rng: np.random.Generator, sfreq: float) -> Wave:
    return np.asarray(_sign(rng) * np.exp(-_times(sfreq, 4.0) / 0.6))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of wave.

    Parameters
    ----------
    form : callable
        Its form.
    per_min : tuple of float
        How many a minute in W, N1, N2, N3, R.
    height_uv : tuple of float
        Range of its height in µV.
    gains : tuple of float
        How much of it the frontal EEG, occipital EEG, EOG and chin EMG see.
    one_row : bool
        Whether a single row, drawn at random, sees it.
    """

    form: Form
    per_min: tuple[float, float, float, float, float]
    height_uv: tuple[float, float]
    gains: tuple[float, float, float, float]
    one_row: bool = False

    def seen(self, rng: np.random.Generator) -> Wave:
        """How much of this wave each row sees."""
        gains = np.array(self.gains)
        return gains * (np.arange(N_ROWS) == rng.integers(N_ROWS)) if self.one_row else gains


_K_COMPLEX_SEEN = (1.0, 0.4, 0.5, 0.0)

KINDS = (
    Kind(_spindle, (0, 0, 5.0, 2.0, 0), (12, 30), (1.0, 0.6, 0.2, 0)),
    Kind(_k_complex, (0, 0, 1.5, 0.5, 0), (70, 130), _K_COMPLEX_SEEN),
    Kind(_vertex_wave, (0, 1.5, 0.3, 0, 0), (30, 60), (0.8, 0.3, 0.2, 0)),
    Kind(_sawtooth, (0, 0, 0, 0, 1.0), (15, 30), (0.8, 0.4, 0.2, 0)),
    Kind(_blink, (8.0, 0.5, 0, 0, 0), (50, 120), (1.0, 0.1, 0.3, 0.05)),
    Kind(_saccade, (6.0, 0.5, 0, 0, 0), (40, 150), (0.15, 0.03, 1.0, 0)),
    Kind(_saccade_burst, (0, 0, 0, 0, 1.5), (50, 180), (0.12, 0.03, 1.0, 0)),
    Kind(_slow_roll, (0.3, 2.5, 0, 0, 0), (40, 100), (0.1, 0.02, 1.0, 0)),
    Kind(_movement, (0.4, 0.1, 0.03, 0.02, 0.03), (40, 150), (1.0, 0.6, 1.0, 0.5)),
    Kind(_muscle_burst, (2.0, 0.3, 0.05, 0.02, 0.8), (15, 60), (0.1, 0.05, 0.05, 1.0)),
    Kind(_pop, (0.02, 0.01, 0.01, 0.01, 0.01), (150, 300), (1.0, 1.0, 1.0, 1.0), one_row=True),
)
