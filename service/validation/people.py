"""How dreamers answer cues and technicians attend to alarms: drawn, with the sources of it.

"95 %" and "half" are of the alarm specification, which took them from publications; all other
numbers are choices.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from monitor.alarm.rules import WakeRule
from monitor.domain.inputs import Profile, Responder
from monitor.sources.simulator.reactions import Reaction
from service.validation.causes import GRACE_S
from service.validation.records import Planted

WAKES = {"adult": 0.7, "child": 0.5}
"""Share of those still asleep whom a cue wakes; half of 5- to 12-year-olds sleep through one."""
MEAN_S = 32 / np.log(20)
"""Mean delay of waking: exponential, 95 % of those who wake do so within 32 s."""
_SOONEST_S, _LATEST_S = 2.0, 55.0
_PRESSES_S = (1.0, 4.0)
"""From waking to the button."""
_DOZES = 0.1
"""Share of those who answer and fall asleep again: sleep inertia."""
_DOZES_AFTER_S = (5.0, 20.0)
_AT_THE_BED = 0.5
"""Share of planned wakes of children at which the technician is there from the first cue."""
_TRAVEL_S, _SHAKES_S = (30.0, 120.0), 20.0
"""From the call to the bed, and from there until the child speaks."""
_REACTIONS: Mapping[Reaction | None, float] = {
    None: 0.4,
    Reaction.EVOKED: 0.4,
    Reaction.AROUSAL: 0.2,
}
"""What the EEG of a dreamer shows whom a cue does not wake."""
_CLEAR_S = 3.0
"""Answers nearer than this to a deadline are moved: which came first would be chance."""

_ACK_S = (np.log(40.0), 0.6, 5.0, 170.0)
"""Log mean, log spread, and limits of a technician's delay; a page is answered within minutes."""
_RESOLVE_S = (40.0, 90.0)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a dreamer will answer a wake, in s from its first cue.

    Parameters
    ----------
    wakes_s : float or None
        When the EEG turns to wake; None: never.
    word_s : float or None
        When the word comes that counts.
    by : Responder
        Whose.
    dozes_s : float or None
        When the dreamer falls asleep again.
    """

    wakes_s: float | None = None
    word_s: float | None = None
    by: Responder = Responder.BUTTON
    dozes_s: float | None = None


def draw_answer(rng: np.random.Generator, profile: Profile, rule: WakeRule, silent: bool) -> Answer:
    """Draw how a dreamer answers a wake that begins now."""
    round_s = rule.cue_s + rule.listen_s
    wakes_s = None if silent else _draw_waking(rng, profile, rule, round_s)
    if profile == "child":
        return _child(rng, wakes_s, rule, round_s, silent)
    if wakes_s is None:
        return Answer()
    word_s = _clear(wakes_s + rng.uniform(*_PRESSES_S), rule, round_s)
    dozes = word_s < rule.hard_after * round_s and rng.random() < _DOZES
    dozes_s = word_s + rng.uniform(*_DOZES_AFTER_S) if dozes else None
    return Answer(wakes_s, word_s, Responder.BUTTON, dozes_s)


def _draw_waking(
    rng: np.random.Generator, profile: Profile, rule: WakeRule, round_s: float
) -> float | None:
    for k in range(rule.rounds):
        if rng.random() < WAKES[profile]:
            return k * round_s + float(np.clip(rng.exponential(MEAN_S), _SOONEST_S, _LATEST_S))
    return None


def _child(
    rng: np.random.Generator, wakes_s: float | None, rule: WakeRule, round_s: float, silent: bool
) -> Answer:
    """Draw the word of the technician, which alone counts; called, they wake the child by hand."""
    if silent:
        return Answer()
    by = Responder.TECHNICIAN
    if wakes_s is not None and rng.random() < _AT_THE_BED:
        return Answer(wakes_s, _clear(wakes_s + _SHAKES_S / 2, rule, round_s), by)
    there_s = rule.hard_after * round_s + rng.uniform(*_TRAVEL_S)
    word_s = _clear(there_s + _SHAKES_S, rule, round_s)
    return Answer(min(wakes_s or word_s, word_s - _SHAKES_S / 2), word_s, by)


def _clear(word_s: float, rule: WakeRule, round_s: float) -> float:
    deadlines = (rule.hard_after * round_s, rule.rounds * round_s)
    near = any(abs(word_s - deadline) < _CLEAR_S for deadline in deadlines)
    return float(word_s + 2 * _CLEAR_S * near)


def planted_by(answer: Answer, at: float, profile: Profile, rule: WakeRule) -> list[Planted]:
    """Say which alarms a wake with this answer, whose first cue came at `at`, must or may raise.

    A child may be UNRESPONSIVE at once: a cue without any response is enough from N2 or REM.
    """
    round_s = rule.cue_s + rule.listen_s
    hard_s, all_s = rule.hard_after * round_s, rule.rounds * round_s
    word_s = answer.word_s
    end = at + all_s + (word_s or 0.0) + 2 * rule.hold_s
    hard = Planted("unanswered rounds", "HARD_TO_WAKE", at, end, True, hard_s, hard_s + GRACE_S)
    may = Planted("unanswered rounds", "UNRESPONSIVE", at, end, None)
    if word_s is None:
        must = Planted("cannot be woken", "UNRESPONSIVE", at, end, True, all_s, all_s + GRACE_S)
        return [hard, must]
    if answer.dozes_s is not None:
        return [Planted("falls asleep again", "UNRESPONSIVE", at, end, None)]
    missed = [hard] if word_s > hard_s else []
    return [*missed, may] if profile == "child" and word_s > round_s else missed


def draw_reaction(rng: np.random.Generator) -> Reaction | None:
    """Draw what a cue does to the EEG of a dreamer who sleeps on."""
    chosen = int(rng.choice(len(_REACTIONS), p=list(_REACTIONS.values())))
    return list(_REACTIONS)[chosen]


def draw_ack_s(rng: np.random.Generator) -> float:
    """Draw how long it takes a technician to take an alarm on, s."""
    mean, spread, least, most = _ACK_S
    return float(np.clip(np.exp(rng.normal(mean, spread)), least, most))


def draw_resolve_s(rng: np.random.Generator) -> float:
    """Draw how long it takes from there to a finding, s."""
    return float(rng.uniform(*_RESOLVE_S))
