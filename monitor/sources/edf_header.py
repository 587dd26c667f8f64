"""The fixed header of EDF, EDF+ and BDF files: enough to refuse a damaged file by name.

Field widths are those of the EDF specification (Kemp et al. 1992); BDF differs in its first byte
and in three instead of two bytes a sample.
"""

from dataclasses import dataclass
from pathlib import Path

from monitor.domain.errors import SourceError

_FIXED = 256
_PER_SIGNAL = 256
_WIDTHS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)  # label … samples a record, reserved
_LABEL, _DIMENSION, _SAMPLES = 0, 2, 8
MAX_SIGNALS = 512


@dataclass(frozen=True, slots=True)
class EdfHeader:
    """What the header says.

    Parameters
    ----------
    labels, dimensions : tuple of str
        Name and physical dimension of each signal, annotation signals left out.
    rates : tuple of float
        Sampling rate of each signal in Hz.
    """

    labels: tuple[str, ...]
    dimensions: tuple[str, ...]
    rates: tuple[float, ...]


def read_header(path: Path) -> EdfHeader:
    """Read and check a header.

    Raises
    ------
    SourceError
        When the file is missing, no EDF or BDF, shorter than its header says, or a sampling rate
        is zero.
    """
    try:
        with path.open("rb") as file:
            fixed = file.read(_FIXED)
            n_signals = _count_signals(path, fixed)
            table = file.read(_PER_SIGNAL * n_signals)
        size = path.stat().st_size
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(table) < _PER_SIGNAL * n_signals:
        raise SourceError(f"{path}: truncated inside its header ({size} bytes)")
    columns = _columns(table, n_signals)
    samples = [_number(path, "samples per record", text) for text in columns[_SAMPLES]]
    _check_size(path, fixed, sum(samples), _FIXED + _PER_SIGNAL * n_signals, size)
    return _signals(path, columns, samples, _number(path, "record duration", _text(fixed[244:252])))


def _count_signals(path: Path, fixed: bytes) -> int:
    is_edf = fixed[:8] == b"0       "
    is_bdf = fixed[:8] == b"\xffBIOSEMI"
    if len(fixed) < _FIXED or not (is_edf or is_bdf):
        raise SourceError(f"{path}: is no EDF, EDF+ or BDF file: it begins with {fixed[:8]!r}")
    count = _number(path, "number of signals", _text(fixed[252:256]))
    if not 1 <= count <= MAX_SIGNALS:
        raise SourceError(f"{path}: has {count:g} signals, the limit is 1 to {MAX_SIGNALS}")
    return int(count)


def _check_size(path: Path, fixed: bytes, samples: float, header: int, size: int) -> None:
    """Compare the size of the file with what its header promises; -1 records: still recording."""
    records = _number(path, "number of records", _text(fixed[236:244]))
    width = 3 if fixed[0] == 0xFF else 2
    expected = header + int(records * samples) * width
    if records >= 0 and size < expected:
        raise SourceError(f"{path}: truncated: {size} bytes, its header promises {expected}")
    if size <= header:
        raise SourceError(f"{path}: holds no signal ({size} bytes, all header)")


def _signals(
    path: Path, columns: list[list[str]], samples: list[float], duration: float
) -> EdfHeader:
    keep = [i for i, label in enumerate(columns[_LABEL]) if not label.endswith("Annotations")]
    if not keep:
        raise SourceError(f"{path}: holds annotations only, no signal")
    for i in keep:
        if duration <= 0 or samples[i] <= 0:
            raise SourceError(
                f"{path}: sampling rate of {columns[_LABEL][i]!r} is zero "
                f"({samples[i]:g} samples in {duration:g} s)"
            )
    return EdfHeader(
        labels=tuple(columns[_LABEL][i] for i in keep),
        dimensions=tuple(columns[_DIMENSION][i] for i in keep),
        rates=tuple(samples[i] / duration for i in keep),
    )


def _columns(table: bytes, n_signals: int) -> list[list[str]]:
    columns, offset = [], 0
    for width in _WIDTHS:
        cells = (table[offset + i * width : offset + (i + 1) * width] for i in range(n_signals))
        columns.append([_text(cell) for cell in cells])
        offset += width * n_signals
    return columns


def _text(field: bytes) -> str:
    return field.decode("latin-1").strip()


def _number(path: Path, name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise SourceError(f"{path}: its header's {name} is {text!r}, not a number") from None
