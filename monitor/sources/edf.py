"""Recordings in EDF, EDF+ and BDF, replayed as if they came from a headset."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.domain.config import MAX_SFREQ, MIN_SFREQ
from monitor.domain.errors import SourceError
from monitor.domain.events import Event
from monitor.domain.inputs import Chunk, Gap, Input
from monitor.domain.montage import Channel, ChannelKind, Montage, guess_kind
from monitor.sources.annotations import END_TEXT, parse_gap
from monitor.sources.edf_header import EdfLayout
from monitor.sources.edf_signals import EdfSignal, own_annotations, read_header, read_signals

BLOCK_S = 300
"""Seconds read from the file at once."""


class EdfSource:
    """Some channels of a recording.

    Parameters
    ----------
    path : Path
        The file.
    layout : EdfLayout
        Where things lie in it.
    signals : sequence of EdfSignal
        What to read of it, all of one sampling rate.
    chunk_s : float
        Length of a chunk in seconds; changes no result.
    """

    live = False
    trouble = ""

    def __init__(
        self, path: Path, layout: EdfLayout, signals: Sequence[EdfSignal], chunk_s: float = 1.0
    ) -> None:
        self.path = path
        self.montage = Montage(
            tuple(Channel(s.label, guess_kind(s.label), s.rail_uv, s.in_volts) for s in signals)
        )
        self.sfreq = signals[0].rate
        self._layout, self._signals = layout, signals
        self._gaps, self._end = _losses(path, layout, signals[0])
        self.n_samples: int | None = self._end
        self._chunk = max(1, round(chunk_s * self.sfreq))
        self._position = 0
        self._block_start = 0
        self._block: NDArray[np.float64] = np.empty((len(signals), 0))

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
        """Do nothing: the file is open only while it is read."""

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
        self._block = read_signals(self.path, self._layout, self._signals, first, stop)
        self._block_start = first


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
    layout, signals = read_header(file)
    wanted = [name for name in params.get("channels", "").split(",") if name.strip()]
    picked = [_find(file, signals, name) for name in wanted] or _default(file, signals)
    _check_labels(file, signals, picked)
    _check_rates(file, {signal.rate for signal in picked})
    _check_name(file, layout)
    return EdfSource(file, layout, picked, chunk_s)


def _losses(path: Path, layout: EdfLayout, signal: EdfSignal) -> tuple[list[Gap], int]:
    """Return the gaps and the end of the signal, as a recording of our own marks them."""
    gaps, end = [], layout.n_whole * signal.n_samples
    for onset_s, text in own_annotations(path, layout) if layout.is_own else ():
        sample = round(onset_s * signal.rate)
        if text == END_TEXT:
            end = min(end, sample)
        elif gap := parse_gap(text, sample):
            gaps.append(gap)
    return sorted(gaps, key=lambda gap: gap.first_sample), end


def _check_labels(path: Path, signals: Sequence[EdfSignal], picked: Sequence[EdfSignal]) -> None:
    labels = [signal.label for signal in signals]
    for signal in picked:
        if (count := labels.count(signal.label)) > 1:
            raise SourceError(
                f"{path}: {count} channels are labelled {signal.label!r}: rename them"
            )


def _check_rates(path: Path, rates: set[float]) -> None:
    if len(rates) > 1:
        listed = ", ".join(f"{rate:g}" for rate in sorted(rates))
        raise SourceError(f"{path}: channels of different sampling rates ({listed} Hz): pick one")
    (rate,) = rates
    if not MIN_SFREQ <= rate <= MAX_SFREQ:
        raise SourceError(
            f"{path}: sampling rate {rate:g} Hz is outside {MIN_SFREQ:g} to {MAX_SFREQ:g} Hz"
        )


def _check_name(path: Path, layout: EdfLayout) -> None:
    """Refuse a name that would let other software take the file for another format."""
    suffix = ".bdf" if layout.is_bdf else ".edf"
    if path.suffix.lower() != suffix:
        raise SourceError(f"{path}: its content is {suffix[1:].upper()}: let its name end {suffix}")


def _find(path: Path, signals: Sequence[EdfSignal], wanted: str) -> EdfSignal:
    """Return the signal a user means; an exact label first."""
    for signal in signals:
        if signal.label == wanted.strip():
            return signal
    for signal in signals:
        if _plain(signal.label) == _plain(wanted):
            return signal
    labels = ", ".join(signal.label for signal in signals)
    raise SourceError(f"{path}: no channel {wanted!r}; it has {labels}")


def _plain(label: str) -> str:
    return label.strip().upper().removeprefix("EEG ").strip()


def _default(path: Path, signals: Sequence[EdfSignal]) -> list[EdfSignal]:
    kinds = [guess_kind(signal.label) for signal in signals]
    if ChannelKind.EEG not in kinds:
        names = ", ".join(signal.label for signal in signals)
        raise SourceError(f"{path}: no EEG channel among {names}: name them with channels=")
    rate = signals[kinds.index(ChannelKind.EEG)].rate
    known = zip(signals, kinds, strict=True)
    return [s for s, kind in known if kind is not ChannelKind.OTHER and s.rate == rate]
