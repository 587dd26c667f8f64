"""What spoils each second of each channel? Judged on the raw signal, before any filter.

A filter would hide exactly what is looked for: rails, flat lines, offsets and mains.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.domain.montage import STAGED, ChannelKind, Montage
from monitor.domain.quality import UNUSABLE, Artefact
from monitor.signal.frames import Frames
from monitor.signal.seconds import (
    BRAIN_HZ,
    FAST_HZ,
    MUSCLE_FROM_HZ,
    SPECTRUM_HZ,
    Measures,
    measure_seconds,
)

RAILED_SHARE = 0.9
"""Share of full scale from which a sample is railed (OpenBCI GUI: 90 %)."""

FLAT_UV = 0.05
"""Peak-to-peak of a second below which a channel is flat, µV: any amplifier's noise is above, and
EEG in uncalibrated units too (0.3 to 1 in the UCD apnoea recordings; their flat line has 0.02)."""

NOISE_UV = 1000.0
"""Peak-to-peak of a second and the sample before it above which it cannot be EEG, µV [own choice];
slow waves of deep sleep stay below 500 µV."""

SWAY_TO_DENSITY = 8.5
"""Sway squared over density in white noise, 1/s: the range of 4 normal numbers is 2.06 times their
standard deviation, and the variance of a quarter's mean twice the density. Of an EOG it stands for
the lowest frequency: eyes move slowly, and muscles near them last."""

OPEN_MEMORY_S = 22
"""Over how many seconds the spectrum of an open input is averaged [own choice]: so long until it is
found; in fewer, more of a muscular wake would be taken for one."""

OPEN_FROM_S = 5
"""How many usable ones of these there must be [own choice]: of fewer, real spectra are even too."""

OPEN_UNEVENNESS = 1.0
"""Unevenness of a spectrum, times the seconds averaged, below which an input is open: in 98 % of
white noise whatever their number, and 95 % where a Cyton's decimation filter bends it at 250 Hz."""

OPEN_UNTIL = 1.1
"""The same up to which an open input stays so, in 99 % of white noise [own choice]: chance begins
an alarm's delay anew less often. Any higher, and more muscular wake would be taken for one."""

OPEN_FOUND_S = 3 * OPEN_MEMORY_S // 2
"""Within how many seconds an input that opens is found for good, whatever chance does to its
spectrum: half by 21 s, 99 % by 30 s, and of two that open at once by this time (simulated)."""

LINE_TO_USUAL = 3.0
"""How far a density in `FAST_HZ` stands above their median from which it is a line: a harmonic of
mains folded back, which tells nothing of a head [own choice]."""

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
        self._lately = np.zeros((OPEN_MEMORY_S - 1, len(montage.channels), len(SPECTRUM_HZ)))
        self._last = np.full((1, len(montage.channels)), np.nan)
        self._was_open = np.zeros((1, len(montage.channels)), bool)

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
        first = np.zeros(span.shape, int)
        for flag, found in reversed(rules.items()):
            first[found] = flag
        return first

    def _open(self, of: Measures, useless: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Where the spectrum has lately been as even as white noise; useless seconds say nothing.

        A head's falls with frequency, and where muscle fills it up it still has hills and valleys.
        Every second counts alike, however loud.
        """
        spectrum = of.spectrum.copy()
        spectrum[:, ~self._still, 0] = of.sway[:, ~self._still] ** 2 / SWAY_TO_DENSITY
        shapes = spectrum / np.exp(np.log(spectrum).mean(axis=2, keepdims=True))
        shapes[useless | ~np.isfinite(shapes).all(axis=2)] = 0.0
        shapes = np.concatenate([self._lately, shapes])
        self._lately = shapes[1 - OPEN_MEMORY_S :]
        n_seconds = _moving_sums((shapes[..., 0] > 0).astype(int), OPEN_MEMORY_S)
        uneven = n_seconds * _unevenness(_moving_sums(shapes, OPEN_MEMORY_S))
        known = n_seconds >= OPEN_FROM_S
        is_open = _held(
            self._was_open, known & (uneven < OPEN_UNEVENNESS), known & (uneven < OPEN_UNTIL)
        )
        self._was_open = is_open[-1:]
        return is_open

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
        return {"lately": self._lately, "last": self._last, "was_open": self._was_open}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        self._lately = np.asarray(snapshot["lately"], dtype=np.float64)
        self._last = np.asarray(snapshot["last"], dtype=np.float64)
        self._was_open = np.asarray(snapshot["was_open"], dtype=bool)


def _moving_sums(rows: NDArray[Any], n: int) -> NDArray[Any]:
    """Sum every `n` rows that follow each other, by halves: the order of additions is always one.

    So rounding does not depend on how many rows come at once.
    """
    if n == 1:
        return rows
    halves = _moving_sums(rows, n // 2)
    sums = halves[: -(n // 2)] + halves[n // 2 :]
    return np.asarray(sums[:-1] + rows[n - 1 :] if n % 2 else sums)


def _held(
    before: NDArray[np.bool_], begins: NDArray[np.bool_], goes_on: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Where something is so, row after row: from where it begins for as long as it goes on."""
    begins, decided = np.concatenate([before, begins]), np.concatenate([before, begins | ~goes_on])
    decided[0] = True
    rows = np.where(decided, np.arange(len(decided))[:, None], 0)
    return begins[np.maximum.accumulate(rows, axis=0), np.arange(begins.shape[1])][1:]


def _unevenness(spectrum: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of arithmetic over geometric mean over the last axis, but for lines in `FAST_HZ`.

    Known as Wiener entropy. Of white noise it is chance, which fades with the seconds averaged.
    """
    spectrum, middle = spectrum.copy(), len(FAST_HZ) // 2
    fast = spectrum[..., -len(FAST_HZ) :]
    usual = np.partition(fast, middle, axis=-1)[..., middle : middle + 1]
    np.copyto(fast, usual, where=fast > LINE_TO_USUAL * usual)
    return np.asarray(np.log(spectrum.mean(axis=-1)) - np.log(spectrum).mean(axis=-1))


def _muscle_uv(of: Measures) -> NDArray[np.float64]:
    """RMS from `MUSCLE_FROM_HZ` to the end of `FAST_HZ`, µV."""
    return np.sqrt(of.muscle * (FAST_HZ[-1] - MUSCLE_FROM_HZ))


def is_usable(artefacts: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Whether none of the flags is of an unusable kind."""
    return np.asarray((artefacts & int(UNUSABLE)) == 0)
