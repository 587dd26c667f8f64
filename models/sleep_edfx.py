"""Nights from raw Sleep-EDF Expanded recordings, with features made by the live signal path.

Read are the files of the Sleep Cassette study, wherever they lie in a folder: ``SC4ssNxy-PSG.edf``
with ``SC4ssNxz-Hypnogram.edf`` beside it, ss the subject and N the night; x, y and z name recorder
and scorer. MNE's ``sleep_physionet.age`` fetches them so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.data import IGNORED, KINDS, Night
from monitor.domain.errors import SourceError
from monitor.domain.montage import ChannelKind
from monitor.domain.stage import EPOCH_S
from monitor.signal.artefacts import ArtefactDetector
from monitor.signal.epocher import Epocher
from monitor.signal.features import band_powers
from monitor.signal.filter import SosFilter
from monitor.signal.frames import Framer
from monitor.sources.annotations import read_annotations
from monitor.sources.edf import BLOCK_S, EdfSource, open_edf

CHANNELS = ("EEG Fpz-Cz", "EEG Pz-Oz", "EOG horizontal")
"""Labels of `KINDS` in the recordings; their other channels are left alone."""
LABELS = {
    "Sleep stage W": 0,
    "Sleep stage 1": 1,
    "Sleep stage 2": 2,
    "Sleep stage 3": 3,
    "Sleep stage 4": 3,
    "Sleep stage R": 4,
    "Sleep stage ?": IGNORED,
    "Movement time": IGNORED,
}
"""Rechtschaffen and Kales' stages as labels of AASM stages: S3 and S4 are both N3."""
MARGIN_EPOCHS = 60
"""Epochs kept before and after sleep: 30 min. A cassette runs for most of a day."""

_EEG = [i for i, kind in enumerate(KINDS) if kind is ChannelKind.EEG]
_STARTED = slice(168, 184)
"""Bytes of the date and time of the start in an EDF header (Kemp et al. 1992)."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The two files of a night.

    Parameters
    ----------
    subject, night : int
        Who, and which of their nights.
    psg, hypnogram : Path
        Signal, and stages.
    """

    subject: int
    night: int
    psg: Path
    hypnogram: Path


def read_nights(
    folder: Path, progress: Callable[[float], None] = lambda _: None
) -> tuple[Night, ...]:
    """Read every night of a folder.

    Parameters
    ----------
    folder : Path
        Searched with the folders in it.
    progress : callable
        Told the share of the nights that are done.

    Raises
    ------
    SourceError
        When there are no recordings, or one of them cannot be used; it is named.
    """
    recordings = find_recordings(folder)
    nights = []
    for recording in recordings:
        nights.append(read_night(recording))
        progress(len(nights) / len(recordings))
    return tuple(nights)


def find_recordings(folder: Path) -> list[Recording]:
    """Pair the files of a folder, in order of subject and night.

    Raises
    ------
    SourceError
        When there is no such folder, it holds none, one stands alone, or a night is there twice.
    """
    if not folder.is_dir():
        raise SourceError(f"{folder}: is no folder")
    psgs, hypnograms = _by_night(folder, "PSG"), _by_night(folder, "Hypnogram")
    if not psgs and not hypnograms:
        raise SourceError(f"{folder}: holds no Sleep-EDF recording such as SC4001E0-PSG.edf")
    for key in sorted(psgs.keys() ^ hypnograms.keys()):
        lonely, other = (psgs[key], "Hypnogram") if key in psgs else (hypnograms[key], "PSG")
        raise SourceError(f"{lonely}: has no {key}*-{other}.edf in {folder}")
    return [
        Recording(int(key[3:5]), int(key[5]), psgs[key], hypnograms[key]) for key in sorted(psgs)
    ]


def _by_night(folder: Path, content: str) -> dict[str, Path]:
    """Files by the part of their name that both of a night share, such as ``SC4001E``."""
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob(f"SC4[0-9][0-9][0-9][A-Z]?-{content}.edf")):
        if first := found.get(path.name[:7]):
            raise SourceError(f"{path}: is of the same night as {first}")
        found[path.name[:7]] = path
    return found


def read_night(recording: Recording) -> Night:
    """Read one night from half an hour before sleep to half an hour after it.

    An epoch in which one of the two EEG derivations is unusable has NaN there and no label.

    Raises
    ------
    SourceError
        When a file cannot be read or lacks a channel, the two do not fit each other, or no sleep
        is scored where there is signal.
    """
    source = open_edf(str(recording.psg), {"channels": ",".join(CHANNELS)}, chunk_s=BLOCK_S)
    try:
        labels = _fitting_labels(recording, source)
        asleep = _asleep(recording, labels)
        first = max(asleep[0] - MARGIN_EPOCHS, 0)
        labels = labels[first : asleep[-1] + 1 + MARGIN_EPOCHS]
        power = _log_power(source, int(first), len(labels))
    finally:
        source.close()
    usable = np.isfinite(power[:, _EEG]).all(axis=(1, 2))
    labels = np.where(usable, labels, np.int8(IGNORED))
    _asleep(recording, labels)
    return Night(recording.subject, recording.night, power, labels)


def read_labels(hypnogram: Path) -> NDArray[np.int8]:
    """Read the label of every epoch of a hypnogram, which begins with its recording.

    Raises
    ------
    SourceError
        When it cannot be read, has an annotation that is no stage, or its stages leave gaps,
        overlap or are no whole epochs.
    """
    labels: list[int] = []
    for onset_s, duration_s, text in read_annotations(hypnogram):
        if text not in LABELS:
            raise SourceError(f"{hypnogram}: {text!r} at {onset_s:g} s is no stage")
        if onset_s != len(labels) * EPOCH_S:
            raise SourceError(
                f"{hypnogram}: {text!r} begins at {onset_s:g} s, expected {len(labels) * EPOCH_S} s"
            )
        if duration_s <= 0 or duration_s % EPOCH_S:
            raise SourceError(
                f"{hypnogram}: {text!r} at {onset_s:g} s lasts {duration_s:g} s, "
                f"expected a multiple of {EPOCH_S} s"
            )
        labels += [LABELS[text]] * int(duration_s / EPOCH_S)
    return np.array(labels, dtype=np.int8)


def _fitting_labels(recording: Recording, source: EdfSource) -> NDArray[np.int8]:
    """Labels of the recording's whole epochs; hypnograms go on, unscored, after its end."""
    starts = [path.read_bytes()[_STARTED] for path in (recording.psg, recording.hypnogram)]
    if starts[0] != starts[1]:
        raise SourceError(
            f"{recording.hypnogram}: begins at {starts[1]!r}, {recording.psg.name} at {starts[0]!r}"
        )
    labels = read_labels(recording.hypnogram)
    n_epochs = int((source.n_samples or 0) / source.sfreq) // EPOCH_S
    if len(labels) < n_epochs or (labels[n_epochs:] > 0).any():
        last = len(labels) if len(labels) < n_epochs else int(np.flatnonzero(labels > 0)[-1]) + 1
        raise SourceError(
            f"{recording.hypnogram}: is scored to {last * EPOCH_S} s, "
            f"{recording.psg.name} ends at {n_epochs * EPOCH_S} s"
        )
    return labels[:n_epochs]


def _asleep(recording: Recording, labels: NDArray[np.int8]) -> NDArray[np.intp]:
    """Epochs of sleep; a night without any cannot be learnt from."""
    asleep = np.flatnonzero(labels > 0)
    if not len(asleep):
        raise SourceError(
            f"{recording.hypnogram}: no sleep is scored where {recording.psg.name} has usable EEG"
        )
    return asleep


def _log_power(source: EdfSource, first: int, n_epochs: int) -> NDArray[np.float32]:
    """Band powers of some epochs, shape (n_epochs, 3, 5), as a session that begins there."""
    framer = Framer(len(CHANNELS), source.sfreq)
    detector = ArtefactDetector(source.montage)
    band_pass = SosFilter(len(CHANNELS), source.sfreq)
    epocher = Epocher()
    powers: list[NDArray[np.float64]] = []
    source.seek(round(first * EPOCH_S * source.sfreq))
    while len(powers) < n_epochs and (chunks := source.read()):
        for chunk in chunks:
            frames = detector.push(framer.push(chunk.data))
            epochs = epocher.push(band_pass.push(frames))
            powers += [band_powers(epoch, source.sfreq) for epoch in epochs]
    return np.stack(powers[:n_epochs]).astype(np.float32)
