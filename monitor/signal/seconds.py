"""What can be measured of one second of raw signal by itself: extremes, slow sway, spectrum.

Everything linear in the signal (a Hann-windowed Fourier transform at a few frequencies, and the
means of the quarters) is one matrix product a second, whose shape does not depend on how many
seconds come at once: so neither does its rounding.
"""

from dataclasses import dataclass, fields
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import get_window

from monitor.signal.frames import Frames

BRAIN_HZ = tuple(range(3, 9))
"""Where a head gives much more than an amplifier: delta and theta. From 3 Hz on, under a Hann
window, hardly anything is left of an electrode's drift less its parabola."""

FAST_HZ = (21, 24, 27, 30, 33, 36, 39, 42, 45)
"""Where a brain gives little; clear of both mains frequencies."""

BETWEEN_HZ = (10, 12, 15, 18)
"""Alpha and sigma, which tell a head's spectrum from a flat one, awake above all."""

MUSCLE_FROM_HZ = 30
"""From here to the end of `FAST_HZ` muscle is looked for."""

MAINS_HZ = (50, 60)

PLATEAU_SHARE = 0.05
"""Share of a second's samples at one extreme from which it is a plateau [own choice]."""

PLATEAU_OVER_USUAL = 3.0
"""How many times more often than a usual value it must occur [own choice]."""

SPECTRUM_HZ = (*BRAIN_HZ, *BETWEEN_HZ, *FAST_HZ)

_FREQS = (*SPECTRUM_HZ, *MAINS_HZ)
_TONE_HZ = 1.5  # noise bandwidth of a Hann window of one second
_DRIFT_POWERS = 3  # offset, slope and bend of a drift
_QUARTERS = 4
_BESIDE = 3


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """Of every second of every channel, each of shape (n_seconds, n_channels) but `spectrum`.

    Parameters
    ----------
    spectrum : ndarray, shape (n_seconds, n_channels, len(SPECTRUM_HZ))
        Power spectral density at each frequency, µV²/Hz; where the sampling rate is too low for
        one, that of `fast`.
    high, low : ndarray
        Extremes, µV.
    sway : ndarray
        Range of the means of its quarters, µV: what is slower than about 4 Hz.
    brain, fast, muscle : ndarray
        Mean power spectral density in `BRAIN_HZ`, in `FAST_HZ` and in its part from
        `MUSCLE_FROM_HZ` up, µV²/Hz.
    beside_mains : ndarray
        The same of the three highest frequencies of `FAST_HZ`.
    mains : ndarray
        Power of the stronger mains frequency, µV²; 0 where the sampling rate is too low for both.
    plateau : ndarray
        1 where the signal stands at an extreme, else 0.
    """

    spectrum: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    sway: NDArray[np.float64]
    brain: NDArray[np.float64]
    fast: NDArray[np.float64]
    muscle: NDArray[np.float64]
    beside_mains: NDArray[np.float64]
    mains: NDArray[np.float64]
    plateau: NDArray[np.float64]


def measure_seconds(frames: Frames) -> Measures:
    """Measure each second; where samples are not finite, the extremes tell."""
    shape = frames.n_seconds, len(frames.data)
    single = np.empty((len(fields(Measures)) - 1, *shape))
    spectrum = np.empty((*shape, len(SPECTRUM_HZ)))
    with np.errstate(invalid="ignore", over="ignore"):
        for rows, stack in frames.stacks():
            single[:, rows], spectrum[rows] = _measure(stack)
    return Measures(spectrum, *single)


def _measure(stack: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure seconds of one length, shape (n_channels, n, length); the spectrum apart."""
    n_samples = stack.shape[2]
    parts = stack.transpose(1, 0, 2) @ _projection(n_samples)
    real, imaginary = parts[..., : len(_FREQS)], parts[..., len(_FREQS) : 2 * len(_FREQS)]
    quarters = parts[..., 2 * len(_FREQS) :]
    density = real**2 + imaginary**2
    pooled = (density @ _pools(n_samples)).transpose(2, 0, 1)
    spectrum = np.where(_seen(n_samples), density, pooled[1][..., None])[..., : len(SPECTRUM_HZ)]
    mains = _TONE_HZ * density[..., -len(MAINS_HZ) :].max(axis=2)
    sway = np.ptp(quarters, axis=2)
    high, low, plateau = (measure.T for measure in _extremes(stack))
    return np.stack([high, low, sway, *pooled, mains, plateau]), spectrum


@cache
def _projection(n_samples: int) -> NDArray[np.float64]:
    """Columns: cosines, then sines of `_FREQS` under a Hann window, then the quarters' means.

    Squares of the first two add up to µV²/Hz, as of the second less what is fitted to it under the
    window: drift and, but for the density at mains itself, mains, which would leak far. Frequencies
    too close to half the sampling rate are left at zero.
    """
    phase = 2 * np.pi * np.outer(np.arange(n_samples) / n_samples, _FREQS)
    window = get_window("hann", n_samples)[:, None]
    waves = np.hstack([np.cos(phase), np.sin(phase)])
    seen, is_mains = np.tile([_seen(n_samples), np.isin(_FREQS, MAINS_HZ)], 2)
    tones = window * waves * seen * np.sqrt(16 / 3) / n_samples
    span = np.linspace(-1, 1, n_samples)[:, None]
    drift, hum = span ** np.arange(_DRIFT_POWERS), waves[:, is_mains & seen]
    tones = _less(tones, drift, window)
    with_hum = np.hstack([drift, hum, span * hum])
    tones[:, ~is_mains] = _less(tones[:, ~is_mains], with_hum, window)
    quarter = np.arange(n_samples) * _QUARTERS // n_samples
    means = (quarter[:, None] == np.arange(_QUARTERS)) / np.bincount(quarter)
    return np.hstack([tones, means])


def _less(
    tones: NDArray[np.float64], nuisance: NDArray[np.float64], window: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Make tones blind to the columns of `nuisance` as fitted under the window."""
    seen = window * nuisance
    return np.asarray(tones - seen @ np.linalg.solve(nuisance.T @ seen, nuisance.T @ tones))


@cache
def _pools(n_samples: int) -> NDArray[np.float64]:
    """Columns: weights which average the densities at `_FREQS` as `Measures` tells."""
    freqs, fast = np.array(_FREQS), np.isin(_FREQS, FAST_HZ) & _seen(n_samples)
    beside_mains = fast & np.isin(freqs, freqs[fast][-_BESIDE:])
    muscle = fast & (freqs >= MUSCLE_FROM_HZ)
    pools = np.stack([np.isin(freqs, BRAIN_HZ), fast, muscle, beside_mains])
    return np.asarray((pools / pools.sum(axis=1, keepdims=True)).T)


def _seen(n_samples: int) -> NDArray[np.bool_]:
    """Which of `_FREQS` a second of so many samples shows."""
    return np.array(_FREQS) < n_samples / 2 - 1


def _extremes(stack: NDArray[np.floating]) -> list[NDArray[np.floating]]:
    """Highest and lowest sample of each second, and whether the signal stands at one of them."""
    seconds = stack.reshape(-1, stack.shape[2])
    row = np.arange(len(seconds))
    at = np.stack([seconds.argmax(axis=1), seconds.argmin(axis=1)])
    extremes = seconds[row, at]
    follows = at + 1 < seconds.shape[1]
    stands = ((extremes == seconds[row, at + follows]) & follows).any(axis=0)
    if stands.any():
        stands[stands] = _stands(np.sort(seconds[stands], axis=1))
    return [found.reshape(stack.shape[:2]) for found in (*extremes, stands)]


def _stands(values: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Tell which of the rows, sorted, hold an extreme far more often than another value.

    The steps of a coarse converter hold all values often: they are no plateau.
    """
    n_samples = values.shape[1]
    n_levels = 1 + np.count_nonzero(np.diff(values, axis=1), axis=1)
    at_extreme = np.maximum(
        np.count_nonzero(values == values[:, :1], axis=1),
        np.count_nonzero(values == values[:, -1:], axis=1),
    )
    usual = n_samples / n_levels
    least = np.maximum(PLATEAU_SHARE * n_samples, PLATEAU_OVER_USUAL * usual)
    return np.asarray(at_extreme >= least)
