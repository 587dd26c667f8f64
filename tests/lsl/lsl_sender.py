"""A headset that sends by LSL, as programs on the wearer's computer do."""

import time
from collections.abc import Callable, Sequence

import numpy as np
from mne_lsl import lsl
from numpy.typing import NDArray

SFREQ = 250.0
START = 1_000.0


class Sender:
    """Channel k counts its samples, plus 10,000 k; sample i is stamped exactly."""

    def __init__(
        self,
        name: str,
        ch_names: Sequence[str] = ("C3-M2", "EOG-L", "TRIG"),
        unit: str = "microvolts",
        sfreq: float = SFREQ,
        source_id: str = "one",
        dtype: str = "float32",
    ) -> None:
        self._info = lsl.StreamInfo(name, "EEG", len(ch_names), sfreq, dtype, source_id)
        if any(ch_names):
            self._info.set_channel_names(list(ch_names))
            self._info.set_channel_units(unit)
        self._n_channels, self._dtype = len(ch_names), dtype
        self.appear()

    def appear(self) -> None:
        self._outlet = lsl.StreamOutlet(self._info)

    def vanish(self) -> None:
        del self._outlet

    def send(self, first: int, stop: int) -> None:
        numbers = np.arange(first, stop)
        self.push(
            numbers[:, None] + 10_000.0 * np.arange(self._n_channels), START + numbers / SFREQ
        )

    def push(self, signal: NDArray[np.float64], stamps: NDArray[np.float64]) -> None:
        """Send any samples, shape (n, n_channels), with any stamps."""
        self._outlet.push_chunk(np.ascontiguousarray(signal, dtype=self._dtype), timestamp=stamps)


def counted(data: NDArray[np.float64], lost: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sample numbers that a receiver would give, from the first one's own."""
    numbers: NDArray[np.int64] = np.round(data[0, :1]).astype(np.int64) + np.cumsum(1 + lost) - 1
    return numbers


def wait_for(condition: Callable[[], object], timeout_s: float = 30.0) -> None:
    """Give real sockets time."""
    until = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"nothing happened for {timeout_s:g} s")
        time.sleep(0.02)
