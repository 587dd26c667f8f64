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
"""Peak-to-peak of a second above which it cannot be EEG, µV [own choice]; slow waves of deep
sleep stay below 500 µV."""

OPEN_SHARE = 0.54
"""Share of `BRAIN_HZ` in the density of both `BRAIN_HZ` and `FAST_HZ` below which an input is open:
white noise has 0.5, real EEG about 0.9; only strong muscle comes near, for a short while."""

OPEN_MEMORY_S = 20.0
"""Time constant over which that share is averaged, s: muscle passes, an open input stays."""

MOVEMENT_UV = 300.0
"""Sway of a second from which the head or a lead moved, µV [own choice]: slow waves of deep sleep
stay below 200 in the real recordings at hand."""

MUSCLE_UV = 6.0
"""RMS from `MUSCLE_FROM_HZ` up from which muscle is heard, µV: the 95th percentile awake."""

MUSCLE_TO_BRAIN = 0.2
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
        self._brain_share = np.ones(len(montage.channels))

    def push(self, frames: Frames) -> Frames:
        """Return the same seconds, judged."""
        if frames.n_seconds == 0:
            return frames
        measures = measure_seconds(frames)
        with np.errstate(invalid="ignore", divide="ignore"):
            unusable = self._unusable(measures)
            spoilt = self._spoilt(measures)
        artefacts = np.where(unusable, unusable, spoilt)
        return replace(frames, artefacts=artefacts.astype(np.uint16))

    def _unusable(self, of: Measures) -> NDArray[np.int_]:
        """Return the one flag for which a second is useless, or 0."""
        span, reach = of.high - of.low, np.maximum(of.high, -of.low)
        rules = {
            Artefact.MISSING: ~np.isfinite(span),
            Artefact.RAILED: reach >= self._rails,
            Artefact.FLAT: span < FLAT_UV,
            Artefact.NOISE: span > NOISE_UV,
        }
        is_open = self._open(of, np.logical_or.reduce(list(rules.values())))
        rules[Artefact.DISCONNECTED] = is_open & self._neural
        return np.select(list(rules.values()), [int(flag) for flag in rules])

    def _open(self, of: Measures, useless: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Where, lately, slow activity has been hardly more than fast; useless seconds reset it."""
        share = np.where(useless, 1.0, of.brain / (of.brain + of.fast))
        keep = float(np.exp(-1 / OPEN_MEMORY_S))
        held = keep * self._brain_share[None]
        lately, held = lfilter([1 - keep], [1, -keep], share, axis=0, zi=held)
        self._brain_share = lately[-1]
        return np.asarray(lately < OPEN_SHARE)

    def _spoilt(self, of: Measures) -> NDArray[np.int_]:
        """All flags of what disturbs but leaves a second usable."""
        muscle_uv = np.sqrt(of.muscle * (FAST_HZ[-1] - MUSCLE_FROM_HZ))
        rest = of.brain * len(BRAIN_HZ) + of.fast * (FAST_HZ[-1] - FAST_HZ[0])
        is_line = of.mains > MAINS_TO_BESIDE * of.beside_mains
        rules = {
            Artefact.CLIPPED: of.plateau > 0,
            Artefact.MOVEMENT: (of.sway > MOVEMENT_UV) & self._still,
            Artefact.MAINS: is_line & (of.mains > MAINS_TO_REST * rest),
            Artefact.MUSCLE: (muscle_uv > MUSCLE_UV)
            & (of.muscle > MUSCLE_TO_BRAIN * of.brain)
            & self._neural,
        }
        return np.asarray(sum(int(flag) * found for flag, found in rules.items()))

    def snapshot(self) -> dict[str, Any]:
        """Everything the next push depends on."""
        return {"brain_share": self._brain_share.tolist()}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        self._brain_share = np.array(snapshot["brain_share"], dtype=np.float64)


def is_usable(artefacts: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Whether none of the flags is of an unusable kind."""
    return np.asarray((artefacts & int(UNUSABLE)) == 0)
