"""How well an electrode touches, second by second."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


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
    """

    at: float
    contact: NDArray[np.int8]
