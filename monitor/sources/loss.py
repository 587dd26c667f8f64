"""How many samples a device sent that never arrived, by package number and by the clock.

A package number alone cannot tell a loss of a whole cycle (256 samples of a Cyton, about a second)
from none, and the time at which the computer read a sample is late by as much as the computer was
busy. Together they can: what was late catches up by the end of the burst, what was lost never does.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PACKETS_LOST = "packets lost"
"""Cause of a gap that a counter has found."""

HOLD_S = 1.0
"""Seconds of reading in which samples more than half a cycle late have to catch up. However late a
burst was, nothing counts as lost if it does; until then the samples are held back."""

MAX_DRIFT = 0.005
"""How far a board's true rate may lie from its nominal rate, as a share of it."""

MAX_SILENCE_S = 40.0
"""The longest loss that is exact for all that: the clock is then wrong by at most 2 x `MAX_DRIFT`,
less than half a cycle of any family. A source connects anew long before."""

MAX_TIME_S = 1e11
"""Latest time that can be counted with, in Unix seconds: the year 5138. A double is good to 15 µs
there."""


@dataclass(frozen=True, slots=True)
class Numbering:
    """How a family of boards numbers its packages.

    Parameters
    ----------
    ids : int
        Numbers before they begin again.
    spacing : int
        From one package's number to the next one's.
    samples : int
        Rows that carry the same number, because one package holds as many samples.
    last : int
        The highest number of a package that carries signal.
    """

    ids: int = 256
    spacing: int = 1
    samples: int = 1
    last: int = 255

    @property
    def samples_a_cycle(self) -> int:
        """Samples after which the numbers repeat."""
        return self.ids // self.spacing * self.samples


NUMBERINGS = {
    "synthetic": Numbering(),
    "cyton": Numbering(),
    "daisy": Numbering(spacing=2),
    "ganglion": Numbering(ids=100, samples=2, last=199),  # firmware 3
}
"""The families whose numbering is known."""


def counter_of(family: str | None, sfreq: float) -> "SampleCounter":
    """Return a counter for one connection to a board of a family in `NUMBERINGS`, or another."""
    return SampleCounter(NUMBERINGS.get(family or ""), sfreq)


class SampleCounter:
    """Counts the samples of one connection that were sent and never received.

    Parameters
    ----------
    numbering : Numbering or None
        None: by the clock only. Then a loss shorter than half a second is not seen, and a longer
        one is known to about 1 % and the irregularity of the bursts.
    sfreq : float
        Nominal sampling rate in Hz.

    Notes
    -----
    A sample's delay is its reading time less the time its number stands for, above the smallest
    delay seen so far. Time runs at the slowest rate the board may have, so that the smallest delay
    is renewed however the board drifts. A loss that begins while the computer is further behind
    than half a cycle (0.51 s of a Cyton) looks the same as one cycle more and may be counted so:
    what was late and would have caught up is among what was lost. A clock of the computer that is
    set forward by half a second or more looks the same as a loss.
    """

    def __init__(self, numbering: Numbering | None, sfreq: float) -> None:
        self._numbering = numbering
        self._cycle = numbering.samples_a_cycle if numbering else 1
        self._limit = self._cycle / 2 if numbering else sfreq / 2
        self._near_s = self._limit / sfreq
        self._rate = sfreq * (1 - MAX_DRIFT)
        self._chunk = round(sfreq * HOLD_S)
        self._longest = round(sfreq * MAX_SILENCE_S)  # held when time stands still
        self._package: tuple[int, int] = (-1, 0)  # number of the last row, its place in the package
        self._start: float | None = None
        self._sent, self._phase, self._time = 0, 0, 0.0  # up to the last row decided
        self._floor = np.inf
        self._phases, self._times = np.zeros(0, np.int64), np.zeros(0)  # held

    @property
    def held(self) -> int:
        """Rows held back until it is clear whether they are late or follow a loss."""
        return len(self._phases)

    def push(self, ids: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.int64]:
        """Take the next rows and say what was lost before each that is now decided.

        Parameters
        ----------
        ids : ndarray, shape (n,)
            Package numbers.
        times : ndarray, shape (n,)
            Unix seconds at which the computer read each, at most `MAX_TIME_S`.

        Returns
        -------
        ndarray of int, shape (n_decided,)
            Samples lost before each row, those held from earlier first; -1 for a row that is no
            new sample and has to be left out.
        """
        if not len(ids):
            return np.zeros(0, np.int64)
        times = np.clip(times, -MAX_TIME_S, MAX_TIME_S)
        phases = self._phases_of(np.asarray(ids, np.int64))
        if self._start is None:
            self._begin(phases, times)
        if self._steady(phases, times):
            return np.zeros(len(phases), np.int64)
        pieces = range(0, len(phases), self._chunk)
        return np.concatenate(
            [self._take(phases[i:][: self._chunk], times[i:][: self._chunk]) for i in pieces]
        )

    def flush(self) -> NDArray[np.int64]:
        """Decide for the rows held back, as no more will come."""
        return self._decide(final=True)

    def _phases_of(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return each row's place in the cycle of samples, -1 where it carries no signal."""
        rule = self._numbering
        if rule is None:
            return np.zeros(len(ids), np.int64)
        signal = ids <= rule.last
        phases = np.where(signal, ids % rule.ids // rule.spacing * rule.samples, -1)
        if rule.samples > 1:
            phases[signal] += self._places(ids[signal], rule.samples)
        return phases

    def _places(self, ids: NDArray[np.int64], samples: int) -> NDArray[np.int64]:
        """Return which of its package's samples each row is; they all come, or none does."""
        last, place = self._package
        rows = np.arange(len(ids))
        first = np.diff(ids, prepend=last) != 0
        begun = np.maximum.accumulate(np.where(first, rows, -place - 1))
        places: NDArray[np.int64] = (rows - begun) % samples
        if len(ids):
            self._package = int(ids[-1]), int(places[-1])
        return places

    def _begin(self, phases: NDArray[np.int64], times: NDArray[np.float64]) -> None:
        signal = np.flatnonzero(phases >= 0)
        if signal.size:
            self._start = self._time = float(times[signal[0]])
            self._phase = int(phases[signal[0]]) - 1

    def _steps(self, phases: NDArray[np.int64]) -> NDArray[np.int64]:
        if self._numbering is None:
            return np.ones(len(phases), np.int64)
        return np.diff(phases, prepend=self._phase) % self._cycle

    def _lateness(self, sent: NDArray[np.int64], times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how late each row came, in samples; it was sent as the `sent`-th from here."""
        late: NDArray[np.float64] = self._rate * (times - (self._start or 0.0)) - sent
        return late - self._sent

    def _steady(self, phases: NDArray[np.int64], times: NDArray[np.float64]) -> bool:
        """Take rows of which none is lost, repeated or late, as nearly always; or leave them."""
        n = len(phases)
        if self.held or (phases != (self._phase + np.arange(1, n + 1)) % self._cycle).any():
            return False
        if n:
            late = self._lateness(np.arange(1, n + 1), times)
            floor = min(self._floor, float(late.min()))
            if late.max() - floor >= self._limit:
                return False
            self._sent, self._floor = self._sent + n, floor
            self._phase, self._time = int(phases[-1]), float(times[-1])
        return True

    def _take(self, phases: NDArray[np.int64], times: NDArray[np.float64]) -> NDArray[np.int64]:
        self._phases = np.concatenate([self._phases, phases])
        self._times = np.concatenate([self._times, times])
        return self._decide(final=False)

    def _decide(self, *, final: bool) -> NDArray[np.int64]:
        """Decide for all rows held but those that may yet catch up."""
        decided = [np.zeros(0, np.int64)]
        while self.held:
            new = self._new_samples()
            steps, times = self._steps(self._phases[new]), self._times[new]
            late = self._lateness(np.cumsum(steps), times)
            delay = late - np.minimum.accumulate(np.minimum(late, self._floor))
            behind = np.flatnonzero(delay >= self._limit)
            if not behind.size:
                decided.append(self._accept(new, steps - 1, self.held))
                break
            since = slice(behind[0], behind[0] + self._longest)
            in_time = times[since] < times[behind[0]] + HOLD_S
            late_by = np.where(in_time, delay[since], np.inf)
            caught_up = np.flatnonzero(late_by < self._limit)
            lost, last = steps - 1, int(behind[0])
            if caught_up.size:
                last += int(caught_up[0])
            elif final or self._times[-1] >= times[last] + HOLD_S or len(times) >= since.stop:
                lost[last] += self._cycle * round(late_by.min() / self._cycle)
            else:
                break
            decided.append(self._accept(new[: last + 1], lost[: last + 1], int(new[last]) + 1))
        return np.concatenate(decided)

    def _new_samples(self) -> NDArray[np.int64]:
        """Return which held rows are samples and repeat none."""
        rows = np.flatnonzero(self._phases >= 0)
        if self._numbering is None:
            return rows
        same = np.diff(self._phases[rows], prepend=self._phase) == 0
        soon = np.diff(self._times[rows], prepend=self._time) < self._near_s
        new: NDArray[np.int64] = rows[~(same & soon)]
        return new

    def _accept(
        self, new: NDArray[np.int64], lost: NDArray[np.int64], n_rows: int
    ) -> NDArray[np.int64]:
        """Let go of the first rows held; return what was lost before each, -1 if not new."""
        late = self._lateness(np.cumsum(lost + 1), self._times[new])
        self._floor = min(self._floor, float(late.min(initial=np.inf)))
        self._sent += int((lost + 1).sum())
        if new.size:
            self._phase = int(self._phases[new[-1]])
        self._time = float(self._times[n_rows - 1])
        result: NDArray[np.int64] = np.full(n_rows, -1)
        result[new] = lost
        self._phases, self._times = self._phases[n_rows:], self._times[n_rows:]
        return result
