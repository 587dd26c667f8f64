"""The signal itself, for those who look at it now: decimated, bounded, gone when nobody does.

A value is the mean of a block of samples, which begins at a multiple of the block's length; where
one of them is missing there is none. The signal is as it came: unfiltered, with its offset. A mean
of 20 ms takes 50 Hz out and leaves 16 % of 60 Hz, which then looks like 10 Hz.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.domain.config import SessionConfig
from monitor.domain.inputs import Chunk, Gap, Input
from service.entries import SIGNAL, Telemetry, telemetry

TRACE_HZ = 50.0
"""About how many values a second there are [own choice]: enough to see waves of up to 15 Hz."""

EVERY_S = 1.0
"""Shortest time between two messages of a dreamer, by the wall clock."""

HELD_S = 10.0
"""Longest stretch that one message holds: the newest, when more has come since the one before."""


class Traces:
    """Makes telemetry of what a session is pushed.

    Parameters
    ----------
    config : SessionConfig
        Whose signal it is.
    is_seen : callable
        Whether anybody looks now; while nobody does, nothing is held.
    """

    def __init__(self, config: SessionConfig, is_seen: Callable[[], bool]) -> None:
        self._config = config
        self._is_seen = is_seen
        self._block = max(1, round(config.sfreq / TRACE_HZ))
        self._limit = int(HELD_S * config.sfreq)
        self._held: deque[NDArray[np.float64]] = deque()
        self._end = 0
        self._told_at = -np.inf

    def push(self, item: Input, now: float) -> Telemetry | None:
        """Take what came; return a message when one is due.

        Parameters
        ----------
        now : float
            Monotonic seconds of the wall clock.
        """
        if not isinstance(item, Chunk | Gap):
            return None
        if not self._is_seen():
            self._held.clear()
            return None
        self._hold(item)
        if now < self._told_at + EVERY_S:
            return None
        return self._tell(now)

    def _hold(self, item: Chunk | Gap) -> None:
        """Keep the newest; of a long chunk or gap its end."""
        if self._end != item.first_sample:
            self._held.clear()
        self._end = item.first_sample + item.n_samples
        kept = min(item.n_samples, self._limit)
        lost = np.full((len(self._config.montage.channels), kept), np.nan)
        came = item.data[:, item.n_samples - kept :] if isinstance(item, Chunk) else lost
        self._held.append(came)
        while self._n_held - self._held[0].shape[1] >= self._limit:
            self._held.popleft()

    @property
    def _n_held(self) -> int:
        return sum(piece.shape[1] for piece in self._held)

    def _tell(self, now: float) -> Telemetry | None:
        """Tell of all whole blocks that are held; what is left waits for the next message."""
        data = np.concatenate(self._held, axis=1)[:, -self._limit :]
        first = self._end - data.shape[1]
        begin, end = -(-first // self._block), self._end // self._block
        if end <= begin:
            return None
        cut = end * self._block - first
        blocks = data[:, begin * self._block - first : cut]
        with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is missing
            means = blocks.reshape(len(blocks), -1, self._block).mean(axis=2)
        self._held = deque([data[:, cut:].copy()])
        self._told_at = now
        return self._message(begin, means)

    def _message(self, begin: int, means: NDArray[np.float64]) -> Telemetry:
        config, block = self._config, self._block
        end = (begin + means.shape[1]) * block
        data: dict[str, Any] = {
            "session": config.session,
            "first_sample": begin * block,
            "samples_per_value": block,
            "sfreq": config.sfreq / block,
            "ch_names": list(config.montage.ch_names),
            "data": [[_written(value) for value in row] for row in means.tolist()],
        }
        return telemetry(SIGNAL, config.start + end / config.sfreq, data, config.dreamer)


def _written(value: float) -> float | None:
    return round(value, 1) if np.isfinite(value) else None
