"""What is planted: one table. A cause of a kind that the alarm engine does not know is left out."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.alarm.catalogue import DEFAULT_POLICY
from monitor.alarm.eeg_conditions import LOW_AMPLITUDE, SUPPRESSION
from monitor.alarm.faults import ATTENDANCE
from monitor.alarm.rules import AlarmKind
from monitor.domain.contact import SWING_S
from monitor.signal.artefacts import OPEN_FOUND_S
from monitor.signal.suppression import RATIO_S
from monitor.sources.simulator import RAIL_UV

SFREQ = 100
"""Of all nights in Hz; the simulator's band powers and the stager's bands end at 30 Hz."""
GRACE_S = 30.0
"""How much later than due an alarm still counts as found [own choice]; the marks on time are
stricter."""
PART = "validation"
"""The part of the program whose trouble is planted."""

_OPEN_UV = (3.0, 40.0)
"""RMS of the white noise of an open input: from a quiet amplifier's to a long lead's. A choice."""
_NOISE_UV = 450.0
_AMPLIFIER_UV = 0.5
"""RMS of an amplifier's own noise, which is all that is left of a silent EEG."""
_SILENT = 0.02
_SWING_UV = 14.0
"""Median peak-to-peak of a second of an EEG of low amplitude: between silence and the 20 µV."""
_MOSTLY_S, _PARTLY_S = ((5.0, 10.0), (0.8, 2.0)), ((4.0, 5.0), (7.0, 10.0))
"""Ranges of the lengths of silence and of EEG: burst suppression of about 75 and 25 %."""


class Where(Enum):
    """Which channels a cause strikes."""

    ONE = "one channel"
    EEG = "every EEG channel"
    BRAIN = "EEG and EOG"
    NONE = "no channel"


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """What a fault does to its channels: ``signal * gain + added``, from its first sample on.

    Parameters
    ----------
    gain, added : ndarray, shape (n_samples,) and (n_channels, n_samples)
    swing_uv : float or None
        The signal is first scaled to this median peak-to-peak of a second.
    quiet : ndarray of bool, shape (n_samples,), or None
        Where the EEG is silent.
    """

    gain: NDArray[np.float64]
    added: NDArray[np.float64]
    swing_uv: float | None = None
    quiet: NDArray[np.bool_] | None = None


Draw = Callable[[np.random.Generator, int, int], Effect]
"""Draws the effect on so many channels over so many samples."""


def _rail(rng: np.random.Generator, rows: int, n: int) -> Effect:
    return Effect(np.zeros(n), np.full((rows, n), RAIL_UV * rng.choice((-1, 1))))


def _flat(rng: np.random.Generator, rows: int, n: int) -> Effect:
    return Effect(np.zeros(n), np.full((rows, n), rng.uniform(-200, 200)))


def _noise(rng: np.random.Generator, rows: int, n: int) -> Effect:
    return Effect(np.zeros(n), _NOISE_UV * rng.standard_normal((rows, n)))


def _open(rng: np.random.Generator, rows: int, n: int) -> Effect:
    level = np.exp(rng.uniform(*np.log(_OPEN_UV)))
    return Effect(np.zeros(n), level * rng.standard_normal((rows, n)))


def _low(rng: np.random.Generator, rows: int, n: int) -> Effect:
    return Effect(np.ones(n), _AMPLIFIER_UV * rng.standard_normal((rows, n)), swing_uv=_SWING_UV)


def _mostly(rng: np.random.Generator, rows: int, n: int) -> Effect:
    return _suppressed(rng, rows, n, _MOSTLY_S)


def _partly(rng: np.random.Generator, rows: int, n: int) -> Effect:
    return _suppressed(rng, rows, n, _PARTLY_S)


def _suppressed(rng: np.random.Generator, rows: int, n: int, lengths_s: Any) -> Effect:
    quiet, at = np.zeros(n, bool), 0
    while at < n:
        silent, burst = (round(rng.uniform(*length) * SFREQ) for length in lengths_s)
        quiet[at : at + silent] = True
        at += silent + burst
    noise = _AMPLIFIER_UV * rng.standard_normal((rows, n))
    return Effect(np.where(quiet, _SILENT, 1.0), noise, quiet=quiet)


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that is planted.

    Parameters
    ----------
    name : str
    kind : str
        The `AlarmKind` that is asked about.
    lasts_s : tuple of float
        Range of its length.
    where : Where
    draw : callable or None
        Its effect on the signal; None: see `part`, or the signal is lost.
    part : str
        The part of the program that has trouble instead.
    alarms : bool
        Whether it must alarm, or must not.
    analysis_s : float
        How long the condition itself takes to be true after the signal has changed.
    source : str
        The alarm's source where it is no channel.
    onset : str
        What the delay counts from.
    """

    name: str
    kind: str
    lasts_s: tuple[float, float]
    where: Where = Where.NONE
    draw: Draw | None = None
    part: str = ""
    alarms: bool = True
    analysis_s: float = 0.0
    source: str = ""
    onset: str = "first bad sample"

    @property
    def on_delay_s(self) -> float:
        """On-delay of its kind."""
        return DEFAULT_POLICY.kinds[AlarmKind(self.kind)].on_delay_s

    @property
    def due_s(self) -> float:
        """When its alarm is due after the onset."""
        return self.analysis_s + (0.0 if self.source == LOW_AMPLITUDE else self.on_delay_s)


_LONG, _BRIEF = (45.0, 300.0), (2.0, 8.0)
_OPEN_LONG = (90.0, 300.0)
_EEG_S = (400.0, 600.0)
_TOLD = "the program says so"
_HALF = "the ratio over 63 s reaches 50 %"
_TENTH = "the ratio over 63 s reaches 10 %"

_ALL = (
    Cause("signal lost", "SIGNAL_LOST", _LONG),
    Cause("signal lost, brief", "SIGNAL_LOST", (1.0, 13.0), alarms=False),
    *(
        Cause(f"{name}, {where.value}", "ELECTRODE_OFF", _LONG, where, draw)
        for name, draw in (("rail", _rail), ("flat", _flat), ("noise", _noise))
        for where in (Where.ONE, Where.EEG)
    ),
    *(
        Cause(
            f"open input, {where.value}",
            "ELECTRODE_OFF",
            _OPEN_LONG,
            where,
            _open,
            analysis_s=OPEN_FOUND_S,
            onset=f"first bad sample; {OPEN_FOUND_S} s of analysis",
        )
        for where in (Where.ONE, Where.EEG)
    ),
    *(
        Cause(f"{name}, brief", "ELECTRODE_OFF", _BRIEF, Where.ONE, draw, alarms=False)
        for name, draw in (
            ("rail", _rail),
            ("flat", _flat),
            ("noise", _noise),
            ("open input", _open),
        )
    ),
    Cause("part in trouble", "PIPELINE_FAULT", _LONG, part=PART, source=PART, onset=_TOLD),
    Cause("part in trouble, brief", "PIPELINE_FAULT", _BRIEF, part=PART, alarms=False),
    Cause("nobody attends", "UNATTENDED", (100.0, 300.0), part=ATTENDANCE, onset=_TOLD),
    Cause("nobody attends, brief", "UNATTENDED", (5.0, 55.0), part=ATTENDANCE, alarms=False),
    Cause("burst suppression", "EEG_SUPPRESSED", _EEG_S, Where.BRAIN, _mostly, onset=_HALF),
    Cause(
        "burst suppression, brief",
        "EEG_SUPPRESSED",
        (20.0, 40.0),
        Where.BRAIN,
        _mostly,
        alarms=False,
    ),
    Cause(
        "suppression of a quarter",
        "EEG_ABNORMAL",
        _EEG_S,
        Where.BRAIN,
        _partly,
        source=SUPPRESSION,
        onset=_TENTH,
    ),
    Cause(
        "low amplitude",
        "EEG_ABNORMAL",
        (700.0, 900.0),
        Where.BRAIN,
        _low,
        analysis_s=SWING_S,
        source=LOW_AMPLITUDE,
        onset="signal becomes small; the median over 5 min",
    ),
)

KNOWN = frozenset(kind.value for kind in AlarmKind)
CAUSES = {cause.name: cause for cause in _ALL if cause.kind in KNOWN}
"""By name."""

TECHNICAL = ("SIGNAL_LOST", "ELECTRODE_OFF", "PIPELINE_FAULT", "UNATTENDED")
"""Kinds that speak of the equipment and of who is there."""

OF_THE_ACCOUNT = frozenset({"OVERUSE_SOFT", "OVERUSE_HARD"})
"""Kinds that come of weeks of dream time, not of a night: they have a study of their own, and are
left out of this one."""

EEG_KINDS = ("EEG_SUPPRESSED", "EEG_ABNORMAL")


def ratio_holds(
    quiet: NDArray[np.bool_], share: float, for_s: float, first: int = 0
) -> float | None:
    """Return from when the suppression ratio is at least `share` without a break for so long.

    It is what the specification says it is: the share of half-second steps in the last 63 s whose
    last second is all silent. The steps are those of the recording: other ones may find a step more
    in each silence, and so another ratio.

    Parameters
    ----------
    quiet : ndarray of bool, shape (n_samples,)
        Where the EEG is silent; before it, it is not.
    share : float
        0 to 1.
    for_s : float
        In s.
    first : int
        Where in the recording the first sample is.

    Returns
    -------
    float or None
        Seconds from the first sample; None when it never is.
    """
    half = SFREQ // 2
    before = first % half
    quiet = np.concatenate([np.zeros(before, bool), quiet])
    ends = np.arange(half, len(quiet) + 1, half)
    silent = np.array([end >= SFREQ and quiet[end - SFREQ : end].all() for end in ends], float)
    ratio = np.convolve(silent, np.ones(2 * RATIO_S))[: len(silent)] / (2 * RATIO_S)
    edges = np.flatnonzero(np.diff((ratio >= share).astype(int), prepend=0, append=0))
    spells = zip(edges[::2], edges[1::2], strict=True)
    begins = (float(a + 1) / 2 for a, b in spells if (b - a) / 2 >= for_s)
    return next((begin - before / SFREQ for begin in begins), None)
