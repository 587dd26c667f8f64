"""The training table: nights of log band powers with their stages."""

import itertools
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from monitor.domain.errors import ModelError
from monitor.domain.montage import ChannelKind
from monitor.domain.stage import EPOCH_S, STAGES

KINDS = (ChannelKind.EEG, ChannelKind.EEG, ChannelKind.EOG)
"""Columns of the table: Fpz-Cz, Pz-Oz, EOG."""
IGNORED = -1
"""Label of epochs that no scorer could stage: no loss, no figure counts them."""
_LABELS = (IGNORED, len(STAGES) - 1)
_COLUMNS = {"labels": "iu", "log_power": "f", "subject": "iu", "night": "iu", "onset_s": "iuf"}
"""Arrays of a table, and the kinds of number that each may hold."""
_KINDS = {"iu": "whole numbers", "f": "floating-point numbers", "iuf": "numbers"}

_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    RuntimeError,  # an archive with a password, or packed in a way unknown here
    BadZipFile,
    zlib.error,
)


@dataclass(frozen=True, slots=True, eq=False)
class Night:
    """One night of one subject.

    Parameters
    ----------
    subject, night : int
        Who, and which of their nights.
    log_power : ndarray, shape (n_epochs, 3, 5)
        ln band powers of `KINDS`.
    labels : ndarray, shape (n_epochs,)
        0 W, 1 N1, 2 N2, 3 N3, 4 R, -1 not scored.
    """

    subject: int
    night: int
    log_power: NDArray[np.float32]
    labels: NDArray[np.int8]


def load_nights(path: Path) -> tuple[Night, ...]:
    """Read a table of nights.

    Raises
    ------
    ModelError
        When the file is no such table, a label is no stage, or a night is not contiguous 30-s
        epochs in order.
    """
    columns = _read_columns(path)
    _check_columns(path, columns)
    subject, night = columns["subject"].astype(int), columns["night"].astype(int)
    breaks = np.flatnonzero(np.diff(subject) | np.diff(night)) + 1
    edges = [0, *breaks.tolist(), len(subject)]
    nights = tuple(
        Night(
            int(subject[a]), int(night[a]), columns["log_power"][a:b], _labels(path, columns, a, b)
        )
        for a, b in itertools.pairwise(edges)
    )
    if len({(night.subject, night.night) for night in nights}) < len(nights):
        raise ModelError(f"{path}: the epochs of a night do not stand together")
    return nights


def save_nights(path: Path, nights: Sequence[Night]) -> None:
    """Write a table of nights that `load_nights` reads.

    Raises
    ------
    ModelError
        When it cannot be written.
    """
    lengths = [len(night.labels) for night in nights]
    columns = {
        "log_power": np.concatenate([night.log_power for night in nights], dtype=np.float32),
        "labels": np.concatenate([night.labels for night in nights], dtype=np.int8),
        "subject": np.repeat([night.subject for night in nights], lengths).astype(np.int16),
        "night": np.repeat([night.night for night in nights], lengths).astype(np.int8),
        "onset_s": np.concatenate([np.arange(n, dtype=np.float32) * EPOCH_S for n in lengths]),
    }
    try:
        with path.open("wb") as file:
            np.savez_compressed(file, **columns)
    except OSError as error:
        raise ModelError(f"{path} cannot be written: {error.strerror}") from error


def _read_columns(path: Path) -> dict[str, NDArray[Any]]:
    try:
        loaded = np.load(path)
        if isinstance(loaded, np.ndarray):
            raise ValueError("it holds one array without a name")
        with loaded as table:
            return {name: table[name] for name in _COLUMNS}
    except _UNREADABLE as error:
        raise ModelError(
            f"{path} is no table of nights with the arrays {', '.join(sorted(_COLUMNS))}: {error}"
        ) from error


def _check_columns(path: Path, columns: Mapping[str, NDArray[Any]]) -> None:
    n = columns["labels"].size
    if n == 0:
        raise ModelError(f"{path}: holds no epochs, expected at least 1")
    for name, kinds in _COLUMNS.items():
        column, shape = columns[name], (n, len(KINDS), 5) if name == "log_power" else (n,)
        if column.shape != shape:
            raise ModelError(f"{path}: {name} has shape {column.shape}, expected {shape}")
        if column.dtype.kind not in kinds:
            raise ModelError(f"{path}: {name} holds {column.dtype}, expected {_KINDS[kinds]}")
    low, high = _LABELS
    labels = columns["labels"]
    if (wrong := labels[(labels < low) | (labels > high)]).size:
        raise ModelError(f"{path}: labels holds {wrong[0]}, expected {low} to {high}")


def _labels(path: Path, columns: Mapping[str, NDArray[Any]], a: int, b: int) -> NDArray[np.int8]:
    """Labels of rows a to b, after checking that they are one contiguous night."""
    steps = np.diff(columns["onset_s"][a:b])
    if np.any(steps != EPOCH_S):
        worst = steps[steps != EPOCH_S][0]
        raise ModelError(
            f"{path}: subject {columns['subject'][a]} night {columns['night'][a]} has a step of "
            f"{worst} s between epochs, expected {EPOCH_S} s"
        )
    return columns["labels"][a:b].astype(np.int8)


def split_subjects(nights: Sequence[Night], folds: int, seed: int) -> list[frozenset[int]]:
    """Deal the subjects into folds of about equal size; all nights of a subject stay together."""
    subjects = np.array(sorted({night.subject for night in nights}))
    if not 2 <= folds <= len(subjects):
        raise ModelError(f"{folds} folds of {len(subjects)} subjects; at least 2, at most as many")
    shuffled = np.random.default_rng(seed).permutation(subjects)
    return [frozenset(shuffled[fold::folds].tolist()) for fold in range(folds)]
