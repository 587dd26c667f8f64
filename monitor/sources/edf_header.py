"""The fixed header of EDF, EDF+ and BDF files: enough to refuse a damaged file by name.

Field widths are those of the EDF specification (Kemp et al. 1992); BDF differs in its first byte
and in three instead of two bytes a sample.
"""

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.domain.errors import SourceError

_FIXED = 256
_PER_SIGNAL = 256
_WIDTHS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)  # label … samples a record, reserved
_LABEL, _TRANSDUCER, _DIMENSION, _SAMPLES = 0, 1, 2, 8
_PHYSICAL_MIN, _DIGITAL_MAX = 3, 6
_BDF = 0xFF  # first byte of a BDF file
_RECORDING = -1  # number of records while a file is being written
MAX_SIGNALS = 512

EQUIPMENT = "dreamwatch"
"""Names our own recordings in EDF+'s subfield for the equipment. In them the lowest digital value
is never signal: it stands where a sample is missing."""

_OWN = re.compile(rf"Startdate \S+ \S+ \S+ {EQUIPMENT}\b")
_FULL_SCALE = re.compile(r"full scale ([\d.]+) uV")


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
    rails : tuple of float or None
        Full scale of each signal's amplifier in µV, where one of our own recordings says it.
    missing : tuple of float
        Physical value up to which a sample is missing; minus infinity where the file is not ours.
    """

    labels: tuple[str, ...]
    dimensions: tuple[str, ...]
    rates: tuple[float, ...]
    is_bdf: bool
    rails: tuple[float | None, ...]
    missing: tuple[float, ...]

    @property
    def is_own(self) -> bool:
        """Whether we wrote the file, so that what it calls missing is missing."""
        return math.isfinite(self.missing[0])


def full_scale_text(rail_uv: float | None) -> str:
    """Write the transducer field of our own recordings."""
    return "" if rail_uv is None else f"electrode, full scale {rail_uv:.10g} uV"


@dataclass(frozen=True, slots=True)
class EdfLayout:
    """Where things lie in a file, whatever it holds.

    Parameters
    ----------
    header_bytes, record_bytes, file_bytes : int
        Sizes; that of the file as it is, not as its header promises.
    n_records : int
        As the header says; -1 while unknown.
    record_s : float
        Length of a data record in seconds.
    is_bdf : bool
        Whether samples have three bytes.
    is_plus : bool
        Whether it is EDF+ or BDF+, whose records hold their own time.
    recording : str
        The field that identifies the recording.
    columns : list of list of str
        The fields of all signals, column by column.
    """

    header_bytes: int
    record_bytes: int
    file_bytes: int
    n_records: int
    record_s: float
    is_bdf: bool
    is_plus: bool
    recording: str
    columns: list[list[str]]


def read_header(path: Path) -> EdfHeader:
    """Read and check a header.

    Raises
    ------
    SourceError
        When the file is missing, no EDF or BDF, discontinuous, shorter than its header says, or a
        sampling rate is zero.
    """
    layout = read_layout(path)
    _check_size(path, layout)
    header = _signals(path, layout)
    return _as_own(path, header, layout.columns) if _OWN.match(layout.recording) else header


def read_layout(path: Path) -> EdfLayout:
    """Read where things lie, in a file whose end may be missing.

    Raises
    ------
    SourceError
        When the file is missing, no EDF or BDF, discontinuous, or damaged in its header.
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
    is_bdf = fixed[0] == _BDF
    columns = _columns(table, n_signals)
    n_samples = [_number(path, "samples per record", text) for text in columns[_SAMPLES]]
    return EdfLayout(
        header_bytes=_FIXED + _PER_SIGNAL * n_signals,
        record_bytes=int(sum(n_samples)) * (3 if is_bdf else 2),
        file_bytes=size,
        n_records=int(_number(path, "number of records", _text(fixed[236:244]))),
        record_s=_number(path, "record duration", _text(fixed[244:252])),
        is_bdf=is_bdf,
        is_plus=fixed[193:196] == b"DF+",
        recording=_text(fixed[88:168]),
        columns=columns,
    )


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


def _check_size(path: Path, layout: EdfLayout) -> None:
    """Compare the size of the file with what its header promises, if it does yet."""
    n_records, size = layout.n_records, layout.file_bytes
    expected = layout.header_bytes + n_records * layout.record_bytes
    if n_records != _RECORDING and n_records < 1:
        raise SourceError(f"{path}: holds no signal ({n_records} records)")
    if size < expected:
        raise SourceError(
            f"{path}: truncated: {size} bytes, its header promises {expected}: "
            "dreamwatch recover mends it"
        )
    if size <= layout.header_bytes:
        raise SourceError(f"{path}: holds no signal ({size} bytes, all header)")


def _signals(path: Path, layout: EdfLayout) -> EdfHeader:
    columns, duration = layout.columns, layout.record_s
    keep = [i for i, label in enumerate(columns[_LABEL]) if not label.endswith("Annotations")]
    if not keep:
        raise SourceError(f"{path}: holds annotations only, no signal")
    samples = [float(text) for text in columns[_SAMPLES]]
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
        is_bdf=layout.is_bdf,
        rails=(None,) * len(keep),
        missing=(-math.inf,) * len(keep),
    )


def _as_own(path: Path, header: EdfHeader, columns: list[list[str]]) -> EdfHeader:
    """Add what only our own recordings tell; their ranges are symmetric about zero."""
    keep = range(len(header.labels))  # the annotations come last
    lowest = [_number(path, "physical minimum", columns[_PHYSICAL_MIN][i]) for i in keep]
    n_steps = [_number(path, "digital maximum", columns[_DIGITAL_MAX][i]) for i in keep]
    scales = [_FULL_SCALE.search(columns[_TRANSDUCER][i]) for i in keep]
    return replace(
        header,
        rails=tuple(float(scale[1]) if scale else None for scale in scales),
        missing=tuple(low * (1 - 0.5 / n) for low, n in zip(lowest, n_steps, strict=True)),
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
