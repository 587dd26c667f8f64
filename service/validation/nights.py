"""Which nights are simulated: how many of each programme, and from which hypnograms."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.data import load_nights
from monitor.domain.errors import SourceError
from monitor.domain.stage import EPOCH_S, STAGES

Plan = NDArray[np.int8]
"""Stage of every epoch of a night, positions in `STAGES`."""

MARGIN = 15 * 60 // EPOCH_S
"""Epochs kept before the first sleep of a real night, and after the last."""
EPOCHS_PER_H = 3600 // EPOCH_S
SIMULATED = "simulated"


@dataclass(frozen=True, slots=True)
class Programme:
    """A kind of night.

    Parameters
    ----------
    share : float
        Of all hours.
    hours : float
        Length of a night; those from real hypnograms are as long as they are.
    real : bool
        Whether real hypnograms serve, for every second night.
    """

    share: float
    hours: float
    real: bool = False


PROGRAMMES: Mapping[str, Programme] = {
    "calm": Programme(0.30, 8.0, real=True),
    "faults": Programme(0.28, 8.0, real=True),
    "eeg": Programme(0.09, 8.0),
    "monotony": Programme(0.13, 6.0),
    "wake": Programme(0.20, 1.5),
}
"""Nothing planted; technical faults; what the EEG itself shows; too long in one stage; waking."""


@dataclass(frozen=True, slots=True)
class NightPlan:
    """One night to live through.

    Parameters
    ----------
    index : int
        Its number; with the study's seed it decides everything.
    programme : str
        One of `PROGRAMMES`.
    seed : int
        Of the study.
    hours : float
    origin : str
        Where its hypnogram is from.
    stages : tuple of int or None
        That hypnogram; None: the simulator draws one.
    """

    index: int
    programme: str
    seed: int
    hours: float
    origin: str = SIMULATED
    stages: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        """What it is called in the report."""
        return f"{self.programme} {self.index}"


def plan_nights(
    hours: float, seed: int, hypnograms: Mapping[str, Sequence[Plan]], shorter: float = 1.0
) -> list[NightPlan]:
    """Choose at least so many hours of nights, the same for the same arguments.

    Parameters
    ----------
    hours : float
    seed : int
    hypnograms : mapping of str to sequence of ndarray
        Real ones by their origin; drawn without replacement while they last.
    shorter : float
        Factor on the length of all nights but those of waking.
    """
    real = _shuffled(hypnograms, seed)
    nights: list[NightPlan] = []
    for name, programme in PROGRAMMES.items():
        left = hours * programme.share
        length = programme.hours * (1.0 if name == "wake" else shorter)
        for k in range(ceil(left / length) + 1):
            if left <= 0:
                break
            night = NightPlan(len(nights), name, seed, length)
            if programme.real and real is not None and k % 2:
                origin, stages = next(real)
                stages = stages[: round(programme.hours * EPOCHS_PER_H * 1.25 * shorter)]
                held = len(stages) / EPOCHS_PER_H
                night = NightPlan(len(nights), name, seed, held, origin, tuple(stages.tolist()))
            nights.append(night)
            left -= night.hours
    return nights


def _shuffled(
    hypnograms: Mapping[str, Sequence[Plan]], seed: int
) -> Iterator[tuple[str, Plan]] | None:
    pairs = [(origin, plan) for origin, plans in hypnograms.items() for plan in plans]
    order = np.random.default_rng([seed, 1]).permutation(len(pairs))
    return cycle([pairs[i] for i in order]) if pairs else None


def read_hypnograms(path: Path) -> list[Plan]:
    """Read the nights of a table: what `models.data` reads, or arrays of scorers x epochs.

    Of several scorers the majority counts, the first of them where they are divided. Epochs that
    nobody could stage take the stage before. A night is kept from a quarter of an hour before its
    first sleep to as long after its last.

    Raises
    ------
    SourceError
        When it is no such table.
    """
    try:
        with np.load(path) as table:
            arrays = {} if "labels" in table.files else {k: table[k] for k in table.files}
    except (OSError, ValueError, EOFError) as error:
        raise SourceError(f"{path}: is no table of hypnograms (.npz): {error}") from error
    labels = [_majority(path, a) for a in arrays.values()] or [n.labels for n in load_nights(path)]
    return [night for night in map(_trimmed, labels) if len(night)]


def _majority(path: Path, scored: NDArray[np.int8]) -> Plan:
    if scored.ndim != 2 or scored.min() < -1 or scored.max() >= len(STAGES):
        raise SourceError(f"{path}: hypnograms are scorers x epochs of -1 to 4")
    votes = np.array([(scored == code).sum(axis=0) for code in range(len(STAGES))])
    firsts = np.array([votes[np.maximum(row, 0), range(len(row))] * (row >= 0) for row in scored])
    chosen = scored[firsts.argmax(axis=0), range(scored.shape[1])]
    return np.asarray(chosen, dtype=np.int8)


def _trimmed(labels: NDArray[np.int8]) -> Plan:
    known = np.where(labels >= 0, np.arange(len(labels)), 0)
    filled = np.maximum(labels[np.maximum.accumulate(known)], 0)
    asleep = np.flatnonzero(filled > 0)
    if not len(asleep):
        return np.zeros(0, np.int8)
    return np.asarray(filled[max(asleep[0] - MARGIN, 0) : asleep[-1] + MARGIN], dtype=np.int8)
