"""Mending a recording whose writing was cut short, by a crash or a power failure."""

import fcntl
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from monitor.domain.errors import SourceError
from monitor.sources.annotations import read_annotations
from monitor.sources.edf_header import EdfLayout, read_layout
from service.recording.layout import COUNT_AT

_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a recording holds after it was mended.

    Parameters
    ----------
    path : Path
        The mended file.
    n_records : int
        Whole data records.
    duration_s : float
        Their length in seconds.
    n_annotations : int
    cut_bytes : int
        Size of the incomplete tail that was cut off.
    counted : int
        Number of records its header had told; -1: unknown.
    """

    path: Path
    n_records: int
    duration_s: float
    n_annotations: int
    cut_bytes: int
    counted: int


def recover(path: Path, out: Path | None = None) -> Recovered:
    """Cut off a data record that is not whole and set the number of records.

    Nothing else is changed, and no whole record is ever cut but those at the end of an EDF+ or BDF+
    file that are nothing but zero bytes, which not even hold their time: space which a power
    failure left without its content.

    Parameters
    ----------
    path : Path
        EDF, EDF+, BDF or BDF+ file.
    out : Path or None
        Where the mended file goes; None mends the file itself. Must not exist.

    Raises
    ------
    SourceError
        When it is no such file, is being recorded now, holds no whole record or cannot be written.
    """
    layout = read_layout(path)
    if layout.record_bytes <= 0:
        raise SourceError(f"{path}: its data records have no samples")
    try:
        with path.open("rb") as file:
            _check_idle(file, path)
            n_records = _whole_records(file, layout)
        if not n_records:
            raise SourceError(f"{path}: holds no whole data record, nothing can be recovered")
        end = layout.header_bytes + n_records * layout.record_bytes
        _mend(_copy(path, out) if out else path, n_records, end)
    except OSError as error:
        where = error.filename or out or path
        raise SourceError(f"{where}: cannot be recovered: {error.strerror or error}") from error
    mended = out or path
    return Recovered(
        mended,
        n_records,
        n_records * layout.record_s,
        len(read_annotations(mended)),
        layout.file_bytes - end,
        layout.n_records,
    )


def _check_idle(file: BinaryIO, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise SourceError(f"{path}: is being recorded now") from error
    except OSError:  # some network file systems have no locks
        return


def _whole_records(file: BinaryIO, layout: EdfLayout) -> int:
    """Count the whole records, in EDF+ up to the last that has any content."""
    n_records = (layout.file_bytes - layout.header_bytes) // layout.record_bytes
    while n_records and layout.is_plus:
        file.seek(layout.header_bytes + (n_records - 1) * layout.record_bytes)
        if any(file.read(layout.record_bytes)):
            break
        n_records -= 1
    return n_records


def _copy(path: Path, out: Path) -> Path:
    with path.open("rb") as source, out.open("xb") as target:
        shutil.copyfileobj(source, target, _BLOCK)
    return out


def _mend(path: Path, n_records: int, end: int) -> None:
    count = b"%-8d" % n_records
    with path.open("r+b") as file:
        file.seek(COUNT_AT)
        as_counted = file.read(len(count)) == count
        if as_counted and path.stat().st_size == end:
            return
        file.truncate(end)
        file.seek(COUNT_AT)
        file.write(count)
        file.flush()
        os.fsync(file.fileno())
