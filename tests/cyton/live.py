"""The whole path from an emulated board to a session, faster than life."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from monitor.domain.inputs import Chunk, Gap, Input
from monitor.sources import board
from monitor.sources.board import BoardLink, open_board
from monitor.sources.live import LiveSource
from service.host import ThreadHost
from tests.cyton.emulator import CytonEmulator

CHANNELS = "1:C3-M2,2:C4-M1,3:EOG-L"


class _FastCounter:
    """Counts by the board's time, which the driver's stamps run behind of."""

    def __init__(self, counter, speed):
        self._counter, self._speed = counter, speed
        self.flush = counter.flush

    def push(self, ids, times):
        return self._counter.push(ids, times * self._speed)


@contextmanager
def fast_time(speed: float) -> Iterator[ThreadHost]:
    """Have the board's and the host's seconds pass so many times faster."""
    counter_of = board.counter_of
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(board, "counter_of", lambda *args: _FastCounter(counter_of(*args), speed))
        yield ThreadHost("test", clock=lambda: time.monotonic() * speed)


def link_to(emulator: CytonEmulator, channels: str = CHANNELS, name: str = "cyton") -> BoardLink:
    return open_board(name, {"port": str(emulator.port), "channels": channels})


@contextmanager
def watched(emulator: CytonEmulator, **options: str) -> Iterator[LiveSource]:
    """Watch an emulated board at the emulator's speed."""
    with fast_time(emulator.speed) as host:
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
