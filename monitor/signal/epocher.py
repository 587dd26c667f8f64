"""Gathering seconds into epochs of thirty."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.domain.epoch import Epoch
from monitor.domain.stage import EPOCH_S
from monitor.signal.frames import Frames


class Epocher:
    """Collects filtered seconds and hands on whole epochs, counted from the session's start."""

    def __init__(self) -> None:
        self._index = 0
        self._held: list[NDArray[np.float64]] = []
        self._held_s = 0

    def push(self, frames: Frames) -> list[Epoch]:
        """Take filtered seconds, give back every epoch now complete."""
        epochs = []
        first = 0
        while frames.n_seconds - first >= EPOCH_S - self._held_s:
            last = first + EPOCH_S - self._held_s
            self._hold(frames, first, last)
            epochs.append(Epoch(self._index, np.concatenate(self._held, axis=1)))
            self._index += 1
            self._held, self._held_s = [], 0
            first = last
        self._hold(frames, first, frames.n_seconds)
        return epochs

    def _hold(self, frames: Frames, first: int, last: int) -> None:
        if last > first:
            self._held.append(frames.data[:, frames.edges[first] : frames.edges[last]])
            self._held_s += last - first

    def snapshot(self) -> dict[str, Any]:
        """Everything the next push depends on."""
        held = np.concatenate(self._held, axis=1) if self._held else np.empty((0, 0))
        return {"index": self._index, "held_s": self._held_s, "held": held}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        self._index = int(snapshot["index"])
        self._held_s = int(snapshot["held_s"])
        self._held = [np.array(snapshot["held"], dtype=np.float64)] if self._held_s else []
