"""The whole path from an emulated board to a session, faster than life."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from monitor.domain.inputs import Chunk, Gap, Input
from monitor.sources import board, live
from monitor.sources.board import BoardLink, open_board
from monitor.sources.live import LiveSource
from service.host import ThreadHost
from tests.cyton.emulator import CytonEmulator
from tests.cyton.protocol import to_counts

CHANNELS = "1:C3-M2,2:C4-M1,3:EOG-L"


NUMBERED = 8
"""The channel whose counts number the samples, as in `tests.cyton.signal.numbered`."""

PATIENCE = 10.0
"""How much longer than in life a device may be silent, where a busy computer must not matter."""


class BoardTime(board.Shim):
    """The driver, its stamps replaced by the board's own time, as a prompt computer reads it.

    A computer that is busy for a moment would be busy for half a minute of the board's time.
    """

    def get_board_data(self) -> np.ndarray:
        rows = super().get_board_data()
        kind = self.get_board_id()
        counts = to_counts(rows[self.get_eeg_channels(kind)][NUMBERED - 1])
        numbers = (counts + 2**22 - (NUMBERED - 1)) / 16
        rows[self.get_timestamp_channel(kind)] = numbers / self.get_sampling_rate(kind)
        return rows


@contextmanager
def fast_time(speed: float, patience: float = 1.0) -> Iterator[ThreadHost]:
    """Have the board's and the host's seconds pass so many times faster."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(board, "Shim", BoardTime)
        patch.setattr(live, "SILENT_S", patience * live.SILENT_S)
        patch.setattr(live, "SLACK_S", speed * live.SLACK_S)  # the board catches up with the clock
        yield ThreadHost("test", clock=lambda: time.monotonic() * speed)


def link_to(emulator: CytonEmulator, channels: str = CHANNELS, name: str = "cyton") -> BoardLink:
    return open_board(name, {"port": str(emulator.port), "channels": channels})


@contextmanager
def watched(
    emulator: CytonEmulator, patience: float = PATIENCE, **options: str
) -> Iterator[LiveSource]:
    """Watch an emulated board at the emulator's speed."""
    with fast_time(emulator.speed, patience) as host:
        source = LiveSource(link_to(emulator, **options), host, "bed-7")
        try:
            yield source
        finally:
            source.close()


def read_until(source: LiveSource, done, within_s: float = 30.0) -> list[Input]:
    """Read until `done` holds; what came."""
    items: list[Input] = []
    deadline = time.monotonic() + within_s
    while not done(items):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within_s} s; {source.trouble or 'connected'}")
        items += source.read()
        time.sleep(0.002)
    return items


def gaps(items: list[Input]) -> list[tuple[int, str]]:
    return [(i.n_samples, i.cause) for i in items if isinstance(i, Gap)]


def signal_of(items: list[Input]) -> np.ndarray:
    return np.hstack([i.data for i in items if isinstance(i, Chunk)])


def number_of(chunk, channel=0):
    """Return the number that `tests.cyton.signal.numbered` gave each sample."""
    return (to_counts(chunk.data)[channel] + 2**22 - channel) // 16
