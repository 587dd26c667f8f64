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
SPLICE_EPOCHS, OUTAGE_EPOCHS = (10, 240), (1, 60)
"""Length of a piece cut out of a night, and of a channel's outage."""
MIN_QUALITY = 0.2
"""Channels of a crop weigh between this and 1, at random."""
PIECE_EPOCHS = 25
"""Mean length of the pieces of a night between which a crop jumps."""


@dataclass(frozen=True, slots=True)
class Variation:
    """What is varied when crops are drawn; a share or sigma of 0 leaves one kind out.

    Parameters
    ----------
    p_from_start : float
        Share of crops that begin with the recording; the others start anywhere, mid-sleep too.
    p_splice : float
        Share of crops with a piece of the night cut out, as after a reconnect.
    p_jump : float
        Share of crops put together from pieces of the night in any order: stages that never follow
        each other in sleep do so where signal is lost, or only some of a night is shown.
    p_single : float
        Share of batches with one EEG channel only.
    p_lost : float
        Probability that a channel of a batch of several is missing throughout.
    p_outage : float
        Share of channels unusable for a while.
    tilt_sigma, offset_sigma : float
        Spectral tilt and offsets of single bands per recording and channel, in ln power.
    feature_noise : float
        Noise on each feature, in ln power.
    lengths : tuple of int
        Crop lengths in epochs; each batch has one of them.
    """

    p_from_start: float = 0.3
    p_splice: float = 0.2
    p_jump: float = 0.3
    p_single: float = 0.5
    p_lost: float = 0.3
    p_outage: float = 0.15
    tilt_sigma: float = 0.4
    offset_sigma: float = 0.3
    feature_noise: float = 0.25
    lengths: tuple[int, ...] = LENGTHS


FULL = Variation()

_EEG = [i for i, kind in enumerate(KINDS) if kind is ChannelKind.EEG]
_EOG = np.array([kind is ChannelKind.EOG for kind in KINDS], dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Crops side by side, in the shapes `StagerNetwork.forward` takes.

    Parameters
    ----------
    features : ndarray, shape (n_epochs, batch, n_channels, N_FEATURES)
    weight : ndarray, shape (n_epochs, batch, n_channels)
        0 where a channel is unusable.
    eog : ndarray, shape (batch, n_channels)
    labels : ndarray, shape (n_epochs, batch)
    """

    features: NDArray[np.float32]
    weight: NDArray[np.float32]
    eog: NDArray[np.float32]
    labels: NDArray[np.int64]


def draw_batch(
    nights: Sequence[Night], rng: np.random.Generator, variation: Variation = FULL
) -> Batch:
    """Draw one batch of about `EPOCHS_PER_BATCH` epochs."""
    length = int(rng.choice(variation.lengths))
    size = EPOCHS_PER_BATCH // length
    picked = rng.integers(len(nights), size=size)
    crops = [_crop(nights[i], length, rng, variation) for i in picked]
    power = np.stack([power for power, _ in crops], axis=1).astype(np.float64)
    labels = np.stack([labels for _, labels in crops], axis=1)
    channels = _draw_channels(size, rng, variation)
    power = np.take_along_axis(power, channels[None, :, :, None], axis=2)
    power += _recording_offsets(channels.shape, rng, variation)
    _unplug(power, rng, variation)
    features, usable = run_context(power)
    noise = variation.feature_noise * rng.standard_normal(features.shape, np.float32)
    features += noise * usable[..., None]
    quality = rng.uniform(MIN_QUALITY, 1, channels.shape).astype(np.float32)
    return Batch(features, usable * quality, _EOG[channels], labels)


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
    night: Night, length: int, rng: np.random.Generator, variation: Variation
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """One crop; after the night's end there is no signal and nothing to learn."""
    n = len(night.labels)
    rows = _draw_rows(n, length, rng, variation)
    inside = rows < n
    rows = np.minimum(rows, n - 1)
    power = np.where(inside[:, None, None], night.log_power[rows], np.nan)
    return power, np.where(inside, night.labels[rows], IGNORED).astype(np.int64)


def _draw_rows(
    n: int, length: int, rng: np.random.Generator, variation: Variation
) -> NDArray[np.intp]:
    """Which epochs of a night of `n` make a crop, in order; from `n` on there are none."""
    if rng.random() < variation.p_jump:
        return _jumping_rows(n, length, rng)
    from_start = rng.random() < variation.p_from_start
    start = 0 if from_start else int(rng.integers(max(1, n - length // 2)))
    rows = start + np.arange(length)
    if rng.random() < variation.p_splice:
        rows[int(rng.integers(length)) :] += int(rng.integers(*SPLICE_EPOCHS))
    return rows


def _jumping_rows(n: int, length: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Pieces of a night, one after the other, from anywhere in it."""
    pieces: list[NDArray[np.intp]] = []
    while sum(map(len, pieces)) < length:
        size = int(rng.geometric(1 / PIECE_EPOCHS))
        pieces.append(int(rng.integers(max(1, n - size))) + np.arange(size))
    return np.concatenate(pieces)[:length]


def _draw_channels(size: int, rng: np.random.Generator, variation: Variation) -> NDArray[np.intp]:
    """Columns of the table for every crop: one EEG channel, or all in a row."""
    if rng.random() < variation.p_single:
        return rng.choice(_EEG, size=(size, 1))
    return np.tile(np.arange(len(KINDS)), (size, 1))


def _recording_offsets(
    shape: tuple[int, ...], rng: np.random.Generator, variation: Variation
) -> NDArray[np.float64]:
    """Another amplifier, electrode site or skull: a spectral tilt and an offset of each band."""
    tilt = variation.tilt_sigma * rng.standard_normal((*shape, 1)) * np.linspace(-1, 1, N_BANDS)
    offsets = variation.offset_sigma * rng.standard_normal((*shape, N_BANDS))
    return rng.random((shape[0], 1, 1)) * (tilt + offsets)


def _unplug(power: NDArray[np.float64], rng: np.random.Generator, variation: Variation) -> None:
    """Make channels unusable, in place: some throughout (never all EEG), some for a while."""
    length, *shape = power.shape[:-1]
    if shape[1] > 1:
        lost = rng.random(shape) < variation.p_lost
        lost[lost[:, _EEG].all(axis=1), rng.choice(_EEG)] = False
        power[:, lost] = np.nan
    for crop, channel in np.argwhere(rng.random(shape) < variation.p_outage):
        start = int(rng.integers(length))
        power[start : start + int(rng.integers(*OUTAGE_EPOCHS)), crop, channel] = np.nan
