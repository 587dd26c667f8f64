"""What faults make of the packets of a stretch of samples, without thread or port."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tests.cyton.protocol import CHANNELS, FULL_SCALE, WRONG_STOP, packets
from tests.cyton.script import Fault

LOST = {"drop", "mute", "half", "stuck", "stop"}
"""Faults of which no sample arrives whole."""


class Radio:
    """Turns samples into the bytes that reach the computer.

    Parameters
    ----------
    daisy : bool
        A sample is two packets, the Daisy's first.
    """

    def __init__(self, *, daisy: bool) -> None:
        self._per_sample = 2 if daisy else 1
        self._frozen: dict[Fault, NDArray[np.int64]] = {}
        self._last = b""

    def send(self, number: int, counts: NDArray[np.int64], faults: Iterable[Fault]) -> bytes:
        """Return the bytes of samples from `number` (of this stream) on, counts (n_channels, n)."""
        by_kind = {fault.kind: fault for fault in faults}
        out = self._packets(number, self._distorted(counts, by_kind))
        if "stop" in by_kind:
            out[:, :, -1] = WRONG_STOP
        if "half" in by_kind:
            out = out[:, 1:]
        if "duplicate" in by_kind:
            out = np.repeat(out, 2, axis=0)
        if "stuck" in by_kind:
            return (self._last or out[0].tobytes()) * len(out)
        if {"drop", "mute"} & by_kind.keys():
            return b""
        self._last = out[-1].tobytes()
        return out.tobytes()

    def _distorted(self, counts: NDArray[np.int64], by_kind: dict[str, Fault]) -> NDArray[np.int64]:
        out = counts.copy()
        if fault := by_kind.get("freeze"):
            out[:] = self._frozen.setdefault(fault, counts[:, :1])
        if fault := by_kind.get("rail"):
            out[fault.channel - 1] = FULL_SCALE
        return out

    def _packets(self, number: int, counts: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return shape (n_samples, packets a sample, 33)."""
        ids = (number + np.arange(counts.shape[1])) * self._per_sample
        boards = [counts[at : at + CHANNELS] for at in range(0, len(counts), CHANNELS)]
        halves = [packets(ids + i, board) for i, board in enumerate(reversed(boards))]
        return np.stack(halves, axis=1)
