"""What happens in a night: its stages, its sleeper, its faults and its wakes, drawn beforehand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from monitor.alarm.catalogue import DEFAULT_POLICY
from monitor.alarm.eeg_conditions import NO_REM_OR_WAKE, ONE_STAGE
from monitor.alarm.rules import AlarmKind
from monitor.domain.inputs import Profile
from monitor.domain.montage import STAGED, ChannelKind, Montage
from monitor.domain.stage import EPOCH_S
from monitor.sources.simulator.hypnogram import N2, N3, R, W
from monitor.sources.simulator.night import Night
from monitor.sources.simulator.settings import Settings, parse_settings
from service.validation.causes import (
    CAUSES,
    EEG_KINDS,
    GRACE_S,
    KNOWN,
    SFREQ,
    TECHNICAL,
    Cause,
    Effect,
    Where,
    ratio_holds,
)
from service.validation.lasting import by_itself
from service.validation.nights import EPOCHS_PER_H, NightPlan, Plan
from service.validation.records import Planted

CHANNELS = "Fpz-Cz,Pz-Oz,E1-E2"
SCRIPT, PEOPLE = 2, 3
"""Streams of chance within a night."""
_CHILD, _ADULT = (6, 13), (20, 70)
_FIRST_S, _SLOT_S = 1200.0, 900.0
_EEG_SLOT_S = 1500.0
_REPEATS = {
    "signal lost": 3,
    "signal lost, brief": 2,
    "part in trouble": 2,
    "nobody attends": 2,
    "burst suppression": 7,
    "burst suppression, brief": 2,
    "suppression of a quarter": 4,
    "low amplitude": 3,
}
"""How often a cause stands in the deck, where not once."""


@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """A cause at its time.

    Parameters
    ----------
    cause : Cause
    first, last : int
        Its samples, from the first to before the last.
    rows : tuple of int
        Channels struck.
    effect : Effect or None
        On the signal.
    """

    cause: Cause
    first: int
    last: int
    rows: tuple[int, ...] = ()
    effect: Effect | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """A night drawn to the end, but for how people react.

    Parameters
    ----------
    settings : Settings
        Of the simulator.
    stages : ndarray
        The sleep that is planned.
    profile : {"adult", "child"}
    planned_s : float or None
        Planned end.
    faults : tuple of Fault
    planted : tuple of Planted
        What is known of beforehand.
    wake_at : float or None
        When a person commands a wake.
    silent : bool
        Whether no cue wakes this dreamer.
    """

    settings: Settings
    stages: Plan
    profile: Profile = "adult"
    planned_s: float | None = None
    faults: tuple[Fault, ...] = ()
    planted: tuple[Planted, ...] = ()
    wake_at: float | None = None
    silent: bool = False

    @property
    def length_s(self) -> float:
        """Of the night."""
        return float(len(self.stages) * EPOCH_S)


def write_script(night: NightPlan) -> Script:
    """Draw a night."""
    rng = np.random.default_rng([night.seed, night.index, SCRIPT])
    child = night.programme == "wake" and bool(rng.random() < 0.5)
    wakes = night.programme == "wake"
    params = {
        "scenario": "responsive" if wakes else "normal",
        "seed": str(night.seed * 1_000_000 + night.index),
        "hours": repr(night.hours),
        "sfreq": str(SFREQ),
        "age": str(rng.integers(*(_CHILD if child else _ADULT))),
        "channels": CHANNELS,
        **({"planned_minutes": "30"} if wakes else {}),
    }
    settings = parse_settings(params)
    given = night.stages
    stages = Night(settings).truth() if given is None else np.array(given, dtype=np.int8)
    script = Script(settings, stages, "child" if child else "adult")
    script = _WRITERS[night.programme](rng, script)
    return replace(script, planted=(*script.planted, *by_itself(script.stages)))


def _calm(_rng: np.random.Generator, script: Script) -> Script:
    return script


def _faults(rng: np.random.Generator, script: Script) -> Script:
    return _with_faults(rng, script, TECHNICAL, _SLOT_S)


def _eeg(rng: np.random.Generator, script: Script) -> Script:
    return _with_faults(rng, script, EEG_KINDS, _EEG_SLOT_S)


def _with_faults(
    rng: np.random.Generator, script: Script, kinds: tuple[str, ...], slot_s: float
) -> Script:
    """Plant one cause in every slot of time, from a shuffled deck."""
    causes = [cause for cause in CAUSES.values() if cause.kind in kinds]
    deck = [cause for cause in causes for _ in range(_REPEATS.get(cause.name, 1))]
    begins = np.arange(_FIRST_S, script.length_s - slot_s, slot_s).tolist() if deck else []
    order = [
        i for _ in range(len(begins) // max(len(deck), 1) + 1) for i in rng.permutation(len(deck))
    ]
    faults, planted = [], []
    for begin, chosen in zip(begins, order, strict=False):
        fault = _fault(rng, deck[chosen], script.settings.montage, begin + rng.uniform(0, 120))
        faults.append(fault)
        planted += _planted(fault, script.settings.montage)
    return replace(script, faults=tuple(faults), planted=tuple(planted))


def _fault(rng: np.random.Generator, cause: Cause, montage: Montage, begin: float) -> Fault:
    first = round(begin * SFREQ)
    last = first + round(rng.uniform(*cause.lasts_s) * SFREQ)
    rows = {
        Where.ONE: (int(rng.integers(len(montage.channels))),),
        Where.EEG: montage.picks(ChannelKind.EEG),
        Where.BRAIN: montage.picks(*STAGED),
        Where.NONE: (),
    }[cause.where]
    effect = cause.draw(rng, len(rows), last - first) if cause.draw else None
    return Fault(cause, first, last, rows, effect)


def _planted(fault: Fault, montage: Montage) -> list[Planted]:
    """Say what must, must not or may follow from a fault."""
    cause, begin, until = fault.cause, fault.first / SFREQ, fault.last / SFREQ
    named = () if cause.kind in EEG_KINDS else tuple(montage.ch_names[row] for row in fault.rows)
    sources = named or ((cause.source,) if cause.source else ())
    if not cause.alarms:
        found = [Planted(cause.name, cause.kind, begin, until, False, sources=sources)]
        brief = cause.kind == "EEG_SUPPRESSED"  # a brief one is abnormal all the same
        return found + brief * [Planted(cause.name, "EEG_ABNORMAL", begin, until, None)]
    onset = begin + _true_after(fault)
    limit_s = cause.due_s + GRACE_S
    wanted = Planted(cause.name, cause.kind, onset, until, True, cause.due_s, limit_s, sources)
    if cause.kind not in EEG_KINDS:
        return [wanted]
    # an EEG that is small is silent in part, and one that is silent small: any finding may come
    return [wanted, Planted(cause.name, cause.kind, begin, until, None)]


def _true_after(fault: Fault) -> float:
    """Return how long after the fault's begin its condition is true, s."""
    quiet = fault.effect.quiet if fault.effect else None
    if quiet is None:
        return 0.0
    rule = DEFAULT_POLICY.eeg
    mostly = fault.cause.kind == "EEG_SUPPRESSED"
    share = rule.suppressed if mostly else rule.partly_suppressed
    begins = ratio_holds(quiet, share, fault.cause.on_delay_s, fault.first)
    return begins if begins is not None else (fault.last - fault.first) / SFREQ


def _monotony(rng: np.random.Generator, script: Script) -> Script:
    """Plan a stage that does not end, and then nothing but N2 and N3."""
    if "EEG_ABNORMAL" not in KNOWN:
        return script
    rule, stages = DEFAULT_POLICY.eeg, script.stages.copy()
    room = len(stages) / (6 * EPOCHS_PER_H)
    first, second = round(0.5 * EPOCHS_PER_H * room), round(2.75 * EPOCHS_PER_H * room)
    same = slice(first, first + round(110 * EPOCHS_PER_H / 60 * room))
    deep = slice(second, second + round(175 * EPOCHS_PER_H / 60 * room))
    stages[same] = rng.choice((W, N2, N3, R))
    stages[[same.start - 1, same.stop]] = (stages[same.start] + 1) % 3
    stages[deep] = np.where(np.arange(deep.stop - deep.start) // 40 % 2, N3, N2)
    stages[[deep.start - 1, deep.stop]] = W
    planted = (
        _too_long("one stage too long", ONE_STAGE, same, rule.one_stage_s),
        _too_long("N2 and N3 too long", NO_REM_OR_WAKE, deep, rule.deep_s),
    )
    return replace(script, stages=stages, planted=planted)


def _too_long(cause: str, source: str, spell: slice, limit_s: float) -> Planted:
    onset, until = spell.start * EPOCH_S, spell.stop * EPOCH_S
    lasts_s = float(until - onset)
    return Planted(
        cause, "EEG_ABNORMAL", onset, until, lasts_s >= limit_s or None, limit_s, lasts_s, (source,)
    )


def _wake(rng: np.random.Generator, script: Script) -> Script:
    """Wake a dreamer, by plan or by command; half of them cannot be woken."""
    silent, planned = bool(rng.random() < 0.5), bool(rng.random() < 0.6)
    at = round(float(rng.uniform(1200, 1800)) * SFREQ) / SFREQ
    rule, kind = DEFAULT_POLICY.wake[script.profile], DEFAULT_POLICY.kinds
    on_delay_s = kind[AlarmKind.OVERRUN].on_delay_s
    first_cue = at + on_delay_s if planned else at
    stages = script.stages.copy()
    if silent and rng.random() < 0.25:  # alpha coma: looks awake
        stages[max(round(first_cue / EPOCH_S) - 8, 0) :] = W
    defer_s = rule.defer_s if planned else 0.0
    cue = "planned wake begins" if planned else "commanded wake begins"
    planted = [Planted(cue, "CUE", first_cue, script.length_s, True, defer_s, defer_s + GRACE_S)]
    if planned:
        limit_s = on_delay_s + GRACE_S
        planted.append(
            Planted("sleeps on", AlarmKind.OVERRUN, at, script.length_s, True, on_delay_s, limit_s)
        )
    return replace(
        script,
        stages=stages,
        planned_s=at if planned else None,
        wake_at=None if planned else at,
        silent=silent,
        planted=tuple(planted),
    )


_WRITERS: Mapping[str, Callable[[np.random.Generator, Script], Script]] = {
    "calm": _calm,
    "faults": _faults,
    "eeg": _eeg,
    "monotony": _monotony,
    "wake": _wake,
}
