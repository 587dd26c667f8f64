"""The wake protocol: one table. Everything that decides a step lives in this file.

::

    step              when                                                    next
    ----------------  ------------------------------------------------------  ----------------------
    IDLE, WOKEN       a wake is planned, and the dreamer is in N3             DEFER
    IDLE, WOKEN       a wake is planned                                       CUE 1
    IDLE, WOKEN,      a person commands a wake: an emergency, never deferred  CUE 1
      DEFER
    DEFER             the last epoch is not N3, or not known, or it is long   CUE 1
    CUE k             the cue has sounded for its time                        LISTEN k
    LISTEN k          time is over in alpha coma                              UNRESPONSIVE
    LISTEN k          time is over, rounds are left                           CUE k + 1
    LISTEN k          time is over after the last round                       HUMAN_ATTEND
    CUE k, LISTEN k   an epoch makes it alpha coma                            UNRESPONSIVE
    HUMAN_ATTEND      nobody reports in time                                  UNRESPONSIVE
    DEFER to          a behavioural response that counts in this profile,     WOKEN
      UNRESPONSIVE    the hold or more after the first, no sleep in between
    DEFER to          a behavioural response that counts in this profile      RESPONDED
      UNRESPONSIVE
    RESPONDED         the hold is over, the last epoch is W since the answer  WOKEN
    RESPONDED         asleep again at once, or not seen awake in the hold:
                        it was UNRESPONSIVE before                            UNRESPONSIVE
                        rounds are left                                       CUE k + 1
                        after the last round                                  HUMAN_ATTEND
    WOKEN             last seen asleep, at a check                            CUE 1
    WOKEN             not seen asleep, at a check                             WOKEN, at last IDLE
    any               a person found the dreamer awake                        WOKEN
    DEFER to          a person takes over, or excuses the dreamer             IDLE
      RESPONDED
    UNRESPONSIVE      a person closes UNRESPONSIVE with another finding       IDLE

Alpha coma: label W for 2 min, W still, and two unanswered cues. The answer is behaviour and
nothing else, and it must hold: the EEG shows W when the hold ends, or, where there is no EEG to
tell, the dreamer answers again. Not knowing is not being awake. Every deadline is an absolute time,
and passing it needs nothing but time.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from monitor.alarm import wake_steps as do
from monitor.alarm.rules import WakeRule
from monitor.alarm.wake_steps import Call, Cause, Move, Sleeper, Step, WakeState
from monitor.domain.events import Reason, WakeStep
from monitor.domain.inputs import Responder
from monitor.domain.stage import Stage

Guard: TypeAlias = Callable[[WakeState, Cause], bool]

# --- guards ---------------------------------------------------------------------------------------


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


# --- the table ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """From these steps, on this call, if the guard holds: this move, told under this code."""

    steps: frozenset[Step]
    call: Call
    guard: Guard
    move: Move
    code: str
    text: str


def _row(
    steps: str,
    call: Call,
    guard: Guard,
    move: Move,
    code: str,
    text: str,
) -> Row:
    return Row(frozenset(Step(name) for name in steps.split()), call, guard, move, code, text)


_STARTED = "DEFER CUE LISTEN HUMAN_ATTEND"
_RUNNING = _STARTED + " RESPONDED UNRESPONSIVE"

TABLE: tuple[Row, ...] = (
    _row("IDLE WOKEN", Call.PLANNED, in_n3, do.defer, "deferred", "waits for N3 to end"),
    _row("IDLE WOKEN", Call.PLANNED, always, do.first_cue, "planned", "planned wake"),
    _row("IDLE WOKEN DEFER", Call.COMMANDED, always, do.first_cue, "commanded", "commanded wake"),
    _row("DEFER", Call.EPOCH, not_in_n3, do.first_cue, "left_n3", "N3 is over, or not known"),
    _row("DEFER", Call.DEADLINE, always, do.first_cue, "deferred_enough", "N3 lasts too long"),
    _row("CUE", Call.DEADLINE, always, do.listen, "cued", "cue given"),
    _row("LISTEN", Call.DEADLINE, alpha_coma, do.give_up, "alpha_coma", "W, yet no answer"),
    _row("LISTEN", Call.DEADLINE, rounds_left, do.next_cue, "unanswered", "round not answered"),
    _row("LISTEN", Call.DEADLINE, always, do.attend, "unanswered", "a person goes"),
    _row("CUE LISTEN", Call.EPOCH, alpha_coma, do.give_up, "alpha_coma", "W, yet no answer"),
    _row("HUMAN_ATTEND", Call.DEADLINE, always, do.give_up, "unresponsive", "nobody reports"),
    _row(_STARTED + " UNRESPONSIVE", Call.RESPONSE, answered_twice, do.wake, "verified",
         "answered again"),
    _row(_STARTED + " UNRESPONSIVE", Call.RESPONSE, counts, do.respond, "responded", "answered"),
    _row("RESPONDED", Call.EPOCH, asleep_again_unresponsive, do.give_up, "asleep_again",
         "fell asleep after the answer"),
    _row("RESPONDED", Call.EPOCH, asleep_again_rounds_left, do.next_cue, "asleep_again",
         "fell asleep after the answer"),
    _row("RESPONDED", Call.EPOCH, asleep_again, do.attend, "asleep_again",
         "fell asleep after the last answer"),
    _row("RESPONDED", Call.DEADLINE, seen_awake, do.wake, "verified", "answer held"),
    _row("RESPONDED", Call.DEADLINE, is_unresponsive, do.give_up, "not_seen_awake",
         "not seen awake after the answer"),
    _row("RESPONDED", Call.DEADLINE, rounds_left, do.next_cue, "not_seen_awake",
         "not seen awake after the answer"),
    _row("RESPONDED", Call.DEADLINE, always, do.attend, "not_seen_awake",
         "not seen awake after the last answer"),
    _row("WOKEN", Call.DEADLINE, asleep_again, do.first_cue, "asleep_at_check", "sleeps"),
    _row("WOKEN", Call.DEADLINE, checks_left, do.check, "checked", "no sleep seen at a check"),
    _row("WOKEN", Call.DEADLINE, always, do.rest, "checked", "no sleep seen at the last check"),
    _row("IDLE WOKEN " + _RUNNING, Call.FOUND_AWAKE, always, do.wake, "found_awake",
         "found awake by a person"),
    _row(_RUNNING, Call.EXCUSED, not_unresponsive, do.rest, "excused", "need not be woken"),
    _row(_RUNNING, Call.TAKEN_OVER, not_unresponsive, do.rest, "taken_over", "left to people"),
    _row(_RUNNING, Call.TAKEN_OVER, always, do.not_hard, "", ""),
    _row(_RUNNING, Call.DISPOSED, always, do.rest, "taken_over", "left to people"),
)  # fmt: skip


class WakeProtocol:
    """The protocol of one dreamer.

    Parameters
    ----------
    rule : WakeRule
        Its numbers.
    """

    def __init__(self, rule: WakeRule) -> None:
        self.rule = rule
        self.state = WakeState()

    def push(
        self,
        call: Call,
        at: float,
        sleeper: Sleeper,
        by: Responder | None = None,
        actor: str | None = None,
    ) -> list[WakeStep]:
        """Make the step that the table asks for, if any."""
        cause = Cause(call=call, at=at, rule=self.rule, sleeper=sleeper, by=by, actor=actor)
        fitting = (row for row in TABLE if row.call is call and self.state.step in row.steps)
        row = next((row for row in fitting if row.guard(self.state, cause)), None)
        if row is None:
            return []
        self.state = row.move(self.state, cause)
        return [self._told(at, row.code, row.text, actor)] if row.code else []

    def under_way(self, at: float) -> list[WakeStep]:
        """Say where a protocol stands that an earlier session began."""
        idle = self.state.step is Step.IDLE
        return [] if idle else [self._told(at, "adopted", "goes on from the session before")]

    def _told(self, at: float, code: str, text: str, actor: str | None = None) -> WakeStep:
        state, rule = self.state, self.rule
        reason = Reason(
            code, text, float(state.unanswered), float(rule.rounds), "unanswered rounds", actor
        )
        level = rule.levels_dba[state.round - 1] if state.step is Step.CUE else None
        step = state.step.value
        return WakeStep(at, step, state.round, rule.rounds, level, state.until, reason)

    def snapshot(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self.state)

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take a `snapshot`."""
        self.state = WakeState(**{**saved, "step": Step(saved["step"])})
