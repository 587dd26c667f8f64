"""An emulated board that numbers its samples and remembers when it sent them."""

import time
from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from monitor.domain.inputs import Chunk
from monitor.sources.spec import open_source, parse_spec
from tests.cyton.emulator import CytonEmulator
from tests.cyton.protocol import to_counts, to_microvolts

KINDS = {"cyton": (8, 250.0), "cyton-daisy": (16, 125.0)}
"""Kinds of boards: how many channels they have, and at what rate in Hz."""

COUNT = "COUNT"
"""What the channel is called that numbers the samples, the last of the board's."""

PERIOD = 2**19
"""Samples after which the numbers begin again; no outage is as long (35 min at 250 Hz)."""

_STEP, _LOWEST = 16, -(2**22)
_NIGHT_HOURS = 0.5


class Bed:
    """A dreamer with a board, and what goes wrong with it.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    number : int
        Of the bed; also the seed of the night that its board plays, again and again.
    script : str
        Faults, see `tests.cyton.script`.
    """

    def __init__(self, kind: str, number: int, script: str) -> None:
        self.kind, self.dreamer, self.script = kind, f"bed-{number}", script
        self._n_channels, sfreq = KINDS[kind]
        self.signal = Numbered(self._n_channels, _night(number, sfreq))
        self.board = CytonEmulator(self.signal, script, daisy=kind == "cyton-daisy")

    @property
    def spec(self) -> str:
        """The source as a service is given it."""
        channels = f"1:C3-M2,2:C4-M1,3:EOG-L,{self._n_channels}:{COUNT}"
        return (
            f"board:{self.kind}?port={self.board.port}&channels={channels}&dreamer={self.dreamer}"
        )


class Numbered:
    """A night's EEG on the first channels, the samples' numbers on the last.

    Parameters
    ----------
    n_channels : int
        Of the board.
    night : ndarray, shape (n_night_channels, n_samples)
        In µV; played without end.
    """

    def __init__(self, n_channels: int, night: NDArray[np.float64]) -> None:
        self._n_channels, self._night = n_channels, night
        self._stops: list[int] = []
        self._times: list[float] = []

    def __call__(self, start: int, stop: int) -> NDArray[np.float64]:
        """Give samples to the board, which sends them now."""
        self._stops.append(stop)
        self._times.append(time.monotonic())
        numbers = np.arange(start, stop)
        rows = np.zeros((self._n_channels, len(numbers)))
        rows[: len(self._night)] = self._night[:, numbers % self._night.shape[1]]
        rows[-1] = to_microvolts(numbers % PERIOD * _STEP + _LOWEST)
        return rows

    def sent_at(self, number: int) -> float:
        """Return when a sample was sent, in monotonic seconds."""
        return self._times[bisect_right(self._stops, number)]


def numbers_of(microvolts: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the samples' numbers modulo `PERIOD`, shape (n,); -1 where there is none (NaN)."""
    missing = np.isnan(microvolts)
    counts = to_counts(np.where(missing, 0.0, microvolts))
    return np.where(missing, -1, (counts - _LOWEST) // _STEP)


def _night(seed: int, sfreq: float) -> NDArray[np.float64]:
    source = open_source(
        parse_spec(f"sim:?seed={seed}&hours={_NIGHT_HOURS}&sfreq={sfreq:g}&speed=0")
    )
    chunks: list[NDArray[np.float64]] = []
    while (items := source.read()) is not None:
        chunks += [item.data[:3] for item in items if isinstance(item, Chunk)]
    return np.hstack(chunks)
