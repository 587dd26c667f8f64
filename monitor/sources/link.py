"""What a live source is made of: a link to a device, and the program that runs it.

A link only opens, drains and closes, and may block; `monitor.sources.live` decides when, without a
clock or a thread of its own: a host lends it both.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from monitor.domain.montage import Montage

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Samples as a device delivered them, each received once.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_samples)
        Signal in µV.
    lost : ndarray of int, shape (n_samples,)
        How many samples the device sent before each and were never received; 0 before the first
        of a connection.
    """

    data: NDArray[np.float64]
    lost: NDArray[np.int64]


class Link(Protocol):
    """A device or stream that sends samples at a steady rate while it is connected.

    Attributes
    ----------
    sfreq : float
        Sampling rate in Hz, known before it is connected.
    montage : Montage
        The rows of every batch.
    once : bool
        It replays a recording: when it has fallen silent, that was the end.
    """

    sfreq: float
    montage: Montage
    once: bool

    @property
    def same(self) -> dict[str, str]:
        """Options with which another link takes the very same device, beside those it was given."""

    def connect(self) -> None:
        """Open the device and have it send; may take seconds.

        Raises
        ------
        SourceError
            When it cannot; says what to do.
        """

    def drain(self) -> Batch:
        """Return what has come since, never waiting for more.

        Raises
        ------
        SourceError
            When nothing will come any more without a new connection.
        """

    def flush(self) -> Batch:
        """Return what `drain` has held back to tell the losses before it; nothing will follow."""

    def mark(self, code: float) -> None:
        """Write a marker into the device's own stream, where it can take one."""

    def impedances(self, wait: Callable[[float], object]) -> dict[str, float]:
        """Measure the electrodes' impedances; `wait` lets so many seconds pass.

        Returns
        -------
        dict of str to float
            In kΩ by channel name; what the device does not measure is left out.

        Raises
        ------
        SourceError
            When it measures none.
        """

    def disconnect(self) -> None:
        """Let go of the device, whatever state it is in; may take seconds, never fails."""


class Host(Protocol):
    """What the program that runs a live source lends it."""

    def clock(self) -> float:
        """Return monotonic seconds."""

    def start(self, work: Callable[[], T]) -> Future[T]:
        """Have something done in the background; what is started first is done first."""

    def chance(self) -> float:
        """Return a random number from 0 to 1, so that not all boards try again at once."""
