"""Reading the stages that a human gave: EDF+ annotations, or CSV as ``dreamwatch score`` writes."""

import csv
import math
from pathlib import Path
from typing import TypeAlias

from monitor.domain.errors import SourceError
from monitor.domain.stage import EPOCH_S, STAGES, Stage
from monitor.sources.annotations import read_annotations

_PREFIX = "Sleep stage "
_NAMES = {stage.value: stage for stage in STAGES} | {
    "1": Stage.N1,
    "2": Stage.N2,
    "3": Stage.N3,
    "4": Stage.N3,
}
"""AASM's names, and Rechtschaffen and Kales', whose stages 3 and 4 are N3."""

MAX_EPOCHS = 7 * 24 * 3600 // EPOCH_S
"""Epochs of the longest hypnogram that is read, a week [own choice]."""

_Spell: TypeAlias = tuple[float, float, str]


def read_hypnogram(path: Path, n_epochs: int | None = None) -> list[Stage]:
    """Read the stage of each of a recording's epochs, or of the first ones.

    Onsets count from the first sample of the recording. An epoch has the stage that its middle
    lies in; what is no stage ("?", movement time, other annotations) is ``UNSCORED``.

    Parameters
    ----------
    path : Path
        CSV with the columns ``onset_s``, ``duration_s`` and ``stage``, or a file whose annotations
        MNE reads, such as EDF+, with texts such as "Sleep stage N2" or "Sleep stage 2".
    n_epochs : int or None
        How many epochs there are; None: up to the end of the last one that is named.

    Raises
    ------
    SourceError
        When it cannot be read, lacks its end, holds no stage, or is longer than `MAX_EPOCHS`.
    """
    spells = _csv(path) if path.suffix.lower() == ".csv" else _annotations(path)
    if n_epochs is None:
        n_epochs = max(
            (_first_middle_after(onset + lasts) for onset, lasts, _ in spells), default=0
        )
    if n_epochs > MAX_EPOCHS:
        raise SourceError(f"{path}: has {n_epochs} epochs; at most {MAX_EPOCHS}, a week, are read")
    stages = [Stage.UNSCORED] * n_epochs
    found = False
    for onset_s, duration_s, name in spells:
        if name in _NAMES:
            found = True
            first, end = (_first_middle_after(at_s) for at_s in (onset_s, onset_s + duration_s))
            for i in range(max(first, 0), min(end, n_epochs)):
                stages[i] = _NAMES[name]
    if not found:
        raise SourceError(f"{path}: holds no sleep stage such as {_PREFIX}N2")
    return stages


def _first_middle_after(at_s: float) -> int:
    """First epoch whose middle does not lie before a time."""
    return math.ceil(at_s / EPOCH_S - 0.5)


def _csv(path: Path) -> list[_Spell]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return [
                (_time(row["onset_s"]), _time(row["duration_s"]), row["stage"])
                for row in csv.DictReader(file)
            ]
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise SourceError(
            f"{path}: is no table with onset_s, duration_s and stage: {error}"
        ) from error


def _annotations(path: Path) -> list[_Spell]:
    return [
        (onset_s, duration_s, text.removeprefix(_PREFIX))
        for onset_s, duration_s, text in read_annotations(path)
        if text.startswith(_PREFIX)
    ]


def _time(text: str) -> float:
    """Read seconds, from 0 to ten times the longest hypnogram: no onset lies before the start."""
    value = float(text)
    if not 0 <= value <= 10 * MAX_EPOCHS * EPOCH_S:
        raise ValueError(f"{text[:40]} s is no time of a night")
    return value
