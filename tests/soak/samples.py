"""Where every sample that a board sent has gone. Pure functions of what was recorded."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from monitor.domain.inputs import Gap
from monitor.sources.loss import PACKETS_LOST
from tests.soak.bed import PERIOD


@dataclass(frozen=True, slots=True)
class Outage:
    """A time without a connection, bridged by the clock.

    Parameters
    ----------
    cause : str
    counted_s, away_s : float
        How long it is in the log, and how long there really was no sample.
    unheard : int
        Samples the board sent meanwhile.
    """

    cause: str
    counted_s: float
    away_s: float
    unheard: int


@dataclass(frozen=True, slots=True)
class Samples:
    """The account of one board's samples.

    Parameters
    ----------
    received, lost : int
        Samples in the recording, and those counted as lost while the board was connected.
    first, last : int
        Numbers of the first and the last received.
    outages : list of Outage
        But for the time before the first sample.
    misplaced : list of int
        Positions at which a sample was found that belongs elsewhere, the first of each stretch.
    """

    received: int
    lost: int
    first: int
    last: int
    outages: list[Outage]
    misplaced: list[int]

    @property
    def unheard(self) -> int:
        """Samples sent during outages."""
        return sum(outage.unheard for outage in self.outages)

    @property
    def accounted(self) -> int:
        """Samples of which it is known what became of them."""
        return self.received + self.lost + self.unheard


def account(
    numbers: NDArray[np.int64],
    gaps: Sequence[Gap],
    sfreq: float,
    sent_at: Callable[[int], float],
) -> Samples:
    """Follow the numbers through a session.

    Parameters
    ----------
    numbers : ndarray of int, shape (n_samples,)
        What the board called the sample at each position of the session; -1: there is none.
    gaps : sequence of Gap
        In order.
    sfreq : float
        Sampling rate in Hz.
    sent_at : callable
        Tells when the board sent a sample, in seconds, by its number since the board's start.
    """
    breaks = [gap for gap in gaps if gap.cause != PACKETS_LOST and gap.first_sample > 0]
    stretches = list(_stretches(numbers, breaks))
    shifts = [_shift(places, numbers) for places in stretches]
    first = last = -1
    outages, misplaced = [], []
    for gap, places, shift in zip([None, *breaks], stretches, shifts, strict=True):
        unheard = int(places[0] - shift - last - 1) % PERIOD
        begun, before = last + 1 + unheard, last
        last = begun + int(places[-1] - places[0])
        misplaced += _misplaced(places, numbers, shift)[:1].tolist()
        if gap is None:
            first = begun
            continue
        away_s = sent_at(begun) - sent_at(before) - 1 / sfreq
        outages.append(Outage(gap.cause, gap.n_samples / sfreq, away_s, unheard))
    return Samples(
        received=int((numbers >= 0).sum()),
        lost=sum(gap.n_samples for gap in gaps if gap.cause == PACKETS_LOST),
        first=first,
        last=last,
        outages=outages,
        misplaced=misplaced,
    )


def _stretches(numbers: NDArray[np.int64], breaks: Sequence[Gap]) -> Iterator[NDArray[np.int64]]:
    """Give the positions of the samples of each connection."""
    edges = [0, *(gap.first_sample for gap in breaks), len(numbers)]
    for start, stop in pairwise(edges):
        yield start + np.flatnonzero(numbers[start:stop] >= 0)


def _moved(found: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which numbers are the samples' own: a frozen board repeats one."""
    changed = np.diff(found, prepend=-1) != 0
    changed[:1] = found[:1] != found[1:2] if len(found) > 1 else True
    return changed


def _shift(places: NDArray[np.int64], numbers: NDArray[np.int64]) -> int:
    """Return by how much position and number differ in one connection, from its last samples."""
    found = numbers[places]
    at = np.flatnonzero(_moved(found))[-1]
    return int(places[at] - found[at])


def _misplaced(
    places: NDArray[np.int64], numbers: NDArray[np.int64], shift: int
) -> NDArray[np.int64]:
    """Return the positions whose sample belongs elsewhere."""
    found = numbers[places]
    wrong = (places - found - shift) % PERIOD != 0
    return places[wrong & _moved(found)]
