"""Random crops of nights: what a live stager may meet, and more variation than one study has."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data import IGNORED, KINDS, Night
from monitor.domain.montage import ChannelKind
from monitor.staging.context import N_BANDS, ContextState, step_context

EPOCHS_PER_BATCH = 7_680
LENGTHS = (120, 240, 480)
"""Crop lengths in epochs: one to four hours; each batch has one of them. Longer crops cost more and
gave no better κ."""
P_FROM_START = 0.4
"""Share of crops that begin with the recording; the others start anywhere, mid-sleep too."""
P_SPLICE, SPLICE_EPOCHS = 0.2, (10, 240)
"""Share of crops with a piece of the night cut out, as after a reconnect, and its length."""
P_SINGLE = 0.5
"""Share of batches with one EEG channel only."""
P_LOST = 0.3
"""Probability that a channel of a batch of several is missing throughout."""
P_OUTAGE, OUTAGE_EPOCHS = 0.15, (1, 60)
"""Share of channels unusable for a while, and for how long."""
TILT_SIGMA, OFFSET_SIGMA = 0.4, 0.3
"""Spectral tilt and offsets of single bands per recording and channel, in ln power."""
FEATURE_NOISE = 0.25
"""Noise on each feature, in ln power."""

_EEG = [i for i, kind in enumerate(KINDS) if kind is ChannelKind.EEG]
_EOG = np.array([kind is ChannelKind.EOG for kind in KINDS], dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Crops side by side, in the shapes `StagerNetwork.forward` takes.

    Parameters
    ----------
    features : ndarray, shape (n_epochs, batch, n_channels, N_FEATURES)
    usable : ndarray, shape (n_epochs, batch, n_channels)
    eog : ndarray, shape (batch, n_channels)
    labels : ndarray, shape (n_epochs, batch)
    """

    features: NDArray[np.float32]
    usable: NDArray[np.float32]
    eog: NDArray[np.float32]
    labels: NDArray[np.int64]


def draw_batch(nights: Sequence[Night], rng: np.random.Generator) -> Batch:
    """Draw one batch of about `EPOCHS_PER_BATCH` epochs."""
    length = int(rng.choice(LENGTHS))
    size = EPOCHS_PER_BATCH // length
    picked = rng.integers(len(nights), size=size)
    crops = [_crop(nights[i], length, rng) for i in picked]
    power = np.stack([power for power, _ in crops], axis=1).astype(np.float64)
    labels = np.stack([labels for _, labels in crops], axis=1)
    channels = _draw_channels(size, rng)
    power = np.take_along_axis(power, channels[None, :, :, None], axis=2)
    power += _recording_offsets(channels.shape, rng)
    _unplug(power, rng)
    features, usable = run_context(power)
    features += FEATURE_NOISE * rng.standard_normal(features.shape, np.float32) * usable[..., None]
    return Batch(features, usable, _EOG[channels], labels)


def run_context(
    power: NDArray[np.floating],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Features and usable flags of crops `(n_epochs, ..., 5)`, by the step of the live path."""
    state = ContextState.empty(*power.shape[1:-1])
    features, usable = [], []
    for epoch in power:
        state, now, ok = step_context(state, epoch)
        features.append(now)
        usable.append(ok)
    return np.stack(features), np.stack(usable).astype(np.float32)


def _crop(
    night: Night, length: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """One crop; after the night's end there is no signal and nothing to learn."""
    n = len(night.labels)
    start = 0 if rng.random() < P_FROM_START else int(rng.integers(max(1, n - length // 2)))
    rows = start + np.arange(length)
    if rng.random() < P_SPLICE:
        rows[int(rng.integers(length)) :] += int(rng.integers(*SPLICE_EPOCHS))
    inside = rows < n
    rows = np.minimum(rows, n - 1)
    power = np.where(inside[:, None, None], night.log_power[rows], np.nan)
    return power, np.where(inside, night.labels[rows], IGNORED).astype(np.int64)


def _draw_channels(size: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Columns of the table for every crop: one EEG channel, or all in a row."""
    if rng.random() < P_SINGLE:
        return rng.choice(_EEG, size=(size, 1))
    return np.tile(np.arange(len(KINDS)), (size, 1))


def _recording_offsets(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Another amplifier, electrode site or skull: a spectral tilt and an offset of each band."""
    tilt = TILT_SIGMA * rng.standard_normal((*shape, 1)) * np.linspace(-1, 1, N_BANDS)
    strength = rng.random((shape[0], 1, 1))
    return strength * (tilt + OFFSET_SIGMA * rng.standard_normal((*shape, N_BANDS)))


def _unplug(power: NDArray[np.float64], rng: np.random.Generator) -> None:
    """Make channels unusable, in place: some throughout (never all EEG), some for a while."""
    length, *shape = power.shape[:-1]
    if shape[1] > 1:
        lost = rng.random(shape) < P_LOST
        lost[lost[:, _EEG].all(axis=1), rng.choice(_EEG)] = False
        power[:, lost] = np.nan
    for crop, channel in np.argwhere(rng.random(shape) < P_OUTAGE):
        start = int(rng.integers(length))
        power[start : start + int(rng.integers(*OUTAGE_EPOCHS)), crop, channel] = np.nan
