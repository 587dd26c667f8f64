"""What reads the lines of a recording, and the lines themselves."""

import logging
import re
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from monitor.domain.errors import SourceError
from monitor.sources.link import Batch

logger = logging.getLogger(__name__)

MAX_LINE = 4096
"""Bytes of a line; 16 channels of GUI text take about 600."""

BLOCK = 1 << 22
"""Bytes read at once: about a minute of a Cyton's text."""

_UNWRITTEN = re.compile(rb"[\0\xff]")


class LineError(Exception):
    """A line of a block makes no sense.

    Parameters
    ----------
    index : int
        Which of the block, from 0.
    why : str
        What is wrong with it.
    """

    def __init__(self, index: int, why: str) -> None:
        super().__init__(why)
        self.index = index


class Reader(Protocol):
    """Makes samples of lines; has to be given all of a file in order.

    Attributes
    ----------
    ended : bool
        Whether the recording ends before the file does.
    """

    ended: bool

    def push(self, lines: list[bytes]) -> Batch:
        """Return the samples of the next lines, and what was lost before each.

        Raises
        ------
        LineError
            When a line is malformed.
        """

    def flush(self) -> Batch:
        """Return what was held back, as no line follows."""


class Lines:
    """The lines of a file in blocks, none kept.

    Parameters
    ----------
    path : Path
        The file.
    n_header : int
        Lines to leave out.
    """

    def __init__(self, path: Path, n_header: int) -> None:
        self._path = path
        self._file = path.open("rb")
        for _ in range(n_header):
            self._file.readline(MAX_LINE)
        self._first = self._next = n_header + 1
        self._rest = b""
        self._ended = False

    def read(self) -> list[bytes] | None:
        """Return the next complete lines; None at the end, where a line cut short is dropped."""
        block = b"" if self._ended else self._file.read(BLOCK)
        if not block:
            self._drop_rest()
            return None
        *lines, rest = (self._rest + block).split(b"\n")
        written = _UNWRITTEN.split(rest, maxsplit=1)  # a memory card has room that nothing filled
        self._rest, self._ended = written[0], len(written) > 1
        self._first, self._next = self._next, self._next + len(lines)
        for index, line in enumerate([*lines, self._rest]):
            if len(line) > MAX_LINE:
                raise self.error(LineError(index, f"is longer than {MAX_LINE} bytes"))
        return lines

    def error(self, error: LineError) -> SourceError:
        """Say in which line of the file the error is."""
        return SourceError(f"{self._path}: line {self._first + error.index} {error}")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _drop_rest(self) -> None:
        if self._rest:
            logger.warning("%s: line %d is cut short: dropped", self._path, self._next)
        self._rest = b""


class IdCounter:
    """Counts lost samples by number alone, where no time was recorded.

    The number comes again every 256 samples: a loss of 255 looks like a sample written twice.
    """

    def __init__(self) -> None:
        self._last: int | None = None

    def push(self, ids: NDArray[np.float64], _times: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return what was lost before each sample; -1 for a repeated one."""
        numbers = ids.astype(np.int64)
        before = numbers[:1] - 1 if self._last is None else self._last
        self._last = int(numbers[-1]) if len(numbers) else self._last
        lost: NDArray[np.int64] = np.diff(numbers, prepend=before) % 256 - 1
        return lost

    def flush(self) -> NDArray[np.int64]:
        """Return nothing: nothing is held back."""
        return np.zeros(0, np.int64)
