"""Recordings in EDF, EDF+ and BDF, replayed as if they came from a headset."""

import warnings
from bisect import bisect_right
from collections.abc import Mapping
from pathlib import Path

import mne
import numpy as np
from numpy.typing import NDArray

from monitor.domain.errors import SourceError
from monitor.domain.events import Event
from monitor.domain.inputs import Chunk, Gap, Input
from monitor.domain.montage import Channel, ChannelKind, Montage, guess_kind
from monitor.signal.filter import MAX_SFREQ, MIN_SFREQ
from monitor.sources.annotations import END_TEXT, parse_gap
from monitor.sources.edf_header import EdfHeader, read_header

BLOCK_S = 300
"""Seconds read from the file at once."""

_MICROVOLTS = {"v": 1e6, "mv": 1e3, "nv": 1e-3}
"""µV in a unit of each physical dimension; any other is µV in some spelling, or taken as such."""

_MNE_VOLTS = {"uV": 1e-6, "µV": 1e-6, "\u03bcV": 1e-6, "\x83\xcaV": 1e-6, "mV": 1e-3}
"""What MNE has multiplied signal of a physical dimension with, to the letter; 1 for any other."""


class EdfSource:
    """Some channels of a recording.

    Parameters
    ----------
    path : Path
        The file.
    ch_names : sequence of str
        Labels to read, all of one sampling rate.
    header : EdfHeader
        As read from the file.
    chunk_s : float
        Length of a chunk in seconds; changes no result.
    """

    live = False

    def __init__(
        self, path: Path, ch_names: list[str], header: EdfHeader, chunk_s: float = 1.0
    ) -> None:
        self.path = path
        self.montage = _montage(ch_names, header)
        self._raw = _open_raw(path, header, ch_names)
        self.sfreq = float(self._raw.info["sfreq"])
        gaps, end = _losses(self._raw) if header.is_own else ([], int(self._raw.n_times))
        self._gaps, self._end = gaps, end
        self.n_samples: int | None = end
        self._rows = [self._raw.ch_names.index(name) for name in ch_names]
        dimensions = dict(zip(header.labels, header.dimensions, strict=True))
        self._scale = np.array([[_to_microvolts(dimensions[name])] for name in ch_names])
        missing = dict(zip(header.labels, header.missing, strict=True))
        self._missing = np.array([[missing[name]] for name in ch_names])
        self._chunk = max(1, round(chunk_s * self.sfreq))
        self._position = 0
        self._block_start = 0
        self._block: NDArray[np.float64] = np.empty((len(ch_names), 0))

    def read(self) -> list[Input] | None:
        """Return the next chunk or, in a recording of our own, gap; None at the end."""
        first = self._position
        if first >= self._end:
            return None
        gap, stop = self._gap_at(first)
        if gap is not None:
            self._position += gap.n_samples
            return [gap]
        if first >= self._block_start + self._block.shape[1]:
            self._load(first)
        offset = first - self._block_start
        data = self._block[:, offset : offset + min(self._chunk, stop - first)]
        self._position += data.shape[1]
        return [Chunk(data, first)]

    def seek(self, sample: int) -> None:
        """Go on from this sample."""
        self._position = sample
        self._block_start, self._block = sample, self._block[:, :0]

    def notify(self, event: Event) -> None:
        """Hear nothing: the night is over."""

    def close(self) -> None:
        """Let go of the file."""
        self._raw.close()

    def _gap_at(self, sample: int) -> tuple[Gap | None, int]:
        """Return what is left of the gap at a sample, or where the signal stops next."""
        after = bisect_right(self._gaps, sample, key=lambda gap: gap.first_sample)
        stop = self._gaps[after].first_sample if after < len(self._gaps) else self._end
        if after:
            gap = self._gaps[after - 1]
            left = min(gap.first_sample + gap.n_samples, stop) - sample
            if left > 0:
                return Gap(sample, left, gap.cause), stop
        return None, stop

    def _load(self, first: int) -> None:
        stop = min(first + round(BLOCK_S * self.sfreq), self._end)
        try:
            data = self._raw.get_data(self._rows, first, max(first, stop))
        except (OSError, ValueError) as error:
            raise SourceError(f"{self.path}: cannot be read any more: {error}") from error
        data *= self._scale
        data[data <= self._missing] = np.nan
        self._block_start, self._block = first, data


def open_edf(path: str, params: Mapping[str, str], chunk_s: float = 1.0) -> EdfSource:
    """Open a recording.

    Parameters
    ----------
    path : str
        EDF, EDF+ or BDF file.
    params : mapping
        ``channels``: labels to read, separated by commas; case and a leading "EEG " do not matter.
        Default: every EEG, EOG and EMG channel that has the sampling rate of the first EEG channel.

    chunk_s : float
        Length of a chunk in seconds, at most `BLOCK_S`.

    Raises
    ------
    SourceError
        When the file cannot be read or has no such channel.
    """
    unknown = set(params) - {"channels"}
    if unknown:
        raise SourceError(f"edf: has no option {', '.join(sorted(unknown))}; it has channels")
    file = Path(path)
    header = read_header(file)
    wanted = [name for name in params.get("channels", "").split(",") if name.strip()]
    names = [_find(file, header, name) for name in wanted] if wanted else _default(file, header)
    _check_labels(file, header, names)
    rates = {header.rates[header.labels.index(name)] for name in names}
    if len(rates) > 1:
        listed = ", ".join(f"{rate:g}" for rate in sorted(rates))
        raise SourceError(f"{file}: channels of different sampling rates ({listed} Hz): pick one")
    rate = rates.pop()
    if not MIN_SFREQ <= rate <= MAX_SFREQ:
        raise SourceError(
            f"{file}: sampling rate {rate:g} Hz is outside {MIN_SFREQ:g} to {MAX_SFREQ:g} Hz"
        )
    return EdfSource(file, names, header, chunk_s)


def _montage(ch_names: list[str], header: EdfHeader) -> Montage:
    rails = dict(zip(header.labels, header.rails, strict=True))
    return Montage(tuple(Channel(name, guess_kind(name), rails[name]) for name in ch_names))


def _losses(raw: mne.io.BaseRaw) -> tuple[list[Gap], int]:
    """Return the gaps and the end of the signal, as a recording of our own marks them."""
    gaps, end = [], int(raw.n_times)
    for onset_s, text in zip(raw.annotations.onset, raw.annotations.description, strict=True):
        sample = round(float(onset_s) * raw.info["sfreq"])
        if text == END_TEXT:
            end = min(end, sample)
        elif gap := parse_gap(text, sample):
            gaps.append(gap)
    return sorted(gaps, key=lambda gap: gap.first_sample), end


def _to_microvolts(dimension: str) -> float:
    """Return the factor from what MNE reads to µV."""
    return _MICROVOLTS.get(dimension.lower(), 1.0) / _MNE_VOLTS.get(dimension, 1.0)


def _check_labels(path: Path, header: EdfHeader, names: list[str]) -> None:
    for name in names:
        if (count := header.labels.count(name)) > 1:
            raise SourceError(f"{path}: {count} channels are labelled {name!r}: rename them")


def _find(path: Path, header: EdfHeader, wanted: str) -> str:
    """Return the label a user means; an exact one first."""
    for label in header.labels:
        if label == wanted.strip():
            return label
    for label in header.labels:
        if _plain(label) == _plain(wanted):
            return label
    raise SourceError(f"{path}: no channel {wanted!r}; it has {', '.join(header.labels)}")


def _plain(label: str) -> str:
    return label.strip().upper().removeprefix("EEG ").strip()


def _default(path: Path, header: EdfHeader) -> list[str]:
    kinds = [guess_kind(label) for label in header.labels]
    if ChannelKind.EEG not in kinds:
        names = ", ".join(header.labels)
        raise SourceError(f"{path}: no EEG channel among {names}: name them with channels=")
    rate = header.rates[kinds.index(ChannelKind.EEG)]
    table = zip(header.labels, kinds, header.rates, strict=True)
    return [name for name, kind, r in table if kind is not ChannelKind.OTHER and r == rate]


def _open_raw(path: Path, header: EdfHeader, ch_names: list[str]) -> mne.io.BaseRaw:
    """Open with MNE; what it only warns of is an error or of no concern here."""
    reader = mne.io.read_raw_bdf if header.is_bdf else mne.io.read_raw_edf
    suffix = ".bdf" if header.is_bdf else ".edf"
    if path.suffix.lower() != suffix:
        raise SourceError(f"{path}: its content is {suffix[1:].upper()}: let its name end {suffix}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return reader(path, include=ch_names, preload=False, verbose="error")
    except (AssertionError, ValueError, OSError, RuntimeError) as error:
        raise SourceError(f"{path}: MNE cannot read it: {error}") from error
