"""Recordings that are tables of numbers: text of the OpenBCI GUI, and BrainFlow's CSV."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.domain.errors import SourceError
from monitor.sources.held import Held
from monitor.sources.link import Batch
from monitor.sources.loss import MAX_TIME_S, counter_of
from monitor.sources.openbci_reader import IdCounter, LineError


@dataclass(frozen=True, slots=True)
class Table:
    """What the columns of a table are.

    Parameters
    ----------
    family : str or None
        How its boards number samples, as `monitor.sources.loss` knows them; None: unknown.
    sfreq : float
        Sampling rate in Hz.
    eeg : sequence of int
        Columns of the channels 1, 2, …, from 0.
    time : int or None
        Column of the time at which a sample was read, where there is one.
    time_scale : float
        Seconds in a unit of it.
    delimiter : str
        Between columns.
    n_header : int
        Lines before the first sample.
    """

    family: str | None
    sfreq: float
    eeg: Sequence[int]
    time: int | None
    time_scale: float = 1.0
    delimiter: str = ","
    n_header: int = 0


BOARDS = {
    "synthetic": ("synthetic", 250.0, 16, 30, 32),
    "cyton": ("cyton", 250.0, 8, 22, 24),
    "cyton-daisy": ("daisy", 125.0, 16, 30, 32),
    "ganglion": ("ganglion", 200.0, 4, 13, 15),
}
"""Family, rate in Hz, EEG columns from 1 on, time column and number of columns of BrainFlow's CSV;
the number of a sample is in column 0 (BrainFlow 5.23)."""


def brainflow_table(first_line: bytes, board: str) -> Table:
    """Find out what BrainFlow's columns are.

    Parameters
    ----------
    first_line : bytes
        Of the file.
    board : str
        One of `BOARDS`; empty: the only one that has so many columns.

    Raises
    ------
    SourceError
        When no board or more than one has as many columns.
    """
    n_columns = first_line.count(b"\t") + 1
    fitting = [name for name, facts in BOARDS.items() if facts[-1] == n_columns]
    if board and board not in BOARDS:
        raise SourceError(f"board={board} must be one of {', '.join(BOARDS)}")
    if board and board not in fitting:
        raise SourceError(f"board={board} has {BOARDS[board][-1]} columns, the file {n_columns}")
    if not board and len(fitting) != 1:
        several = " or ".join(f"board={name}" for name in fitting or BOARDS)
        raise SourceError(f"it has {n_columns} columns: which board was it? Say {several}")
    family, sfreq, n_eeg, time, _ = BOARDS[board or fitting[0]]
    return Table(family, sfreq, range(1, 1 + n_eeg), time, delimiter="\t")


def gui_table(head: Sequence[bytes]) -> Table:
    """Find out what the columns of the GUI's text are.

    GUI 5 and later have a line with the columns' names and end it with the time of day. Older ones
    have none: number, channels, three or more readings of other kinds, the time of day and, in
    some, the milliseconds of Unix time.

    Parameters
    ----------
    head : sequence of bytes
        The first lines, among them the first sample.

    Raises
    ------
    SourceError
        When the sampling rate or a column is missing.
    """
    n_header = next((i for i, line in enumerate(head) if line[:1] != b"%"), len(head))
    said = b"\n".join(head[:n_header]).decode("latin-1")
    sfreq = _number(r"%Sample Rate\s*=\s*([\d.]+)", said)
    if not sfreq:
        raise SourceError("its header has no %Sample Rate")
    rest = [line.decode("latin-1").strip() for line in head[n_header : n_header + 2]]
    if rest and rest[0][:1].isalpha():
        family = _family(said)
        names = [name.strip() for name in rest[0].split(",")]
        return _named(names, family, sfreq, n_header + 1)
    columns = rest[0].split(",") if rest else []
    n_eeg = _number(r"%Number of channels\s*=\s*(\d+)", said)
    return _unnamed(columns, n_eeg, sfreq, n_header)


def _named(names: list[str], family: str | None, sfreq: float, n_header: int) -> Table:
    eeg = [i for i, name in enumerate(names) if name.startswith("EXG Channel")]
    if not eeg or names[0] != "Sample Index" or "Timestamp" not in names:
        raise SourceError("its columns must be Sample Index, EXG Channel 0, …, Timestamp, …")
    return Table(family, sfreq, eeg, names.index("Timestamp"), n_header=n_header)


def _unnamed(columns: list[str], said_eeg: float, sfreq: float, n_header: int) -> Table:
    said_eeg = said_eeg or (16 if len(columns) > 17 else 8 if len(columns) > 10 else 4)
    if len(columns) < said_eeg + 2:
        raise SourceError(f"its first sample has {len(columns)} columns for {said_eeg:g} channels")
    n_eeg = int(said_eeg)
    time = len(columns) - 1 if re.fullmatch(r"\s*\d{12,}", columns[-1]) else None
    family = "cyton" if n_eeg == 8 else None  # old programs numbered other boards in their own ways
    return Table(family, sfreq, range(1, 1 + n_eeg), time, 1e-3, n_header=n_header)


def _number(pattern: str, text: str) -> float:
    """Return the number after a label, 0 where there is none."""
    match = re.search(pattern, text)
    try:
        return float(match[1]) if match else 0.0
    except ValueError:
        return 0.0


def _family(said: str) -> str | None:
    """Return how the board that a header names numbers its samples."""
    board = re.search(r"%Board\s*=\s*\S*Board(\w+)", said)
    families = {
        "CytonSerial": "cyton",
        "CytonWifi": "cyton",
        "CytonSerialDaisy": "daisy",
        "GanglionBLE": "ganglion",
        "GanglionNative": "ganglion",
        "BrainFlowSynthetic": "synthetic",
    }
    return families.get(board[1]) if board else None


class TableReader:
    """Reads the samples of a table.

    Parameters
    ----------
    table : Table
        What its columns are.
    """

    ended = False

    def __init__(self, table: Table) -> None:
        self._table = table
        by_number = table.time is None and table.family is not None
        self._counter = IdCounter() if by_number else counter_of(table.family, table.sfreq)
        self._held = Held(len(table.eeg))
        self._time = -np.inf

    def push(self, lines: list[bytes]) -> Batch:
        """Return the samples of the next lines, less those that may follow a loss."""
        table = self._parse(lines)
        if not len(table):
            return self._held.release(np.zeros(0, np.int64))
        ids, times, data = table[:, 0], table[:, 1] * self._table.time_scale, table[:, 2:].T
        times = np.zeros(len(ids)) if self._table.time is None else times
        known = (ids >= 0) & (ids <= 255) & (ids % 1 == 0)
        _check(lines, ids, known, "number {:g}: must be a whole number from 0 to 255")
        timely = (times >= 0) & (times < MAX_TIME_S)
        _check(lines, times, timely, f"time {{:g}} s: must be from 0 to below {MAX_TIME_S:g} s")
        times = np.maximum.accumulate(np.maximum(times, self._time))
        self._time = float(times[-1])
        return self._held.push(data, self._counter.push(ids, times))

    def flush(self) -> Batch:
        """Return the samples held back."""
        return self._held.release(self._counter.flush())

    def _parse(self, lines: list[bytes]) -> NDArray[np.float64]:
        """Return number, time and channels of each line."""
        try:
            return self._load(lines)
        except ValueError:
            for index, line in enumerate(lines):
                try:
                    self._load([line])
                except ValueError as error:
                    raise LineError(index, f"is no sample: {line[:80]!r}") from error
            raise

    def _load(self, lines: list[bytes]) -> NDArray[np.float64]:
        table = self._table
        columns = [0, table.time or 0, *table.eeg]
        if not any(line.strip() for line in lines):
            return np.empty((0, len(columns)))
        return np.loadtxt(
            lines, delimiter=table.delimiter, usecols=columns, comments=None, ndmin=2,
            encoding="latin-1",
        )  # fmt: skip


def _check(
    lines: list[bytes], values: NDArray[np.float64], fit: NDArray[np.bool_], why: str
) -> None:
    """Name the first line whose value does not fit."""
    if not fit.all():
        sample = int(np.argmin(fit))
        index = [i for i, line in enumerate(lines) if line.strip()][sample]
        raise LineError(index, "has " + why.format(values[sample]))
