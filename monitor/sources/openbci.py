"""Recordings made with OpenBCI's own programs and boards, replayed as if they were live.

Text of the OpenBCI GUI, files of a Cyton's memory card and BrainFlow's CSV are told apart by what
stands in them. A file is read as it is needed: a night takes two gigabytes.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.domain.config import MAX_SFREQ, MIN_SFREQ
from monitor.domain.errors import SourceError
from monitor.domain.events import Event
from monitor.domain.inputs import MAX_GAP_S, Chunk, Gap, Input
from monitor.domain.montage import Montage
from monitor.sources.channels import CYTON_NAMES, RAILS_UV, pick_channels
from monitor.sources.link import Batch
from monitor.sources.loss import PACKETS_LOST
from monitor.sources.openbci_reader import LineError, Lines, Reader
from monitor.sources.openbci_sd import SAMPLE, STAMPS, SdReader
from monitor.sources.openbci_table import Table, TableReader, brainflow_table, gui_table

OPTIONS = ("channels", "sfreq", "board")

_HEAD = 1 << 16
"""Bytes within which the first sample has to stand."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a file holds and how it is read.

    Parameters
    ----------
    family : str or None
        Of the board.
    sfreq : float
        Sampling rate in Hz.
    n_channels : int
        Channels of the board.
    n_header : int
        Lines before the first sample.
    reader : callable
        Makes a reader for the lines that follow.
    """

    family: str | None
    sfreq: float
    n_channels: int
    n_header: int
    reader: Callable[[], Reader]


class OpenBciSource:
    """Some channels of a recording; every sample lost in it is a `Gap`.

    Parameters
    ----------
    path : Path
        The file.
    form : Form
        What it holds.
    rows : tuple of int
        Channels to give, from 0.
    montage : Montage
        What they are.
    chunk_s : float
        Longest chunk in seconds; changes no result.
    """

    live = False
    trouble = ""
    n_samples: int | None = None  # not before it is read

    def __init__(
        self, path: Path, form: Form, rows: tuple[int, ...], montage: Montage, chunk_s: float
    ) -> None:
        self.path = path
        self.sfreq = form.sfreq
        self.montage = montage
        self._form = form
        self._rows = list(rows)
        self._chunk = max(1, round(chunk_s * form.sfreq))
        self._lines = Lines(path, form.n_header)
        self._reader = form.reader()
        self._position, self._n_lost, self._wanted, self._ended = 0, 0, 0, False

    def read(self) -> list[Input] | None:
        """Return what the next block of the file holds, maybe nothing; None at the end."""
        if self._ended:
            return None
        lines = None if self._reader.ended else self._lines.read()
        if lines is None:
            self._ended = True
            return list(self._place(self._reader.flush()))
        try:
            return list(self._place(self._reader.push(lines)))
        except LineError as error:
            raise self._lines.error(error) from error

    def seek(self, sample: int) -> None:
        """Go on from this sample: the file is read from its beginning, in the reads that follow."""
        self._lines.close()
        self._lines = Lines(self.path, self._form.n_header)
        self._reader = self._form.reader()
        self._position, self._n_lost, self._wanted, self._ended = 0, 0, sample, False

    def notify(self, event: Event) -> None:
        """Hear nothing: the night is over."""

    def close(self) -> None:
        """Let go of the file."""
        self._lines.close()

    def _place(self, batch: Batch) -> Iterator[Input]:
        """Cut samples at their losses, and where they are too many for a chunk."""
        data = batch.data[self._rows]
        cuts = np.flatnonzero(batch.lost)
        for first, stop in zip([0, *cuts], [*cuts, len(batch.lost)], strict=True):
            if first < stop:
                yield from self._lose(int(batch.lost[first]))
            for begin in range(first, stop, self._chunk):
                yield from self._give(data[:, begin : min(begin + self._chunk, stop)])

    def _lose(self, n_lost: int) -> Iterator[Gap]:
        self._n_lost += n_lost
        if self._n_lost > MAX_GAP_S * self.sfreq:
            raise SourceError(
                f"{self.path}: {self._n_lost / self.sfreq:.0f} s are missing up to "
                f"{self._position / self.sfreq:.0f} s; at most {MAX_GAP_S} s can be bridged"
            )
        first = max(self._position, self._wanted)
        self._position += n_lost
        if first < self._position:
            yield Gap(first, self._position - first, PACKETS_LOST)

    def _give(self, data: NDArray[np.float64]) -> Iterator[Chunk]:
        first = max(self._position, self._wanted)
        wanted = data[:, first - self._position :]
        self._position += data.shape[1]
        if wanted.size:
            yield Chunk(wanted, first)


def open_openbci(path: str, params: Mapping[str, str], chunk_s: float = 1.0) -> OpenBciSource:
    """Open a recording.

    Parameters
    ----------
    path : str
        Text of the OpenBCI GUI, file of a Cyton's memory card, or BrainFlow's CSV.
    params : mapping
        ``channels``: which of the board's channels are what, as in ``1:Fpz-M2,2:C3-M2``; needed
        for all but Cyton and Cyton with Daisy, whose default is OpenBCI's cap. ``sfreq``: rate of
        a memory card's file in Hz, 250 if not given, for its samples do not tell. ``board``: whose
        BrainFlow CSV it is, needed for 32 columns: "synthetic" or "cyton-daisy".
    chunk_s : float
        Longest chunk in seconds.

    Raises
    ------
    SourceError
        When the file cannot be read or an option does not fit it.
    """
    if unknown := set(params) - set(OPTIONS):
        listed = ", ".join(sorted(unknown))
        raise SourceError(f"openbci: has no option {listed}; it has {', '.join(OPTIONS)}")
    file = Path(path)
    form = _recognise(file, {name: params[name] for name in params if name != "channels"})
    if not MIN_SFREQ <= form.sfreq <= MAX_SFREQ:
        raise SourceError(
            f"{file}: sampling rate {form.sfreq:g} Hz is outside {MIN_SFREQ:g} to {MAX_SFREQ:g} Hz"
        )
    rail_uv = RAILS_UV.get(form.family or "")
    names = CYTON_NAMES if form.family in ("cyton", "daisy") else ()
    picked = pick_channels(params.get("channels", ""), form.n_channels, rail_uv, str(file), names)
    return OpenBciSource(file, form, *picked, chunk_s)


def _recognise(file: Path, options: Mapping[str, str]) -> Form:
    """Tell from a file's beginning what it is."""
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEAD).split(b"\n")
    except OSError as error:
        raise SourceError(f"{file}: cannot be read: {error.strerror}") from error
    for option, fits in (("sfreq", _is_sd(head)), ("board", _is_csv(head))):
        if option in options and not fits:
            raise SourceError(f"{file}: what it holds needs no option {option}")
    try:
        if _is_sd(head):
            return _sd_form(head, options.get("sfreq", "250"))
        if head[0].startswith(b"%"):
            return _table_form(gui_table(head))
        if _is_csv(head):
            return _table_form(brainflow_table(head[0], options.get("board", "")))
    except SourceError as error:
        raise SourceError(f"{file}: {error}") from error
    raise SourceError(
        f"{file}: neither OpenBCI GUI text, a Cyton's memory card nor BrainFlow's CSV;"
        f" it begins {head[0][:40]!r}"
    )


def _is_sd(head: list[bytes]) -> bool:
    return head[0].rstrip() in STAMPS or SAMPLE.fullmatch(head[0]) is not None


def _is_csv(head: list[bytes]) -> bool:
    return re.fullmatch(rb"[-+.\w]+(\t[-+.\w]+)+\r?", head[0]) is not None


def _sd_form(head: list[bytes], rate: str) -> Form:
    try:
        sfreq = float(rate)
    except ValueError as error:
        raise SourceError(f"sfreq={rate} must be a number") from error
    samples = [match for line in head if (match := SAMPLE.fullmatch(line))]
    if not samples:
        raise SourceError("no sample follows its beginning")
    n_channels = len(samples[0][1]) // 7
    return Form("cyton", sfreq, n_channels, 0, lambda: SdReader(n_channels, sfreq))


def _table_form(table: Table) -> Form:
    n_channels = len(table.eeg)
    return Form(table.family, table.sfreq, n_channels, table.n_header, lambda: TableReader(table))
