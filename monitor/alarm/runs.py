"""Runs of epochs scored alike, and how long hardly anything but some stages has been scored."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from monitor.domain.stage import EPOCH_S, Stage

MEMORY_EPOCHS = 12 * 3600 // EPOCH_S
"""Scored epochs that are remembered [own choice]: 12 h."""


@dataclass(frozen=True, slots=True)
class Run:
    """Epochs scored alike, with none scored otherwise between them.

    Parameters
    ----------
    stage : Stage
    since : float
        Begin of the first, in Unix s.
    epochs : int
        How many.
    """

    stage: Stage
    since: float
    epochs: int = 1


@dataclass(frozen=True, slots=True)
class Stretch:
    """For how long hardly anything but something has been scored.

    Parameters
    ----------
    scored_s : float
        Scored time, s; 0: what was scored last is something else.
    since : float
        Since when it has, or has not, been scored, in Unix s.
    """

    scored_s: float = 0.0
    since: float = 0.0


def longest(runs: Sequence[Run], stages: Collection[Stage], share: float) -> Stretch:
    """Return the longest stretch up to now that begins with these stages and is theirs to a share.

    Parameters
    ----------
    runs : sequence of Run
        In the order of time.
    stages : collection of Stage
    share : float
        Of the scored epochs of the stretch, 0 to 1.
    """
    stretch, epochs, fitting = Stretch(), 0, 0
    for run in reversed(runs):
        fits = run.stage in stages
        epochs, fitting = epochs + run.epochs, fitting + run.epochs * fits
        if fits and fitting >= share * epochs:
            stretch = Stretch(epochs * EPOCH_S, run.since)
        elif not fitting:
            stretch = Stretch(0.0, run.since)
    return stretch


def lengthened(runs: tuple[Run, ...], stage: Stage, onset: float) -> tuple[Run, ...]:
    """Take one more scored epoch in; the first run goes when the others are memory enough."""
    if runs and runs[-1].stage is stage:
        runs = (*runs[:-1], replace(runs[-1], epochs=runs[-1].epochs + 1))
    else:
        runs = (*runs, Run(stage, onset))
    return runs[1:] if sum(run.epochs for run in runs[1:]) >= MEMORY_EPOCHS else runs
