"""Cutting the stream at whole seconds, so that nothing downstream can depend on the chunks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Some whole seconds of signal.

    Parameters
    ----------
    first_second : int
        Number of the first second since the session's start.
    edges : ndarray of int, shape (n_seconds + 1,)
        Where in `data` each second begins; the last edge is the end.
    data : ndarray, shape (n_channels, n_samples)
        Signal in µV; NaN where it is missing.
    artefacts : ndarray of uint16, shape (n_seconds, n_channels)
        `Artefact` flags found so far.
    """

    first_second: int
    edges: NDArray[np.intp]
    data: NDArray[np.floating]
    artefacts: NDArray[np.uint16]

    @property
    def n_seconds(self) -> int:
        """How many whole seconds these are; may be 0."""
        return len(self.edges) - 1

    def cut(self, first: int, last: int) -> "Frames":
        """Return seconds `first` to before `last`, as numbered from the session's start."""
        begin, end = first - self.first_second, last - self.first_second
        edges = self.edges[begin : end + 1]
        data = self.data[:, edges[0] : edges[-1]]
        return Frames(first, edges - edges[0], data, self.artefacts[begin:end])

    def then(self, later: "Frames") -> "Frames":
        """Join these seconds and those that follow them."""
        return Frames(
            self.first_second,
            np.concatenate([self.edges, self.edges[-1] + later.edges[1:]]),
            np.concatenate([self.data, later.data], axis=1),
            np.concatenate([self.artefacts, later.artefacts]),
        )

    def stacks(self) -> Iterator[tuple[NDArray[np.intp], NDArray[np.floating]]]:
        """Give the seconds of each length that occurs: their numbers, and their signal.

        The signal has shape (n_channels, n, length); at fractional rates two lengths occur.
        """
        lengths = np.diff(self.edges)
        if len(lengths) and (lengths == lengths[0]).all():  # then no sample need be copied
            shape = len(self.data), len(lengths), -1
            yield np.arange(len(lengths)), self.data.reshape(shape)
            return
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            windows = np.lib.stride_tricks.sliding_window_view(self.data, length, axis=1)
            yield rows, windows[:, self.edges[rows]]


def second_edges(first: int, last: int, sfreq: float) -> NDArray[np.intp]:
    """First sample of each second from `first` to `last` inclusive, at any sampling rate.

    Where sfreq is no whole number, seconds differ by one sample and never drift.
    """
    return np.asarray(np.floor(np.arange(first, last + 1) * sfreq + 0.5), dtype=np.intp)


def spells(rows: NDArray[np.generic], cuts: Iterable[int] = ()) -> Iterator[tuple[int, int]]:
    """Give the stretches of equal rows, from the first to before the last, cut at `cuts` too."""
    changes = np.flatnonzero((rows[1:] != rows[:-1]).any(axis=1)) + 1
    return pairwise(sorted({0, *changes.tolist(), *cuts, len(rows)}))


class Framer:
    """Collects samples and hands on whole seconds.

    Parameters
    ----------
    n_channels : int
        Rows of the signal.
    sfreq : float
        Sampling rate in Hz.
    """

    def __init__(self, n_channels: int, sfreq: float) -> None:
        self.sfreq = sfreq
        self.position = 0
        self._second = 0
        self._tail: NDArray[np.float64] = np.empty((n_channels, 0))

    def push(self, data: NDArray[np.float64]) -> Frames:
        """Take samples of shape (n_channels, n_samples), give back every second now complete."""
        start = self.position - self._tail.shape[1]
        self.position += data.shape[1]
        signal = np.concatenate([self._tail, data], axis=1) if self._tail.size else data
        edges = second_edges(self._second, int(self.position / self.sfreq) + 1, self.sfreq)
        edges = edges[edges <= self.position] - start
        self._tail = signal[:, edges[-1] :].copy()
        unjudged = np.zeros((len(edges) - 1, len(data)), dtype=np.uint16)
        frames = Frames(self._second, edges, signal[:, : edges[-1]], unjudged)
        self._second += frames.n_seconds
        return frames

    def snapshot(self) -> dict[str, Any]:
        """Everything the next push depends on."""
        return {"position": self.position, "second": self._second, "tail": self._tail}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        self.position = int(snapshot["position"])
        self._second = int(snapshot["second"])
        self._tail = np.asarray(snapshot["tail"], dtype=np.float64)
