"""Steps and moves of the wake protocol; *whether* a move is made: `monitor.alarm.wake`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from monitor.alarm.rules import WakeRule
from monitor.alarm.sleeper import Sleeper
from monitor.alarm.times import ms
from monitor.domain.inputs import Responder
from monitor.domain.response import Grade
from monitor.domain.stage import Stage


class Step(StrEnum):
    """Where the protocol stands."""

    IDLE = "IDLE"
    DEFER = "DEFER"
    CUE = "CUE"
    LISTEN = "LISTEN"
    RESPONDED = "RESPONDED"
    HUMAN_ATTEND = "HUMAN_ATTEND"
    WOKEN = "WOKEN"
    UNRESPONSIVE = "UNRESPONSIVE"


class Call(StrEnum):
    """What can move the protocol."""

    PLANNED = "planned"
    COMMANDED = "commanded"
    DEADLINE = "deadline"
    EPOCH = "epoch"
    RESPONSE = "response"
    FOUND_AWAKE = "found_awake"
    EXCUSED = "excused"
    TAKEN_OVER = "taken_over"
    DECLARED = "declared"
    DISPOSED = "disposed"


@dataclass(frozen=True, slots=True)
class WakeState:
    """Where the protocol stands; times in Unix s.

    Parameters
    ----------
    step : Step
    since : float
        When the step began.
    until : float or None
        When it ends by time alone.
    round : int
        Number of the cue, from 1; 0 before the first.
    unanswered : int
        Rounds in a row without an answer.
    enough : int
        Cues in vain that made it UNRESPONSIVE.
    hard_at, unresponsive_at : float or None
        Since when the dreamer is hard to wake, or unresponsive; cleared only by a verified wake or
        by a person.
    answered_at : float or None
        When the dreamer first answered, of the answers with no sleep between them.
    woken_at : float or None
        When the wake was verified.
    checks : int
        Checks done since.
    cued_at : float
        When the last cue was given; 0 before the first.
    behaved : bool
        Whether behaviour was seen since that cue, though it does not count in this profile.
    response : Grade or None
        What followed the last cue whose round is over.
    asleep_in : Stage
        The stage before that cue.
    """

    step: Step = Step.IDLE
    since: float = 0.0
    until: float | None = None
    round: int = 0
    unanswered: int = 0
    enough: int = 0
    hard_at: float | None = None
    unresponsive_at: float | None = None
    answered_at: float | None = None
    woken_at: float | None = None
    checks: int = 0
    cued_at: float = 0.0
    behaved: bool = False
    response: Grade | None = None
    asleep_in: Stage = Stage.UNSCORED

    @property
    def running(self) -> bool:
        """Whether somebody is being woken."""
        return self.step not in (Step.IDLE, Step.WOKEN)

    @property
    def failed(self) -> int:
        """Rounds that are over and did not wake the dreamer."""
        under_way = self.step in (Step.CUE, Step.LISTEN, Step.RESPONDED)
        return self.round - under_way


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A call with all that guards and moves look at."""

    call: Call
    at: float
    rule: WakeRule
    sleeper: Sleeper
    by: Responder | None = None
    actor: str | None = None


Move: TypeAlias = Callable[[WakeState, Cause], WakeState]


def unanswered_after(state: WakeState, cause: Cause) -> int:
    """Count the rounds in a row without an answer, with the one that ends by this call."""
    return state.unanswered + (state.step is Step.LISTEN and cause.call is Call.DEADLINE)


def awake_since_answer(state: WakeState, cause: Cause) -> bool:
    """Whether there was an answer and no sleep has begun since."""
    return state.answered_at is not None and cause.sleeper.slept_at < state.answered_at


def _to(state: WakeState, step: Step, cause: Cause, for_s: float | None) -> WakeState:
    until = None if for_s is None else ms(cause.at + for_s)
    unanswered = unanswered_after(state, cause)
    return replace(state, step=step, since=cause.at, until=until, unanswered=unanswered)


def _since(before: float | None, cause: Cause, holds: bool = True) -> float | None:
    return cause.at if before is None and holds else before


def defer(_state: WakeState, cause: Cause) -> WakeState:
    """Wait for the end of N3."""
    return _to(WakeState(), Step.DEFER, cause, cause.rule.defer_s)


def _cue(state: WakeState, cause: Cause) -> WakeState:
    cued = _to(state, Step.CUE, cause, cause.rule.cue_s)
    return replace(cued, round=state.round + 1, cued_at=cause.at, behaved=False, response=None)


def first_cue(_state: WakeState, cause: Cause) -> WakeState:
    """Begin the rounds."""
    return _cue(WakeState(), cause)


def listen(state: WakeState, cause: Cause) -> WakeState:
    """Fall silent, to leave room for an answer."""
    return _to(state, Step.LISTEN, cause, cause.rule.listen_s)


def next_cue(state: WakeState, cause: Cause) -> WakeState:
    """Begin the next round; after some of them the dreamer is hard to wake."""
    hard = state.round >= cause.rule.hard_after
    return replace(_cue(state, cause), hard_at=_since(state.hard_at, cause, hard))


def attend(state: WakeState, cause: Cause) -> WakeState:
    """Send a person now."""
    waiting = _to(state, Step.HUMAN_ATTEND, cause, cause.rule.attend_s)
    return replace(waiting, hard_at=_since(state.hard_at, cause))


def note_behaviour(state: WakeState, _cause: Cause) -> WakeState:
    """Note behaviour that is no answer in this profile."""
    return replace(state, behaved=True)


def _unresponsive(state: WakeState, cause: Cause, enough: int) -> WakeState:
    return replace(
        _to(state, Step.UNRESPONSIVE, cause, None),
        hard_at=_since(state.hard_at, cause),
        unresponsive_at=_since(state.unresponsive_at, cause),
        enough=enough,
    )


def give_up(state: WakeState, cause: Cause) -> WakeState:
    """Leave it to people: all rounds were in vain."""
    return _unresponsive(state, cause, cause.rule.rounds)


def give_up_awake(state: WakeState, cause: Cause) -> WakeState:
    """Leave it to people: it looks like being awake, and enough cues were in vain."""
    return _unresponsive(state, cause, cause.rule.coma_cues)


def give_up_at_once(state: WakeState, cause: Cause) -> WakeState:
    """Leave it to people: however many cues were given, these were enough."""
    begun = state if state.running else WakeState()
    return _unresponsive(begun, cause, begun.round)


def respond(state: WakeState, cause: Cause) -> WakeState:
    """Take the answer; now it must hold."""
    held = _to(state, Step.RESPONDED, cause, cause.rule.hold_s)
    first = state.answered_at if awake_since_answer(state, cause) else cause.at
    return replace(held, unanswered=0, answered_at=first)


def wake(_state: WakeState, cause: Cause) -> WakeState:
    """Count the dreamer as awake; the checks follow."""
    woken = _to(WakeState(), Step.WOKEN, cause, cause.rule.checks_s[0])
    return replace(woken, woken_at=cause.at)


def check(state: WakeState, cause: Cause) -> WakeState:
    """Note that one check passed."""
    checks = state.checks + 1
    wait_s = cause.rule.checks_s[checks] - cause.rule.checks_s[state.checks]
    return replace(_to(state, Step.WOKEN, cause, wait_s), checks=checks)


def rest(_state: WakeState, cause: Cause) -> WakeState:
    """Stop waking."""
    return _to(WakeState(), Step.IDLE, cause, None)


def not_hard(state: WakeState, _cause: Cause) -> WakeState:
    """Let HARD_TO_WAKE go, a person has seen to it; UNRESPONSIVE stands."""
    return replace(state, hard_at=None)
