"""Spectrum of an epoch, and its log band powers: the only thing the stager sees of the signal."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.signal import get_window

from monitor.domain.epoch import Epoch

BANDS_HZ = ((0.5, 4.0), (4.0, 8.0), (8.0, 12.0), (12.0, 16.0), (16.0, 30.0))
"""Edges of the bands in Hz: delta, theta, alpha, sigma, beta."""

WINDOW_S = 4.0
"""Welch window in seconds (Hamming), moved by half its length."""

MIN_USABLE = 0.8
"""Share of an epoch that must be usable: with more than 20 % bad it is not scored."""

SPECTRUM_HZ = tuple(range(1, 31))
"""Middles of the bins of a `spectrum` in Hz, each 1 Hz wide."""

_FLOOR = 1e-12  # µV²: keeps the logarithm finite; far below any amplifier's noise


def band_powers(
    epoch: Epoch, sfreq: float, picks: Sequence[int] | None = None
) -> NDArray[np.float64]:
    """Natural logarithm of the power in each band, by Welch's method with a median average.

    The median over windows discards what is brief; windows that touch unusable signal are left
    out. The mean of a window need not be taken out: through a Hamming window it reaches no further
    than 0.25 Hz.

    Parameters
    ----------
    epoch : Epoch
        Filtered signal in µV.
    sfreq : float
        Sampling rate in Hz.
    picks : sequence of int or None
        Rows of interest; None: all.

    Returns
    -------
    ndarray, shape (n_channels, 5)
        ln µV² in each of `BANDS_HZ`; a row of NaN where less than `MIN_USABLE` of the channel is
        usable, and where it is not picked.
    """
    return bands_of(density_of(epoch, sfreq, picks), sfreq)


def density_of(
    epoch: Epoch, sfreq: float, picks: Sequence[int] | None = None
) -> NDArray[np.float32]:
    """Power spectral density, as `band_powers` integrates it.

    Returns
    -------
    ndarray, shape (n_channels, n_freqs)
        µV²/Hz from 0 to 30 Hz; rows of NaN where `band_powers` has them.
    """
    density = np.full((len(epoch.data), len(_band_weights(sfreq))), np.nan, dtype=np.float32)
    wanted = np.arange(len(density)) if picks is None else np.array(picks, dtype=np.intp)
    rows = wanted[epoch.usable[wanted] >= MIN_USABLE]
    if len(rows):
        density[rows] = _median_density(epoch.data[rows], sfreq)
    return density


def bands_of(density: NDArray[np.float32], sfreq: float) -> NDArray[np.float64]:
    """Integrate a density of `density_of` over the bands: what `band_powers` returns."""
    in_bands = (density[:, None] @ _band_weights(sfreq))[:, 0]
    return np.asarray(np.log(np.maximum(in_bands, _FLOOR)))


def spectrum(density: NDArray[np.float32], sfreq: float) -> tuple[float, ...]:
    """Mean density of one channel in bins of 1 Hz.

    Parameters
    ----------
    density : ndarray, shape (n_freqs,)
        A usable row of `density_of`.
    sfreq : float
        Sampling rate in Hz.

    Returns
    -------
    tuple of float
        dB re 1 µV²/Hz around each of `SPECTRUM_HZ` (30 Hz: up to there), rounded to 0.1.
    """
    power = density.astype(np.float64) @ _bin_weights(sfreq)
    return tuple(np.round(10 * np.log10(np.maximum(power, _FLOOR)), 1).tolist())


def _median_density(data: NDArray[np.float32], sfreq: float) -> NDArray[np.float32]:
    """Median over windows of the power spectral density, shape (n_channels, n_freqs), µV²/Hz."""
    taper, n_freqs = _taper(sfreq), len(_band_weights(sfreq))
    windows = np.lib.stride_tricks.sliding_window_view(data, len(taper), axis=1)
    spectra = rfft(windows[:, :: len(taper) // 2] * taper, overwrite_x=True)[..., :n_freqs]
    density = spectra.real**2 + spectra.imag**2
    ordered = np.sort(density.swapaxes(1, 2).copy())  # not usable means NaN, and comes last
    n = np.count_nonzero(~np.isnan(ordered[:, 0]), axis=1)
    channel = np.arange(len(n))
    return np.asarray((ordered[channel, :, (n - 1) // 2] + ordered[channel, :, n // 2]) / 2)


@cache
def _taper(sfreq: float) -> NDArray[np.float32]:
    """Hamming window, scaled so that squared spectra are one-sided densities in µV²/Hz."""
    taper = get_window("hamming", round(WINDOW_S * sfreq))
    return np.asarray(taper * np.sqrt(2 / (sfreq * np.sum(taper**2))), dtype=np.float32)


@cache
def _band_weights(sfreq: float) -> NDArray[np.float64]:
    """Weights of the trapezoidal integral over each band, shape (n_freqs, 5), in Hz."""
    step = sfreq / round(WINDOW_S * sfreq)
    freqs = np.arange(int(BANDS_HZ[-1][1] / step) + 1) * step
    weights = np.zeros((len(freqs), len(BANDS_HZ)))
    for band, (low, high) in enumerate(BANDS_HZ):
        inside = np.flatnonzero((freqs >= low) & (freqs <= high))
        weights[inside, band] = step
        weights[inside[[0, -1]], band] = step / 2
    return weights


@cache
def _bin_weights(sfreq: float) -> NDArray[np.float64]:
    """Weights of the mean over each bin of `SPECTRUM_HZ`, shape (n_freqs, 30)."""
    freqs = np.arange(len(_band_weights(sfreq))) * sfreq / round(WINDOW_S * sfreq)
    inside = np.floor(freqs + 0.5)[:, None] == SPECTRUM_HZ
    return np.asarray(inside / inside.sum(axis=0))
