"""A device whose every whim is a test's, and a host whose time stands still until it is told."""

from concurrent.futures import Future

import numpy as np

from monitor.domain.errors import SourceError
from monitor.domain.montage import Montage
from monitor.sources.link import Batch

SFREQ = 250.0


class FakeHost:
    """Does what it is asked at once; `hangs` leaves it undone until `finish`."""

    def __init__(self):
        self.now = 1000.0
        self.hangs = False
        self._waiting = []

    def clock(self):
        return self.now

    def chance(self):
        return 1.0

    def start(self, work):
        future = Future()
        self._waiting.append((work, future))
        if not self.hangs:
            self.finish()
        return future

    def finish(self):
        for work, future in self._waiting:
            try:
                future.set_result(work())
            except (SourceError, ZeroDivisionError) as error:
                future.set_exception(error)
        self._waiting.clear()


class FakeLink:
    """Sends what `send` was told; fails as `refuses` or `breaks` says."""

    sfreq = SFREQ
    once = False

    def __init__(self, rail_uv=None):
        self.montage = Montage.from_names(["C3-M2", "EOG-L"], rail_uv)
        self.refuses = self.breaks = ""
        self.n_connects = self.n_disconnects = 0
        self.marks = []
        self.kept = 0
        self._sent = 0
        self._batches = []

    def send(self, n_samples, lost=None, value=None):
        """Queue samples that count up, or stand still at `value`."""
        lost = np.zeros(n_samples, dtype=np.int64) if lost is None else np.asarray(lost)
        row = np.arange(self._sent, self._sent + n_samples, dtype=float)
        still = np.broadcast_to(np.asarray(0 if value is None else value, float), (2, n_samples))
        data = np.stack([row, -row]) if value is None else still
        self._sent += n_samples
        self._batches.append(Batch(data, lost))

    def connect(self):
        self.n_connects += 1
        if self.refuses:
            raise SourceError(self.refuses)

    def drain(self):
        if self.breaks:
            raise SourceError(self.breaks)
        batches, self._batches = self._batches, []
        empty = Batch(np.empty((2, 0)), np.empty(0, dtype=np.int64))
        batches = [empty, *batches]
        return Batch(np.hstack([b.data for b in batches]), np.hstack([b.lost for b in batches]))

    def flush(self):
        data, self.kept = np.ones((2, self.kept)), 0
        return Batch(data, np.zeros(data.shape[1], dtype=np.int64))

    def mark(self, code):
        self.marks.append(code)

    def disconnect(self):
        self.n_disconnects += 1
