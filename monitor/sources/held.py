"""Samples that wait until it is clear how many were lost before them."""

import numpy as np
from numpy.typing import NDArray

from monitor.sources.link import Batch

MAX_UV = 1e9
"""Beyond any amplifier: a kilovolt. What a file or stream gives beyond it is no signal."""


class Held:
    """Holds samples back until a counter has decided about them.

    What is given out is at most `MAX_UV`: NaN, as where it is missing, stands for all beyond.

    Parameters
    ----------
    n_channels : int
        Rows of the signal.
    """

    def __init__(self, n_channels: int) -> None:
        self._data = np.empty((n_channels, 0))

    def push(self, data: NDArray[np.float64], lost: NDArray[np.int64]) -> Batch:
        """Take samples, and give out those that are decided.

        Parameters
        ----------
        data : ndarray, shape (n_channels, n_samples)
            The next samples in µV.
        lost : ndarray of int, shape (n_decided,)
            What was lost before each of the first that are held; -1 for one that is left out.
        """
        plausible = np.where(np.abs(data) <= MAX_UV, data, np.nan)
        self._data = np.concatenate([self._data, plausible], axis=1)
        return self.release(lost)

    def release(self, lost: NDArray[np.int64]) -> Batch:
        """Give out those that are decided; no sample has come."""
        data, self._data = self._data[:, : len(lost)], self._data[:, len(lost) :]
        new = lost >= 0
        return Batch(data, lost) if new.all() else Batch(data[:, new], lost[new])
