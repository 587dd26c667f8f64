"""How session time and the clock go together: when a sample is due, which one is due now."""

import math

MAX_BEHIND_S = 1.0
"""Seconds late from which a replay no longer catches up but goes on from where it is."""


class Pace:
    """Session time at `speed` times the clock's.

    Parameters
    ----------
    sfreq : float
        Samples per second of session time.
    speed : float
        Seconds of session time per second of the clock; 0 means no waiting at all.
    """

    def __init__(self, sfreq: float, speed: float) -> None:
        self._rate = sfreq * speed if speed else math.inf
        self._sample = 0
        self._now = 0.0

    def anchor(self, sample: int, now: float) -> None:
        """Say that `sample` is due now, `now` being the clock's reading in seconds."""
        self._sample, self._now = sample, now

    def wait_s(self, sample: int, now: float) -> float:
        """Return the seconds until `sample` is due; when far too late, time starts anew from it."""
        wait = self._now + (sample - self._sample) / self._rate - now
        if wait < -MAX_BEHIND_S:
            self.anchor(sample, now)
        return max(0.0, wait)

    def sample(self, now: float) -> int:
        """Return the sample that is due now, where there is a speed."""
        return self._sample + int((now - self._now) * self._rate)
