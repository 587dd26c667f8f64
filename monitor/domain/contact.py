"""How well an electrode touches, and what the EEG shows, second by second."""

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

SWING_S = 300
"""Over how many seconds the median peak-to-peak is taken (alarm specification)."""


class Contact(IntEnum):
    """State of one channel over one second; only ``GOOD`` signal is ever used."""

    GOOD = 0
    MISSING = 1
    RAILED = 2
    FLAT = 3
    NOISE = 4
    DISCONNECTED = 5


@dataclass(frozen=True, slots=True, eq=False)
class Second:
    """What one second of signal says about the electrodes.

    Parameters
    ----------
    at : float
        End of the second, in seconds of Unix time.
    contact : ndarray of int8, shape (n_channels,)
        A `Contact` value for each channel.
    suppression, swing_uv : float
        What `Activity` says of it; NaN where it is not known.
    """

    at: float
    contact: NDArray[np.int8]
    suppression: float = math.nan
    swing_uv: float = math.nan


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """What the EEG channels with good contact and a calibrated amplitude have lately shown.

    Parameters
    ----------
    suppression : ndarray, shape (n_seconds,)
        Share of the last minute in which the least suppressed of them was silent, 0 to 1; NaN
        where it is not known.
    swing_uv : ndarray, shape (n_seconds,)
        Median peak-to-peak of a second over the last five minutes of the largest of them, µV; NaN
        where it is not known.
    """

    suppression: NDArray[np.float64]
    swing_uv: NDArray[np.float64]

    def at(self, second: int) -> tuple[float, float]:
        """Return both measures of one second."""
        return float(self.suppression[second]), float(self.swing_uv[second])

    @classmethod
    def unknown(cls, n_seconds: int) -> "Activity":
        """Say nothing of so many seconds."""
        return cls(np.full(n_seconds, np.nan), np.full(n_seconds, np.nan))
