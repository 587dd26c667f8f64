"""What spoils each second of each channel? Judged on the raw signal, before any filter.

A filter would hide exactly what is looked for: rails, flat lines, offsets and mains.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from monitor.domain.montage import STAGED, ChannelKind, Montage
from monitor.domain.quality import UNUSABLE, Artefact
from monitor.signal.frames import Frames
from monitor.signal.seconds import BRAIN_HZ, FAST_HZ, MUSCLE_FROM_HZ, Measures, measure_seconds

RAILED_SHARE = 0.9
"""Share of full scale from which a sample is railed (OpenBCI GUI: 90 %)."""

FLAT_UV = 0.05
"""Peak-to-peak of a second below which a channel is flat, µV: any amplifier's noise is above, and
EEG in uncalibrated units too (0.3 to 1 in the UCD apnoea recordings; their flat line has 0.02)."""

NOISE_UV = 1000.0
"""Peak-to-peak of a second and the sample before it above which it cannot be EEG, µV [own choice];
slow waves of deep sleep stay below 500 µV."""

OPEN_SHARE = 0.58
"""Share of what is slow in the density of both it and `FAST_HZ` below which an input is open: white
noise has 0.47 on average over seconds, real EEG about 0.9; only muscle comes near. Slow is
`BRAIN_HZ`, but of an EOG its sway: eyes move more slowly, and muscles near them last."""

SWAY_TO_DENSITY = 8.5
"""Sway squared over density in white noise, 1/s: the range of 4 normal numbers is 2.06 times their
standard deviation, and the variance of a quarter's mean twice the density."""

OPEN_MEMORY_S = 5.0
"""Time constant over which that share is averaged, s: then 99 % of white noise is below."""

ON_AT_FIRST = 0.25
"""Weight, in seconds, of the belief at the start that the electrode is on [own choice]: outlasts a
start in muscle, not a start without electrode."""

MOVEMENT_UV = 300.0
"""Sway of a second from which the head or a lead moved, µV [own choice]: slow waves of deep sleep
stay below 200 in the real recordings at hand."""

MUSCLE_UV = 6.0
"""RMS from `MUSCLE_FROM_HZ` up from which muscle is heard, µV: the 95th percentile awake."""

MUSCLE_TO_BRAIN = 0.35
"""Density of muscle over that of the brain from which it disturbs [own choice]."""

MAINS_TO_REST = 1.0
"""Power of mains over that of all else from which it is worth telling [own choice]."""

MAINS_TO_BESIDE = 10.0
"""Density at mains over that beside it from which it is a line and not muscle [own choice]."""


class ArtefactDetector:
    """Sets the `Artefact` flags of every second; at most one of the unusable kinds.

    White noise and muscle are an EMG's nature and large slow sways an EOG's: none is held against
    them.

    Parameters
    ----------
    montage : Montage
        The rows of the signal.
    """

    def __init__(self, montage: Montage) -> None:
        rails = [np.inf if c.rail_uv is None else c.rail_uv for c in montage.channels]
        self._rails = RAILED_SHARE * np.array(rails)
        self._neural = np.array([kind in STAGED for kind in montage.kinds])
        self._still = np.array([kind is not ChannelKind.EOG for kind in montage.kinds])
        self._lately = np.full((2, 1, len(montage.channels)), ON_AT_FIRST)
        self._last = np.full((1, len(montage.channels)), np.nan)

    def push(self, frames: Frames) -> Frames:
        """Return the same seconds, judged."""
        if frames.n_seconds == 0:
            return frames
        measures = measure_seconds(frames)
        with np.errstate(invalid="ignore", divide="ignore"):
            unusable = self._unusable(measures, self._before(frames))
            spoilt = self._spoilt(measures)
        artefacts = np.where(unusable, unusable, spoilt)
        return replace(frames, artefacts=artefacts.astype(np.uint16))

    def _before(self, frames: Frames) -> NDArray[np.float64]:
        """Return the sample before each second, NaN where there is none, like a measure."""
        ends = frames.data[:, frames.edges[1:] - 1].T.astype(np.float64)
        ends[~np.isfinite(ends)] = np.nan
        before = np.concatenate([self._last, ends[:-1]])
        self._last = ends[-1:]
        return before

    def _unusable(self, of: Measures, before: NDArray[np.float64]) -> NDArray[np.int_]:
        """Return the one flag for which a second is useless, or 0."""
        span, reach = of.high - of.low, np.maximum(of.high, -of.low)
        with_jump = np.fmax(of.high, before) - np.fmin(of.low, before)
        rules = {
            Artefact.MISSING: ~np.isfinite(span),
            Artefact.RAILED: reach >= self._rails,
            Artefact.FLAT: span < FLAT_UV,
            Artefact.NOISE: with_jump > NOISE_UV,
        }
        is_open = self._open(of, np.logical_or.reduce(list(rules.values())))
        rules[Artefact.DISCONNECTED] = is_open & self._neural
        return np.select(list(rules.values()), [int(flag) for flag in rules])

    def _open(self, of: Measures, useless: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Where, lately, slow activity has been hardly more than fast; useless seconds say nothing.

        The louder muscle is, the less a second says: muscle passes, an open input stays. Weighted
        shares and weights fade alike, so their ratio is a mean however few the seconds were.
        """
        slow = np.where(self._still, of.brain, of.sway**2 / SWAY_TO_DENSITY)
        share = slow / (slow + of.fast)
        weight = 1 / (1 + (_muscle_uv(of) / MUSCLE_UV) ** 2)
        weight[useless | ~np.isfinite(share)] = 0.0
        terms = np.stack([np.where(weight, weight * share, 0.0), weight])
        fading = [1.0, -float(np.exp(-1 / OPEN_MEMORY_S))]
        (shares, weights), self._lately = lfilter([1.0], fading, terms, axis=1, zi=self._lately)
        return np.asarray(shares < OPEN_SHARE * weights)

    def _spoilt(self, of: Measures) -> NDArray[np.int_]:
        """All flags of what disturbs but leaves a second usable."""
        rest = of.brain * len(BRAIN_HZ) + of.fast * (FAST_HZ[-1] - FAST_HZ[0])
        is_line = of.mains > MAINS_TO_BESIDE * of.beside_mains
        rules = {
            Artefact.CLIPPED: of.plateau > 0,
            Artefact.MOVEMENT: (of.sway > MOVEMENT_UV) & self._still,
            Artefact.MAINS: is_line & (of.mains > MAINS_TO_REST * rest),
            Artefact.MUSCLE: (_muscle_uv(of) > MUSCLE_UV)
            & (of.muscle > MUSCLE_TO_BRAIN * of.brain)
            & self._neural,
        }
        return np.asarray(sum(int(flag) * found for flag, found in rules.items()))

    def snapshot(self) -> dict[str, Any]:
        """Everything the next push depends on."""
        return {"lately": self._lately, "last": self._last}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        self._lately = np.asarray(snapshot["lately"], dtype=np.float64)
        self._last = np.asarray(snapshot["last"], dtype=np.float64)


def _muscle_uv(of: Measures) -> NDArray[np.float64]:
    """RMS from `MUSCLE_FROM_HZ` to the end of `FAST_HZ`, µV."""
    return np.sqrt(of.muscle * (FAST_HZ[-1] - MUSCLE_FROM_HZ))


def is_usable(artefacts: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Whether none of the flags is of an unusable kind."""
    return np.asarray((artefacts & int(UNUSABLE)) == 0)
