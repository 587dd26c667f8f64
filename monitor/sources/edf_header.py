"""The fixed header of EDF, EDF+ and BDF files: enough to refuse a damaged file by name.

Field widths are those of the EDF specification (Kemp et al. 1992); BDF differs in its first byte
and in three instead of two bytes a sample.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from monitor.domain.errors import SourceError

_FIXED = 256
_PER_SIGNAL = 256
_WIDTHS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)  # label … samples a record, reserved
_LABEL, _DIMENSION, _SAMPLES = 0, 2, 8
_BDF = 0xFF  # first byte of a BDF file
_RECORDING = -1  # number of records while a file is being written
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
    is_bdf : bool
        Whether samples have three bytes.
    """

    labels: tuple[str, ...]
    dimensions: tuple[str, ...]
    rates: tuple[float, ...]
    is_bdf: bool


def read_header(path: Path) -> EdfHeader:
    """Read and check a header.

    Raises
    ------
    SourceError
        When the file is missing, no EDF or BDF, discontinuous, shorter than its header says, or a
        sampling rate is zero.
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
    _check_fixed(path, fixed, n_signals)
    columns = _columns(table, n_signals)
    samples = [_number(path, "samples per record", text) for text in columns[_SAMPLES]]
    _check_size(path, fixed, sum(samples), _FIXED + _PER_SIGNAL * n_signals, size)
    duration = _number(path, "record duration", _text(fixed[244:252]))
    return _signals(path, columns, samples, duration, is_bdf=fixed[0] == _BDF)


def _count_signals(path: Path, fixed: bytes) -> int:
    is_edf = fixed[:8] == b"0       "
    is_bdf = fixed[:8] == b"\xffBIOSEMI"
    if len(fixed) < _FIXED or not (is_edf or is_bdf):
        raise SourceError(f"{path}: is no EDF, EDF+ or BDF file: it begins with {fixed[:8]!r}")
    count = _number(path, "number of signals", _text(fixed[252:256]))
    if not 1 <= count <= MAX_SIGNALS:
        raise SourceError(f"{path}: has {count:g} signals, the limit is 1 to {MAX_SIGNALS}")
    return int(count)


def _check_fixed(path: Path, fixed: bytes, n_signals: int) -> None:
    if fixed[192:197] in (b"EDF+D", b"BDF+D"):
        raise SourceError(
            f"{path}: is discontinuous ({_text(fixed[192:197])}): its lost time cannot be told; "
            "convert it to a continuous file"
        )
    size, expected = _number(path, "header size", _text(fixed[184:192])), _FIXED * (n_signals + 1)
    if size != expected:
        raise SourceError(f"{path}: header size is {size:g} bytes, {n_signals} signals: {expected}")


def _check_size(path: Path, fixed: bytes, samples: float, header: int, size: int) -> None:
    """Compare the size of the file with what its header promises, if it does yet."""
    records = _number(path, "number of records", _text(fixed[236:244]))
    expected = header + int(records * samples) * (3 if fixed[0] == _BDF else 2)
    if records != _RECORDING and records < 1:
        raise SourceError(f"{path}: holds no signal ({records:g} records)")
    if size < expected:
        raise SourceError(f"{path}: truncated: {size} bytes, its header promises {expected}")
    if size <= header:
        raise SourceError(f"{path}: holds no signal ({size} bytes, all header)")


def _signals(
    path: Path, columns: list[list[str]], samples: list[float], duration: float, *, is_bdf: bool
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
        is_bdf=is_bdf,
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
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise SourceError(f"{path}: its header's {name} is {text!r}, not a number")
    return value
