"""Log band powers of an epoch: the only thing the stager sees of the signal."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft, rfftfreq
from scipy.signal import get_window

from monitor.domain.epoch import Epoch

BANDS_HZ = ((0.5, 4.0), (4.0, 8.0), (8.0, 12.0), (12.0, 16.0), (16.0, 30.0))
"""Edges of the bands in Hz: delta, theta, alpha, sigma, beta."""

WINDOW_S = 4.0
"""Welch window in seconds (Hamming), moved by half its length."""

MIN_USABLE = 0.8
"""Share of an epoch that must be usable: with more than 20 % bad it is not scored."""

_FLOOR = 1e-12  # µV²: keeps the logarithm finite; far below any amplifier's noise


def band_powers(epoch: Epoch, sfreq: float) -> NDArray[np.float64]:
    """Natural logarithm of the power in each band, by Welch's method with a median average.

    The median over windows discards what is brief; windows that touch unusable signal are left
    out.

    Parameters
    ----------
    epoch : Epoch
        Filtered signal in µV.
    sfreq : float
        Sampling rate in Hz.

    Returns
    -------
    ndarray, shape (n_channels, 5)
        ln µV² in each of `BANDS_HZ`; a row of NaN where less than `MIN_USABLE` of the channel is
        usable.
    """
    powers = np.full((len(epoch.data), len(BANDS_HZ)), np.nan)
    rows = np.flatnonzero(epoch.usable >= MIN_USABLE)
    if len(rows):
        powers[rows] = _log_bands(_median_psd(epoch.data[rows], sfreq), sfreq)
    return powers


def _median_psd(data: NDArray[np.float64], sfreq: float) -> NDArray[np.float64]:
    """Median over windows of the power spectral density, shape (n_channels, n_freqs), µV²/Hz."""
    size = round(WINDOW_S * sfreq)
    taper = _taper(size)
    windows = np.lib.stride_tricks.sliding_window_view(data, size, axis=1)[:, :: size // 2]
    keep = slice(0, np.searchsorted(rfftfreq(size, 1 / sfreq), BANDS_HZ[-1][1], side="right"))
    centred = windows - windows.mean(axis=2, keepdims=True)
    centred *= taper
    spectra = rfft(centred, axis=2, overwrite_x=True)[..., keep]
    density = (spectra.real**2 + spectra.imag**2) * (2 / (sfreq * np.sum(taper**2)))
    bad = np.isnan(density).any()
    return np.asarray(np.nanmedian(density, axis=1) if bad else np.median(density, axis=1))


@cache
def _taper(size: int) -> NDArray[np.float64]:
    return np.asarray(get_window("hamming", size))


def _log_bands(density: NDArray[np.float64], sfreq: float) -> NDArray[np.float64]:
    """Trapezoidal integral of each band, then the logarithm."""
    step = sfreq / round(WINDOW_S * sfreq)
    freqs = np.arange(density.shape[1]) * step
    bands = []
    for low, high in BANDS_HZ:
        inside = (freqs >= low) & (freqs <= high)
        bands.append(np.trapezoid(density[:, inside], dx=step, axis=1))
    return np.asarray(np.log(np.maximum(np.stack(bands, axis=1), _FLOOR)))
