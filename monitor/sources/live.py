"""A device that is connected, drained, and connected again for ever.

Nothing here waits: the host's background connects, and `LiveSource.read` looks what has become of
it. So a device that hangs, fails or vanishes stops neither the time nor the alarms, and every
sample it did not deliver is a `Gap`.
"""

import logging
from concurrent.futures import Future, wait

import numpy as np
from numpy.typing import NDArray

from monitor.domain.errors import SourceError
from monitor.domain.events import Event
from monitor.domain.inputs import MAX_GAP_S, Chunk, Gap, Input
from monitor.sources.link import Batch, Host, Link
from monitor.sources.loss import MAX_DRIFT, PACKETS_LOST
from monitor.sources.markers import marker_of

logger = logging.getLogger(__name__)

SILENT_S = 15.0
"""Seconds without a sample after which a device is connected anew. Until then it may go on by
itself with its losses counted exactly; SIGNAL_LOST is raised after as long."""

FROZEN_S = 10.0
"""Seconds for which every channel repeats one value, one of them off its rail, after which a device
is connected anew: an amplifier's noise never stands still (flat: 10 s)."""

BURST_S = 0.5
"""Seconds by which the clock may be wrong about a sample: boards deliver in bursts."""

SLACK_S = 3.0
"""Seconds of lost samples for which there may seem to be no time: what was held back for a second,
late bursts. More is the computer's clock being set, by which losses are counted [own choice]."""

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
"""Bounds of the wait between attempts, which doubles [own choice]."""

STEADY_S = 60.0
"""Seconds of signal after which the next wait is the first again [own choice]."""

CLOSE_AGAIN_S = 0.1
"""Seconds between two attempts to end what is under way [own choice]."""

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
        self._try_at = self._heard_at = -np.inf
        self._connected_at: float | None = None
        self._position = 0
        self._place_at: float | None = None
        self._still = _Stillness(link)
        self._ended = False

    def read(self) -> list[Input] | None:
        """Return what has come; nothing while the device is silent or being connected.

        None at the end of what is only a replay.
        """
        if self._ended:
            return None
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
        """Let go of the device, even while it is being connected."""
        last = self._host.start(self._link.disconnect)
        while wait([last], timeout=CLOSE_AGAIN_S).not_done:
            self._link.disconnect()

    @property
    def _is_open(self) -> bool:
        attempt = self._attempt
        return attempt is not None and attempt.done() and attempt.exception() is None

    def _try(self, now: float) -> None:
        if now >= self._try_at:
            self._attempt = self._host.start(self._link.connect)
            self._connected_at = None

    def _take(self, attempt: Future[None], now: float) -> list[Input]:
        """See what came of an attempt, and what has come since."""
        if error := attempt.exception():
            self._lose(str(error) or type(error).__name__, now)
            return []
        if self._connected_at is None:
            self._connected_at = self._heard_at = now
            self._still.begin()
            logger.info("%s: connected", self._name)
        try:
            return self._hear(self._link.drain(), now)
        except SourceError as error:
            rest = self._place_rest(self._link.flush())
            self._lose(str(error), now)
            self._ended = self._link.once
            return rest

    def _hear(self, batch: Batch, now: float) -> list[Input]:
        """Place what came; give the device up when it has been silent or frozen for too long."""
        n_new = batch.data.shape[1]
        if n_new == 0:
            if now - self._heard_at > SILENT_S:
                raise SourceError(f"no sample for {SILENT_S:g} s")
            return []
        items = [*self._bridge(n_new, now), *self._place(self._checked(batch, now))]
        self._heard_at = self._place_at = now
        if self._connected_at is not None and now - self._connected_at > STEADY_S:
            self._wait_s = FIRST_WAIT_S
        if self._still.push(batch.data):
            items += self._place_rest(self._link.flush())
            self._lose(f"every channel has stood still for {FROZEN_S:g} s", now)
        return items

    def _checked(self, batch: Batch, now: float) -> Batch:
        """Forget losses for which there was no time: the computer's clock was set forward."""
        room = (now - self._heard_at) * self.sfreq * (1 + MAX_DRIFT) + SLACK_S * self.sfreq
        n_lost = int(batch.lost.sum())
        if n_lost + batch.lost.size <= room:
            return batch
        logger.warning("%s: no time for %d lost samples: was the clock set?", self._name, n_lost)
        return Batch(batch.data, np.zeros_like(batch.lost))

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
        pause = self._wait_s * (1 + self._host.chance()) / 2
        level = logging.DEBUG if why == self.trouble else logging.WARNING
        logger.log(level, "%s: %s; trying again in %.1f s", self._name, why, pause)
        self.trouble = why
        self._attempt, self._try_at = None, now + pause
        self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)


class _Stillness:
    """For how many samples no channel has moved, though one at least is off its rail.

    It is told once: a device that stands still after it was connected anew is simply so.
    """

    def __init__(self, link: Link) -> None:
        rails = [np.inf if c.rail_uv is None else c.rail_uv for c in link.montage.channels]
        self._rails = 0.99 * np.array(rails)
        self._longest = FROZEN_S * link.sfreq
        self._value = np.full(len(rails), np.nan)
        self._count = 0
        self._told = False

    def begin(self) -> None:
        """Count from here: the device has just been connected."""
        self._count = 0

    def push(self, data: NDArray[np.float64]) -> bool:
        """Take samples, shape (n_channels, n_samples); tell whether it has been for too long."""
        moved = bool((data != self._value[:, None]).any())
        self._value = data[:, -1]
        self._count = 0 if moved else self._count + data.shape[1]
        self._told = self._told and not moved
        off_rail = bool((np.abs(self._value) < self._rails).any())
        frozen = off_rail and not self._told and self._count >= self._longest
        self._told = self._told or frozen
        return frozen
