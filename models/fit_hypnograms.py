"""Fit the simulator's semi-Markov model to scored nights.

Run as ``python -m models.fit_hypnograms dod_five_scorers.npz``. The file holds one array a night,
shape (n_scorers, n_epochs), of codes 0-4 (W N1 N2 N3 R) and -1. The simulated sleepers are
healthy, so only the nights named ``dodh_*`` are used (Dreem Open Datasets, MIT).
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.domain.stage import STAGES
from monitor.sources.simulator import hypnogram

FILE = Path(hypnogram.__file__).with_name("hypnograms.json")
QUANTILES = (0.0, 0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.95, 1.0)
MIN_BOUTS = 8
"""Contexts with fewer bouts of a stage borrow those of the other cycles, then of all contexts."""
PRIOR_BOUTS = 1
"""Weight, in bouts, of the pooled transition probabilities in each context."""


class Bout(NamedTuple):
    """A run of one stage, the contexts at its two ends, and the stage after it (-1: none)."""

    context: int
    stage: int
    length: int
    context_after: int
    stage_after: int


def consensus(scorings: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return the majority stage of each epoch; ties go to the lighter one, W where unscored."""
    votes = [(scorings == code).sum(axis=0) for code in range(len(STAGES))]
    return np.asarray(np.argmax(votes, axis=0))


def healthy_nights(path: Path) -> list[NDArray[np.int64]]:
    """Read the consensus of every healthy night in the file."""
    with np.load(path) as nights:
        return [consensus(nights[name]) for name in nights if name.startswith("dodh")]


def asleep(stages: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a night from its first to its last epoch of sleep."""
    sleep = np.flatnonzero(stages)
    return stages[sleep[0] : sleep[-1] + 1]


def bouts(stages: NDArray[np.int64]) -> list[Bout]:
    """Cut the sleep of one night into bouts."""
    edges = np.flatnonzero(np.diff(stages)) + 1
    starts, ends = [0, *edges.tolist()], [*edges.tolist(), len(stages)]
    clock, found = hypnogram.CycleClock(), []
    for start, end in zip(starts, ends, strict=True):
        stage, context = int(stages[start]), clock.context(start)
        clock.saw(stage, start, end - start)
        after = int(stages[end]) if end < len(stages) else -1
        found.append(Bout(context, stage, end - start, clock.context(end), after))
    return found


def fit(nights: Iterable[NDArray[np.int64]]) -> dict[str, Any]:
    """Fit the model; see `monitor.sources.simulator.parameters.HypnogramModel`."""
    nights = list(nights)
    table = np.array([bout for night in nights for bout in bouts(asleep(night))])
    latency = [int(np.flatnonzero(night)[0]) for night in nights]
    return {
        "from": f"{len(nights)} healthy nights, {len(table)} bouts, majority of the scorers",
        "quantiles": list(QUANTILES),
        "latency": _quantiles(np.array(latency)),
        "dwell": [
            [_quantiles(_lengths(table, context, stage)) for stage in range(len(STAGES))]
            for context in range(hypnogram.N_CONTEXTS)
        ],
        "transition": _transitions(table).round(4).tolist(),
    }


def _lengths(table: NDArray[np.int64], context: int, stage: int) -> NDArray[np.int64]:
    per_cycle = hypnogram.N_CONTEXTS // hypnogram.N_CYCLES
    same_stage = table[:, 1] == stage
    same_part = same_stage & (table[:, 0] % per_cycle == context % per_cycle)
    for mask in (same_stage & (table[:, 0] == context), same_part):
        if mask.sum() >= MIN_BOUTS:
            return np.asarray(table[mask, 2])
    return np.asarray(table[same_stage, 2])


def _transitions(table: NDArray[np.int64]) -> NDArray[np.float64]:
    counts = np.zeros((hypnogram.N_CONTEXTS, len(STAGES), len(STAGES)))
    followed = table[table[:, 4] >= 0]
    np.add.at(counts, (followed[:, 3], followed[:, 1], followed[:, 4]), 1)
    pooled = counts.sum(axis=0) / counts.sum(axis=(0, 2))[:, None]
    counts += PRIOR_BOUTS * pooled
    return np.asarray(counts / counts.sum(axis=2, keepdims=True))


def _quantiles(lengths: NDArray[np.int64]) -> list[float]:
    return [float(q) for q in np.quantile(lengths, QUANTILES).round(1)]


def main(path: Path) -> None:
    """Write the fitted numbers beside the simulator."""
    FILE.write_text(json.dumps(fit(healthy_nights(path))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
