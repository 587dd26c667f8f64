"""Inputs for recordings, and what a recording gives back."""

from collections.abc import Sequence
from pathlib import Path

import mne
import numpy as np

from monitor.domain.inputs import Chunk, Gap, Input
from monitor.domain.montage import Montage
from monitor.sources.edf import open_edf
from service.recording import Recording

START = 1_767_225_600.25  # 2026-01-01 00:00:00.25 UTC
CYTON_UV = 4.5e6 / 24 / (2**23 - 1)  # a count of a Cyton at gain 24
MONTAGE = Montage.from_names(["C3-M2", "EOG-L"], rail_uv=187_500.0)


def make(folder: Path, montage: Montage = MONTAGE, sfreq: float = 100.0, **options) -> Recording:
    options = {"start": START, "bits": 24, "dreamer": "bed-7", **options}
    return Recording(folder / "night", sfreq=sfreq, montage=montage, **options)


def counts(n_samples: int, n_channels: int = 2, seed: int = 0) -> np.ndarray:
    """Return signal in whole counts of a Cyton, µV."""
    limit = 2**23 - 2
    return np.random.default_rng(seed).integers(-limit, limit, (n_channels, n_samples)) * CYTON_UV


def read_back(path: Path, channels: str = "") -> list[Input]:
    source = open_edf(str(path), {"channels": channels} if channels else {})
    items: list[Input] = []
    while (came := source.read()) is not None:
        items += came
    source.close()
    return items


def signal_and_gaps(items: Sequence[Input]) -> tuple[np.ndarray, list[Gap]]:
    """Join inputs, which follow each other; where there is a gap the signal is NaN."""
    pieces, gaps, position = [], [], 0
    for item in items:
        assert isinstance(item, Chunk | Gap)
        assert item.first_sample == position
        position += item.n_samples
        if isinstance(item, Gap):
            gaps.append(item)
        pieces.append(
            item.data if isinstance(item, Chunk) else np.full((1, item.n_samples), np.nan)
        )
    n_channels = max(len(piece) for piece in pieces)
    return np.concatenate([np.broadcast_to(p, (n_channels, p.shape[1])) for p in pieces], 1), gaps


def open_mne(path: Path) -> mne.io.BaseRaw:
    reader = mne.io.read_raw_bdf if path.suffix == ".bdf" else mne.io.read_raw_edf
    return reader(path, verbose="error")
