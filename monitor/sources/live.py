"""A device that is connected, drained, and connected again for ever.

Nothing here waits: the host's background connects, and `LiveSource.read` looks what has become of
it. So a device that hangs, fails or vanishes stops neither the time nor the alarms, and every
sample it did not deliver is a `Gap`.
"""

import logging
from concurrent.futures import Future

import numpy as np
from numpy.typing import NDArray

from monitor.domain.errors import SourceError
from monitor.domain.events import Event
from monitor.domain.inputs import MAX_GAP_S, Chunk, Gap, Input
from monitor.sources.link import Batch, Host, Link
from monitor.sources.markers import marker_of

logger = logging.getLogger(__name__)

SILENT_S = 15.0
"""Seconds without a sample after which a device is connected anew. Until then it may go on by
itself with its losses counted exactly; SIGNAL_LOST is raised after as long."""

FROZEN_S = 10.0
"""Seconds for which every channel repeats one value, off its rail, after which a device is
connected anew: an amplifier's noise never stands still (flat: 10 s)."""

BURST_S = 0.5
"""Seconds by which the clock may be wrong about a sample: boards deliver in bursts."""

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
"""Bounds of the wait between attempts, which doubles [own choice]."""

STEADY_S = 60.0
"""Seconds of signal after which the next wait is the first again [own choice]."""

PACKETS_LOST = "packets lost"
CONNECTING = "connecting"


class LiveSource:
    """Everything a link sends, from the first look at it until it is closed.

    Parameters
    ----------
    link : Link
        The device.
    host : Host
        Lends clock and background.
    name : str
        What it is called in messages.
    """

    live = True
    n_samples: int | None = None

    def __init__(self, link: Link, host: Host, name: str) -> None:
        self.sfreq = link.sfreq
        self.montage = link.montage
        self.trouble = CONNECTING
        self._link = link
        self._host = host
        self._name = name
        self._attempt: Future[None] | None = None
        self._wait_s = FIRST_WAIT_S
        self._try_at = self._connected_at = self._heard_at = -np.inf
        self._position = 0
        self._place_at: float | None = None
        self._still = _Stillness(link)

    def read(self) -> list[Input]:
        """Return what has come; nothing while the device is silent or being connected."""
        now = self._host.clock()
        if self._place_at is None:
            self._place_at = now
        if self._attempt is None:
            self._try(now)
        elif self._attempt.done():
            return self._take(self._attempt, now)
        return []

    def seek(self, sample: int) -> None:
        """Go on from this sample, which is now."""
        self._position, self._place_at = sample, self._host.clock()

    def notify(self, event: Event) -> None:
        """Write cues and alarms into the device's own stream."""
        code = marker_of(event)
        if code is not None and self._is_open:
            self._link.mark(code)

    def close(self) -> None:
        """Let go of the device; waits until an attempt under way has ended."""
        self._host.start(self._link.disconnect).result()

    @property
    def _is_open(self) -> bool:
        attempt = self._attempt
        return attempt is not None and attempt.done() and attempt.exception() is None

    def _try(self, now: float) -> None:
        if now >= self._try_at:
            self._attempt = self._host.start(self._link.connect)
            self._connected_at = -np.inf

    def _take(self, attempt: Future[None], now: float) -> list[Input]:
        """See what came of an attempt, and what has come since."""
        try:
            attempt.result()
            if self._connected_at < 0:
                self._connected_at = self._heard_at = now
                self._still = _Stillness(self._link)
                logger.info("%s: connected", self._name)
            return self._hear(self._link.drain(), now)
        except SourceError as error:
            self._lose(str(error), now)
            return self._place_rest(self._link.flush())

    def _hear(self, batch: Batch, now: float) -> list[Input]:
        """Place what came; give the device up when it has been silent or frozen for too long."""
        n_new = batch.data.shape[1]
        if n_new == 0:
            if now - self._heard_at > SILENT_S:
                raise SourceError(f"no sample for {SILENT_S:g} s")
            return []
        items = [*self._bridge(n_new, now), *self._place(batch)]
        self._heard_at = self._place_at = now
        if now - self._connected_at > STEADY_S:
            self._wait_s = FIRST_WAIT_S
        if self._still.push(batch.data) >= FROZEN_S * self.sfreq:
            self._lose(f"every channel has stood still for {FROZEN_S:g} s", now)
        return items

    def _bridge(self, n_new: int, now: float) -> list[Input]:
        """Bridge the time without a connection by the clock, which is all there is to go by."""
        if not self.trouble or self._place_at is None:
            return []
        passed = min((now - self._place_at) * self.sfreq, MAX_GAP_S * self.sfreq)
        n_lost, cause = round(passed) - n_new, self.trouble
        self.trouble = ""
        return [self._gap(n_lost, cause)] if n_lost > BURST_S * self.sfreq else []

    def _place(self, batch: Batch) -> list[Input]:
        """Cut a batch at its losses."""
        items: list[Input] = []
        n_samples = len(batch.lost)
        starts = np.union1d(0, np.flatnonzero(batch.lost)).tolist()
        for first, stop in zip(starts, [*starts[1:], n_samples], strict=True):
            if n_lost := int(batch.lost[first]):
                items.append(self._gap(n_lost, PACKETS_LOST))
            items.append(Chunk(batch.data[:, first:stop], self._position))
            self._position += stop - first
        return items

    def _place_rest(self, rest: Batch) -> list[Input]:
        """Place what was held back; the time it stands for is not bridged once more."""
        before = self._position
        items = self._place(rest) if rest.lost.size else []
        if self._place_at is not None:
            self._place_at += (self._position - before) / self.sfreq
        return items

    def _gap(self, n_samples: int, cause: str) -> Gap:
        gap = Gap(self._position, n_samples, cause)
        self._position += n_samples
        return gap

    def _lose(self, why: str, now: float) -> None:
        """Let go of it, and have it connected anew after a while, never quite the same."""
        self._host.start(self._link.disconnect)
        wait = self._wait_s * (1 + self._host.chance()) / 2
        level = logging.DEBUG if why == self.trouble else logging.WARNING
        logger.log(level, "%s: %s; trying again in %.1f s", self._name, why, wait)
        self.trouble = why
        self._attempt, self._try_at = None, now + wait
        self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)


class _Stillness:
    """For how many samples every channel has kept its value; at a rail it may."""

    def __init__(self, link: Link) -> None:
        rails = [np.inf if c.rail_uv is None else c.rail_uv for c in link.montage.channels]
        self._rails = 0.99 * np.array(rails)
        self._value = np.full(len(rails), np.nan)
        self._count = 0

    def push(self, data: NDArray[np.float64]) -> int:
        """Return the count after these samples, shape (n_channels, n_samples)."""
        moved = np.flatnonzero((data != self._value[:, None]).any(axis=0))
        self._value = data[:, -1]
        railed = bool((np.abs(self._value) >= self._rails).any())
        self._count = 0 if railed or moved.size else self._count + data.shape[1]
        return self._count
