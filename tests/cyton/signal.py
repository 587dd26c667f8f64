"""What an emulated board plays: anything that gives µV for a range of sample numbers."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tests.cyton.protocol import to_microvolts


class Signal(Protocol):
    """Gives samples `start` to `stop` (excluded), shape (n_channels, up to as many), in µV.

    Fewer than asked for: the board has no more and falls silent.
    """

    def __call__(self, start: int, stop: int) -> NDArray[np.float64]: ...


def played(microvolts: NDArray[np.float64]) -> Signal:
    """Play a recording once, then be silent."""
    return lambda start, stop: microvolts[:, start:stop]


def looped(microvolts: NDArray[np.float64]) -> Signal:
    """Play a recording again and again."""
    return lambda start, stop: microvolts[:, np.arange(start, stop) % microvolts.shape[1]]


def numbered(n_channels: int, n_samples: int) -> Signal:
    """Play so many samples that all differ: each channel's counts tell sample and channel."""
    return lambda start, stop: to_microvolts(
        np.arange(start, min(stop, n_samples)) * 16 + np.arange(n_channels)[:, None] - 2**22
    )
