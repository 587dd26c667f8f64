"""Taking mains out of a second of signal."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from monitor.signal.seconds import MAINS_HZ


def without_mains(seconds: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return each second less the mains that fits it best, beside a drift.

    Parameters
    ----------
    seconds : ndarray, shape (n_seconds, n_samples)
        One whole second a row.
    """
    fit, hum = _mains(seconds.shape[1])
    return np.asarray(seconds - ((seconds[:, None, :] @ fit) @ hum)[:, 0])


@cache
def _mains(n_samples: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what takes a second to the amplitudes of mains, and these back to a second.

    One matrix product a row, so that rounding knows no other row.
    """
    t = np.arange(n_samples) / n_samples
    freqs = np.array([freq for freq in MAINS_HZ if freq < n_samples / 2 - 1])
    phase = 2 * np.pi * freqs[:, None] * t
    hum = np.vstack([np.cos(phase), np.sin(phase)])
    drift = (2 * t - 1) ** np.arange(3)[:, None]
    fit = np.linalg.pinv(np.vstack([drift, hum]))
    return fit[:, len(drift) :], hum
