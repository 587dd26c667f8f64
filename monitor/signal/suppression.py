"""How much of the EEG is suppressed, and how large it is: measured second by second.

Both are measured on the band-passed signal, without an electrode's offset and drift. The filter
hands on NaN where a second may not be used, and where it has just begun anew, so contact and
settling are already accounted for: what is not a number is not known, and never counts as quiet or
as loud. Of mains the filter leaves nearly half, which alone may fill the ±5 µV: where it stands out
it is taken away second by second.

After a loud wave the filter rings for a second or two, through the first of the silence. The linear
fit takes offset and drift away by itself, so the raw signal is looked at as well: a second is quiet
that is so before the filter or behind it.

One kind of unusable second is heard all the same, from the raw signal: an EEG that has gone so
quiet that only the amplifier's noise is left looks like an open input. A lead that falls off makes
a jump; a brain that falls silent does not. After a minute of good signal without any jump it is
heard on, and counts while it is quiet: noise that is not says nothing of the brain.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from monitor.domain.contact import SWING_S, Activity
from monitor.domain.montage import ChannelKind, Montage
from monitor.domain.quality import Artefact
from monitor.signal.filter import PASSBAND_HZ
from monitor.signal.frames import Frames
from monitor.signal.mains import without_mains

RATIO_S = 63
"""Over how many seconds the ratio is taken (alarm specification)."""

QUIET_UV = 5.0
"""A second is quiet that stays so close to its linear fit, µV (alarm specification)."""

RENEW_S = 30
"""How often that median is taken, s [own choice]: a tenth of what it looks back on."""

KNOWN_SHARE = 0.8
"""Share of either stretch that must be known for its measure to be [own choice]."""

SOUND_S = 60
"""Seconds of good signal since the last jump after which silence is the brain's [own choice]: more
than twice what it takes to find an open input."""

_STEPS = 2 * RATIO_S
_POINTS = 8  # looked at in each half second before all of its samples are
_JUMPS = int(
    Artefact.MISSING | Artefact.RAILED | Artefact.FLAT | Artefact.NOISE | Artefact.MOVEMENT
)


class SuppressionMeter:
    """Measures the EEG channels whose amplitude is calibrated, strictly causal.

    Of the channels with good contact the least suppressed and the largest counts: one sound channel
    is enough to know that there is EEG.

    Parameters
    ----------
    montage : Montage
        The rows of the signal.
    sfreq : float
        Sampling rate in Hz.
    """

    def __init__(self, montage: Montage, sfreq: float) -> None:
        self._n_samples = int(sfreq)
        eeg = montage.picks(ChannelKind.EEG)
        self._rows = np.array([row for row in eeg if montage.channels[row].calibrated], np.intp)
        n_rows = len(self._rows)
        self._sound = np.zeros(n_rows, np.int64)
        self._half = np.full((2 * n_rows, 1), np.nan, np.float32)  # filtered, raw
        self._may_be_quiet = np.zeros(2 * n_rows, bool)
        self._steps = np.zeros((2, _STEPS - 2, n_rows), np.int8)  # known, quiet
        self._swings = np.full((SWING_S - 1, n_rows), np.nan, np.float32)
        self._swing = np.full(n_rows, np.nan, np.float32)

    def push(self, raw: Frames, filtered: Frames) -> Activity:
        """Measure the same whole seconds, judged but raw, and filtered.

        Returns
        -------
        Activity
            Of each second.
        """
        if not raw.n_seconds or not len(self._rows):
            return Activity.unknown(raw.n_seconds)
        signal, edges, n_rows = self._heard(raw, filtered), raw.edges, len(self._rows)
        swings = _swings(signal[:n_rows], edges)
        known = np.isfinite(swings)
        quiet = self._quiet(signal, edges)
        ratio = self._ratio(known, quiet[:, :n_rows] | quiet[:, n_rows:])
        swing = self._median(swings, raw.first_second)
        swing[~known] = ratio[~known] = np.nan
        return Activity(np.fmin.reduce(ratio, axis=1), np.fmax.reduce(swing, axis=1))

    def _heard(self, raw: Frames, filtered: Frames) -> NDArray[np.float32]:
        """Return the filtered rows, with the noise of good channels fallen silent, then the raw."""
        passed = filtered.data[self._rows]
        plain = np.where(np.isnan(passed), passed, raw.data[self._rows])
        signal = np.concatenate([passed, plain.astype(np.float32)])
        flags = raw.artefacts[:, self._rows]
        silent = self._silent(flags)
        for second, row in np.argwhere(silent):
            span = slice(raw.edges[second], raw.edges[second + 1])
            signal[row, span] = _quiet_noise(raw.data[self._rows[row], span])
        hums = (flags & int(Artefact.MAINS)) != 0
        if not hums.any():
            return signal
        hums, lengths = np.tile(hums, 2), np.diff(raw.edges)
        for length in np.unique(lengths):
            seconds, rows = np.nonzero(hums & (lengths == length)[:, None])
            places = rows[:, None], raw.edges[seconds, None] + np.arange(length)
            signal[places] = without_mains(signal[places])
        return signal

    def _silent(self, flags: NDArray[np.uint16]) -> NDArray[np.bool_]:
        """Where a channel looks like an open input, but was good for long and made no jump."""
        jumps, silent = (flags & _JUMPS) != 0, (flags & int(Artefact.DISCONNECTED)) != 0
        if not (jumps.any() or silent.any()):
            self._sound += len(flags)
            return np.asarray(silent)
        for second in range(len(flags)):
            self._sound = np.where(jumps[second], 0, self._sound + ~silent[second])
            silent[second] &= self._sound > SOUND_S
        return np.asarray(silent)

    def _quiet(self, signal: NDArray[np.float32], edges: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Tell of each half second whether the second that ends with it is quiet."""
        bounds = np.empty(2 * len(edges) - 1, np.intp)
        bounds[::2], bounds[1::2] = edges, (edges[:-1] + edges[1:]) // 2
        even = np.vstack([self._may_be_quiet, _may_be_quiet(signal, bounds)])
        quiet = even[1:] & even[:-1]
        across = np.concatenate([self._half, signal[:, : bounds[1]]], axis=1)
        self._look_closely(quiet[:1], across, np.zeros(1, np.intp))
        self._look_closely(quiet[1:], signal, bounds[:-2])
        self._half, self._may_be_quiet = signal[:, bounds[-2] :].copy(), even[-1]
        return np.asarray(quiet)

    def _look_closely(
        self, quiet: NDArray[np.bool_], signal: NDArray[np.float32], begins: NDArray[np.intp]
    ) -> None:
        """Keep of what may be quiet, shape (n, n_rows), what stays near its linear fit."""
        steps, rows = np.nonzero(quiet)
        if not len(steps):
            return
        t = np.arange(self._n_samples)
        seconds = signal[rows[:, None], begins[steps, None] + t].astype(np.float64)
        quiet[steps, rows] = np.abs(_detrended(seconds)).max(axis=1) <= QUIET_UV

    def _ratio(self, known: NDArray[np.bool_], quiet: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the share of quiet steps of each second and row; NaN where too few are known."""
        new = np.empty((2, *quiet.shape), np.int8)
        new[0, 1::2], new[1] = known, quiet
        new[0, ::2] = known & np.concatenate([self._steps[0, -1:] > 0, known[:-1]])
        steps = np.concatenate([self._steps, new], axis=1)
        self._steps = steps[:, 2 - _STEPS :]
        sums = np.cumsum(steps, axis=1, dtype=np.int64)
        lately = sums[:, _STEPS - 1 :: 2].copy()
        lately[:, 1:] -= sums[:, 1:-_STEPS:2]
        n_known, n_quiet = lately
        return np.where(n_known >= KNOWN_SHARE * _STEPS, n_quiet / np.maximum(n_known, 1), np.nan)

    def _median(self, swings: NDArray[np.float32], first_second: int) -> NDArray[np.float32]:
        """Return the last median taken at each second, row by row."""
        held = np.concatenate([self._swings, swings])
        self._swings = held[1 - SWING_S :].copy()
        due = np.arange(-(first_second + 1) % RENEW_S, len(swings), RENEW_S)
        if not len(due):
            return np.repeat(self._swing[None], len(swings), axis=0)
        lately = np.lib.stride_tricks.sliding_window_view(held, SWING_S, axis=0)[due]
        taken = np.concatenate([self._swing[None], _known_median(lately)])
        self._swing = taken[-1]
        return np.repeat(taken, np.diff([0, *due, len(swings)]), axis=0)

    def snapshot(self) -> dict[str, Any]:
        """Everything the next push depends on."""
        return {name: getattr(self, f"_{name}").copy() for name in _STATE}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        for name in _STATE:
            now = getattr(self, f"_{name}")
            setattr(self, f"_{name}", np.asarray(snapshot[name], now.dtype))


_STATE = ("sound", "half", "may_be_quiet", "steps", "swings", "swing")


def _quiet_noise(second: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return a raw second less line, mains and what the pass band would not hold; NaN if loud."""
    rest = without_mains(_detrended(second[None].astype(np.float64)))
    width = max(1, int(len(second) / (2 * PASSBAND_HZ[1])))
    smooth = uniform_filter1d(rest[0], width, mode="nearest")
    return smooth if np.abs(smooth).max() <= QUIET_UV else np.full(len(second), np.nan)


def _swings(signal: NDArray[np.float32], edges: NDArray[np.intp]) -> NDArray[np.float32]:
    """Peak-to-peak of each second and row, NaN where any sample is."""
    high = np.maximum.reduceat(signal, edges[:-1], axis=1)
    return np.asarray((high - np.minimum.reduceat(signal, edges[:-1], axis=1)).T)


def _may_be_quiet(signal: NDArray[np.float32], bounds: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell quickly which half seconds, shape (n, n_rows), cannot be part of a quiet second.

    Of three evenly spaced samples near a line, the outer two less twice the middle one is at most
    four times as far from 0. That settles it for nearly all of normal EEG from a few samples.
    """
    spacing = int((bounds[1:] - bounds[:-1]).min()) // _POINTS
    points = signal.take(bounds[:-1] + spacing * np.arange(_POINTS)[:, None], axis=1)
    limit = 4 * QUIET_UV + 1e-3  # single precision's rounding must rule nothing out
    near = [_bend(points, lag) <= limit for lag in (1, 2, 3)]
    return np.asarray(np.logical_and.reduce(near).T)


def _bend(points: NDArray[np.float32], lag: int) -> NDArray[np.float32]:
    """Largest second difference of points on the middle axis at a lag; NaN where any is."""
    bends = points[:, : -2 * lag] - 2 * points[:, lag:-lag] + points[:, 2 * lag :]
    return np.asarray(np.abs(bends).max(axis=1))


def _detrended(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each row less its linear fit; sums row by row, so that rounding knows no other row."""
    t = np.arange(seconds.shape[1]) - (seconds.shape[1] - 1) / 2
    centred = seconds - seconds.mean(axis=1, keepdims=True)
    return np.asarray(centred - (centred * t).sum(axis=1, keepdims=True) / (t**2).sum() * t)


def _known_median(swings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Median over what is known of the last axis; NaN where that is too little."""
    ranked, n_known = np.sort(swings, axis=-1), np.isfinite(swings).sum(axis=-1, keepdims=True)
    either = np.concatenate([np.maximum(n_known - 1, 0) // 2, n_known // 2], axis=-1)
    median = np.take_along_axis(ranked, either, axis=-1).mean(axis=-1)
    return np.where(n_known[..., 0] >= KNOWN_SHARE * SWING_S, median, np.float32(np.nan))
