"""How many samples of an LSL stream are missing, by the stamps its sender gave them."""

import numpy as np
from numpy.typing import NDArray

from monitor.sources.loss import HOLD_S

STEP_S = 0.05
"""Shortest loss, in seconds, that is told from a sender's irregularity [own choice]."""


class StampCounter:
    """Counts the samples that are missing in a stream of a steady rate.

    Senders stamp each sample exactly, or a burst when they send it: then a pause between two
    stamps may only be a delay. A delay is caught up by what follows, a loss never is: at every
    step of `STEP_S` or more, the least delay of the second that follows is compared with that of
    the second before, and until then what follows is held back.

    Parameters
    ----------
    sfreq : float
        Nominal rate in Hz.
    """

    def __init__(self, sfreq: float) -> None:
        self._sfreq = sfreq
        self._step = max(1.0, STEP_S * sfreq) - 1e-3  # rounding of stamps
        self._window = max(1, round(HOLD_S * sfreq))
        self._received = 0
        self._before: NDArray[np.float64] = np.zeros(0)  # delays of the decided, up to a second
        self._held: NDArray[np.float64] = np.zeros(0)

    def push(self, stamps: NDArray[np.float64]) -> NDArray[np.int64]:
        """Say what was lost before each sample that is now decided.

        Parameters
        ----------
        stamps : ndarray, shape (n,)
            Seconds by the sender's clock, of the next samples.

        Returns
        -------
        ndarray of int, shape (n_decided,)
            Samples lost before each, those held earlier first.
        """
        numbers = self._received + np.arange(len(stamps))
        self._received += len(stamps)
        self._held = np.concatenate([self._held, stamps * self._sfreq - numbers])
        return self._decide(self._window)

    def flush(self) -> NDArray[np.int64]:
        """Decide for the samples held back, as no more will come."""
        return self._decide(0)

    def _decide(self, patience: int) -> NDArray[np.int64]:
        """Decide up to the first step that fewer than `patience` samples follow."""
        delays = np.concatenate([self._before, self._held])
        begin, until, since = len(self._before), len(delays), 0
        lost = np.zeros(len(delays), np.int64)
        for step in 1 + np.flatnonzero(np.diff(delays) >= self._step):
            if step >= begin and step + patience > len(delays):
                until = int(step)
                break
            if step >= begin and (n_lost := self._lost_at(delays, since, int(step))):
                lost[step], since = n_lost, int(step)
        self._before = delays[max(since, until - self._window) : until]
        self._held = delays[until:]
        return lost[begin:until]

    def _lost_at(self, delays: NDArray[np.float64], since: int, step: int) -> int:
        """Return how many samples were lost at a step: what is never caught up."""
        before = delays[max(since, step - self._window) : step].min()
        remains = delays[step : step + self._window].min() - before
        return round(float(remains)) if remains >= self._step else 0
