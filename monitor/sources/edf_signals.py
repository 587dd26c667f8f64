"""The signals of EDF and BDF files: what a header says of each, and their samples in µV."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.domain.errors import SourceError
from monitor.sources.edf_header import (
    DIMENSION,
    LABEL,
    RANGES,
    TRANSDUCER,
    EdfLayout,
    check_whole,
    number,
    parse_full_scale,
    read_layout,
)

_MICROVOLTS = {"v": 1e6, "mv": 1e3, "nv": 1e-3}
"""µV in a unit of each physical dimension; any other is µV in some spelling, or taken as such."""

_IN_VOLTS = {*_MICROVOLTS, "uv", "µv", "μv", "muv", "microv"}  # both signs for micro are in use

_BEING_WRITTEN = -1  # number of records until it is known
_BLOCK = 1024  # records read at once
_ANNOTATION = re.compile(rb"([+-]\d+(?:\.\d*)?)(?:\x15[\d.]*)?\x14([^\x14\x00]+)\x14\x00")


@dataclass(frozen=True, slots=True)
class EdfSignal:
    """What the header says of a signal.

    Parameters
    ----------
    label : str
        Its name.
    rate : float
        Sampling rate in Hz.
    first_sample, n_samples : int
        Where its samples begin in a data record, counted in samples, and how many they are.
    gain, offset : float
        µV of a digital step, and of the digital value 0.
    rail_uv : float or None
        Full scale of the amplifier in µV, where one of our own recordings says it.
    in_volts : bool
        Whether its physical dimension is a voltage.
    missing : int or None
        Digital value of a sample that is missing, in one of our own recordings.
    """

    label: str
    rate: float
    first_sample: int
    n_samples: int
    gain: float
    offset: float
    rail_uv: float | None
    in_volts: bool
    missing: int | None


def read_header(path: Path) -> tuple[EdfLayout, list[EdfSignal]]:
    """Read and check a header; annotations are no signals.

    Raises
    ------
    SourceError
        When the file is missing, no EDF or BDF, discontinuous, shorter than its header says, or a
        sampling rate is zero.
    """
    layout = read_layout(path)
    _check_size(path, layout)
    signals = [
        _signal(path, layout, i)
        for i, label in enumerate(layout.columns[LABEL])
        if not label.endswith("Annotations")
    ]
    if not signals:
        raise SourceError(f"{path}: holds annotations only, no signal")
    return layout, signals


def read_signals(
    path: Path, layout: EdfLayout, signals: Sequence[EdfSignal], first: int, stop: int
) -> NDArray[np.float64]:
    """Read samples `first` to before `stop` of signals of one rate.

    Returns
    -------
    ndarray, shape (n_signals, stop - first)
        µV; NaN where a sample is missing.

    Raises
    ------
    SourceError
        When the file is gone or has become shorter.
    """
    data = np.empty((len(signals), stop - first))
    length = signals[0].n_samples
    records = _read_records(path, layout, first // length, -(-stop // length))
    wanted = slice(first % length, first % length + stop - first)
    for row, signal in zip(data, signals, strict=True):
        samples = records[:, signal.first_sample : signal.first_sample + length]
        digital = _digital(samples).reshape(-1)[wanted]
        np.multiply(digital, signal.gain, out=row)
        row += signal.offset
        if signal.missing is not None:
            row[digital == signal.missing] = np.nan
    return data


def own_annotations(path: Path, layout: EdfLayout) -> Iterator[tuple[float, str]]:
    """Give onset in seconds and text of every annotation of a recording of our own."""
    before = sum(layout.n_samples[:-1])  # they come last
    for first in range(0, layout.n_whole, _BLOCK):
        records = _read_records(path, layout, first, min(first + _BLOCK, layout.n_whole))
        for onset, text in _ANNOTATION.findall(records[:, before:].tobytes()):
            yield float(onset), text.decode(errors="replace")


def _check_size(path: Path, layout: EdfLayout) -> None:
    n_records = layout.n_records
    if n_records != _BEING_WRITTEN and n_records < 1:
        raise SourceError(f"{path}: holds no signal ({n_records} records)")
    check_whole(path, layout)
    if not layout.n_whole:
        raise SourceError(
            f"{path}: holds no signal ({layout.file_bytes} bytes, {layout.header_bytes} are header)"
        )


def _signal(path: Path, layout: EdfLayout, i: int) -> EdfSignal:
    label, n_samples = layout.columns[LABEL][i], layout.n_samples[i]
    if layout.record_s <= 0 or n_samples <= 0:
        raise SourceError(
            f"{path}: sampling rate of {label!r} is zero "
            f"({n_samples} samples in {layout.record_s:g} s)"
        )
    lowest, highest, first, last = (
        number(path, name, layout.columns[column][i].replace(",", "."))
        for name, column in RANGES.items()
    )
    dimension = layout.columns[DIMENSION][i].lower()
    unit = _MICROVOLTS.get(dimension, 1.0)
    step = ((highest - lowest) or 1.0) / ((last - first) or 1.0)  # a range of zero says nothing
    return EdfSignal(
        label=label,
        rate=n_samples / layout.record_s,
        first_sample=sum(layout.n_samples[:i]),
        n_samples=n_samples,
        gain=unit * step,
        offset=unit * (lowest - first * step),
        rail_uv=parse_full_scale(layout.columns[TRANSDUCER][i]) if layout.is_own else None,
        in_volts=dimension in _IN_VOLTS,
        missing=int(first) if layout.is_own else None,
    )


def _read_records(path: Path, layout: EdfLayout, first: int, stop: int) -> NDArray[np.uint8]:
    """Read whole data records, shape (n_records, n_samples, bytes of a sample)."""
    begin, size = layout.header_bytes + first * layout.record_bytes, layout.record_bytes
    try:
        content = np.fromfile(path, np.uint8, (stop - first) * size, offset=begin)
        return content.reshape(stop - first, -1, layout.sample_bytes)
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: cannot be read any more: {error}") from error


def _digital(records: NDArray[np.uint8]) -> NDArray[np.signedinteger]:
    """Return the values whose two or three bytes, the lowest first, are the last axis."""
    if records.shape[-1] == 2:
        return records.view("<i2")[..., 0]
    words = np.zeros((*records.shape[:-1], 4), np.uint8)
    words[..., 1:] = records
    return words.view("<i4")[..., 0] >> 8  # down again, with its sign
