"""The fixed header of EDF, EDF+ and BDF files: where things lie in them.

Field widths are those of the EDF specification (Kemp et al. 1992); BDF differs in its first byte
and in three instead of two bytes a sample.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path

from monitor.domain.errors import SourceError

_FIXED = 256
_PER_SIGNAL = 256
_WIDTHS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)  # label … samples a record, reserved
LABEL, TRANSDUCER, DIMENSION, SAMPLES = 0, 1, 2, 8
RANGES = {"physical minimum": 3, "physical maximum": 4, "digital minimum": 5, "digital maximum": 6}
"""Where columns stand."""

_BDF = 0xFF  # first byte of a BDF file
MAX_SIGNALS = 512

EQUIPMENT = "dreamwatch"
"""Names our own recordings in EDF+'s subfield for the equipment. In them the lowest digital value
is never signal: it stands where a sample is missing."""

_OWN = re.compile(rf"Startdate \S+ \S+ \S+ {EQUIPMENT}\b")
_FULL_SCALE = re.compile(r"full scale ([\d.]+) uV")


def full_scale_text(rail_uv: float | None) -> str:
    """Write the transducer field of our own recordings."""
    return "" if rail_uv is None else f"electrode, full scale {rail_uv:.10g} uV"


def parse_full_scale(text: str) -> float | None:
    """Read what `full_scale_text` wrote; None for any other text."""
    found = _FULL_SCALE.search(text)
    return float(found[1]) if found else None


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
    n_samples : list of int
        Samples a record of each signal.
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
    n_samples: list[int]

    @property
    def sample_bytes(self) -> int:
        """Size of a sample."""
        return 3 if self.is_bdf else 2

    @property
    def n_whole(self) -> int:
        """Number of whole data records in the file as it is."""
        n_bytes = self.file_bytes - self.header_bytes
        return n_bytes // self.record_bytes if self.record_bytes > 0 else 0

    @property
    def is_own(self) -> bool:
        """Whether we wrote the file, so that what it calls missing is missing."""
        return _OWN.match(self.recording) is not None


def read_layout(path: Path, *, continuous: bool = True) -> EdfLayout:
    """Read where things lie, in a file whose end may be missing.

    Parameters
    ----------
    path : Path
    continuous : bool
        Whether to refuse a file that says that it is discontinuous.

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
    if continuous:
        _check_continuous(path, fixed)
    is_bdf = fixed[0] == _BDF
    columns = _columns(table, n_signals)
    n_samples = [int(number(path, "samples per record", text)) for text in columns[SAMPLES]]
    if min(n_samples) < 0:
        raise SourceError(f"{path}: its header has a signal of {min(n_samples)} samples per record")
    return EdfLayout(
        header_bytes=_FIXED + _PER_SIGNAL * n_signals,
        record_bytes=sum(n_samples) * (3 if is_bdf else 2),
        file_bytes=size,
        n_records=int(number(path, "number of records", _text(fixed[236:244]))),
        record_s=number(path, "record duration", _text(fixed[244:252])),
        is_bdf=is_bdf,
        is_plus=fixed[193:196] == b"DF+",
        recording=_text(fixed[88:168]),
        columns=columns,
        n_samples=n_samples,
    )


def _count_signals(path: Path, fixed: bytes) -> int:
    is_edf = fixed[:8] == b"0       "
    is_bdf = fixed[:8] == b"\xffBIOSEMI"
    if len(fixed) < _FIXED or not (is_edf or is_bdf):
        raise SourceError(f"{path}: is no EDF, EDF+ or BDF file: it begins with {fixed[:8]!r}")
    count = number(path, "number of signals", _text(fixed[252:256]))
    if not 1 <= count <= MAX_SIGNALS:
        raise SourceError(f"{path}: has {count:g} signals, the limit is 1 to {MAX_SIGNALS}")
    return int(count)


def check_whole(path: Path, layout: EdfLayout) -> None:
    """Compare the size of a file with what its header promises, if it does yet.

    Raises
    ------
    SourceError
        When the file is shorter.
    """
    expected = layout.header_bytes + layout.n_records * layout.record_bytes
    if layout.file_bytes < expected:
        raise SourceError(
            f"{path}: truncated: {layout.file_bytes} bytes, its header promises {expected}: "
            "dreamwatch recover mends it"
        )


def _check_continuous(path: Path, fixed: bytes) -> None:
    if fixed[192:197] in (b"EDF+D", b"BDF+D"):
        raise SourceError(
            f"{path}: is discontinuous ({_text(fixed[192:197])}): its lost time cannot be told; "
            "convert it to a continuous file"
        )


def _check_fixed(path: Path, fixed: bytes, n_signals: int) -> None:
    size, expected = number(path, "header size", _text(fixed[184:192])), _FIXED * (n_signals + 1)
    if size != expected:
        raise SourceError(f"{path}: header size is {size:g} bytes, {n_signals} signals: {expected}")


def _columns(table: bytes, n_signals: int) -> list[list[str]]:
    columns, offset = [], 0
    for width in _WIDTHS:
        cells = (table[offset + i * width : offset + (i + 1) * width] for i in range(n_signals))
        columns.append([_text(cell) for cell in cells])
        offset += width * n_signals
    return columns


def _text(field: bytes) -> str:
    return field.decode("latin-1").strip()


def number(path: Path, name: str, text: str) -> float:
    """Parse a field.

    Raises
    ------
    SourceError
        When it is no finite number.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise SourceError(f"{path}: its header's {name} is {text!r}, not a number")
    return value
