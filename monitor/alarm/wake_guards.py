"""Guards of the wake protocol: what must hold for a row of its table, `monitor.alarm.wake`."""

from collections.abc import Callable
from typing import TypeAlias

from monitor.alarm import wake_steps as do
from monitor.alarm.wake_steps import Cause, WakeState
from monitor.domain.response import Grade
from monitor.domain.stage import Stage

Guard: TypeAlias = Callable[[WakeState, Cause], bool]


def always(_state: WakeState, _cause: Cause) -> bool:
    """Require nothing more."""
    return True


def in_n3(_state: WakeState, cause: Cause) -> bool:
    """Whether the last epoch is deep sleep."""
    return cause.sleeper.stage is Stage.N3


def not_in_n3(state: WakeState, cause: Cause) -> bool:
    """Whether the last epoch is not deep sleep, or not known."""
    return not in_n3(state, cause)


def alpha_coma(state: WakeState, cause: Cause) -> bool:
    """Whether it looks like being awake, yet cues are not answered."""
    unanswered, sleeper, rule = do.unanswered_after(state, cause), cause.sleeper, cause.rule
    looks_awake = sleeper.stage is Stage.W and sleeper.awake_s >= rule.coma_w_s
    return looks_awake and unanswered >= rule.coma_cues


def no_response(state: WakeState, cause: Cause) -> bool:
    """Whether nothing followed the cue, from a stage in which that is enough."""
    return state.response is Grade.NONE and state.asleep_in in cause.rule.at_once_from


def rounds_left(state: WakeState, cause: Cause) -> bool:
    """Whether another cue may follow."""
    return state.round < cause.rule.rounds


def counts(_state: WakeState, cause: Cause) -> bool:
    """Whether the word of whoever answers is enough."""
    return cause.by in cause.rule.responders


def answered_twice(state: WakeState, cause: Cause) -> bool:
    """Whether it counts, and no sleep was seen since an earlier answer, whose hold is over."""
    return counts(state, cause) and do.awake_since_answer(state, cause)


def seen_awake(state: WakeState, cause: Cause) -> bool:
    """Whether the last epoch is W that began after the answer."""
    return cause.sleeper.stage is Stage.W and cause.sleeper.onset >= state.since


def asleep_again(state: WakeState, cause: Cause) -> bool:
    """Whether the last epoch is sleep that began after the answer, or after the wake."""
    began = state.since if state.woken_at is None else state.woken_at
    return cause.sleeper.stage.is_sleep and cause.sleeper.onset >= began


def asleep_again_unresponsive(state: WakeState, cause: Cause) -> bool:
    """Whether it is asleep again, and was UNRESPONSIVE before the answer."""
    return asleep_again(state, cause) and state.unresponsive_at is not None


def asleep_again_rounds_left(state: WakeState, cause: Cause) -> bool:
    """Whether it is asleep again, and another cue may follow."""
    return asleep_again(state, cause) and rounds_left(state, cause)


def checks_left(state: WakeState, cause: Cause) -> bool:
    """Whether another check is to follow."""
    return state.checks + 1 < len(cause.rule.checks_s)


def is_unresponsive(state: WakeState, _cause: Cause) -> bool:
    """Whether UNRESPONSIVE was reached and is not cleared."""
    return state.unresponsive_at is not None


def not_unresponsive(state: WakeState, cause: Cause) -> bool:
    """Whether UNRESPONSIVE was not reached."""
    return not is_unresponsive(state, cause)
