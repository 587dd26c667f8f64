"""The wake protocol: one table. What decides a step is its rows, and `monitor.alarm.wake_guards`.

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
    LISTEN k          time is over, and from a stage that this profile names  UNRESPONSIVE
                        neither behaviour nor EEG shows any response
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
    all but           a person says that the dreamer does not respond         UNRESPONSIVE
      UNRESPONSIVE
    DEFER to          a person takes over, or excuses the dreamer             IDLE
      RESPONDED
    UNRESPONSIVE      a person closes UNRESPONSIVE with another finding       IDLE

Alpha coma: label W for 2 min, W still, and two unanswered cues. The answer is behaviour and
nothing else, and it must hold: the EEG shows W when the hold ends, or, where there is no EEG to
tell, the dreamer answers again. Not knowing is not being awake. Every deadline is an absolute time,
and passing it needs nothing but time.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from monitor.alarm import wake_steps as do
from monitor.alarm.rules import WakeRule
from monitor.alarm.sleeper import Sleeper
from monitor.alarm.wake_guards import (
    Guard,
    alpha_coma,
    always,
    answered_twice,
    asleep_again,
    asleep_again_rounds_left,
    asleep_again_unresponsive,
    checks_left,
    counts,
    in_n3,
    is_unresponsive,
    no_response,
    not_in_n3,
    not_unresponsive,
    rounds_left,
    seen_awake,
)
from monitor.alarm.wake_steps import Call, Cause, Move, Step, WakeState
from monitor.domain.events import RESPONSE, Reason, WakeStep
from monitor.domain.inputs import Responder
from monitor.domain.response import Cue, Grade, Response
from monitor.domain.stage import Stage


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
    _row("LISTEN", Call.DEADLINE, alpha_coma, do.give_up_awake, "alpha_coma", "W, yet no answer"),
    _row("LISTEN", Call.DEADLINE, no_response, do.give_up_at_once, "no_response",
         "no response of any kind"),
    _row("LISTEN", Call.DEADLINE, rounds_left, do.next_cue, "unanswered", "round not answered"),
    _row("LISTEN", Call.DEADLINE, always, do.attend, "unanswered", "a person goes"),
    _row("CUE LISTEN", Call.EPOCH, alpha_coma, do.give_up_awake, "alpha_coma", "W, yet no answer"),
    _row("HUMAN_ATTEND", Call.DEADLINE, always, do.give_up, "unresponsive", "nobody reports"),
    _row(_STARTED + " UNRESPONSIVE", Call.RESPONSE, answered_twice, do.wake, "verified",
         "answered again"),
    _row(_STARTED + " UNRESPONSIVE", Call.RESPONSE, counts, do.respond, "responded", "answered"),
    _row("CUE LISTEN", Call.RESPONSE, always, do.note_behaviour, "", ""),
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
    _row("IDLE WOKEN RESPONDED " + _STARTED, Call.DECLARED, always, do.give_up_at_once, "declared",
         "a person says so"),
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

    @property
    def cue(self) -> Cue | None:
        """The cue whose round ends next by time alone."""
        state, rule = self.state, self.rule
        if state.step is not Step.LISTEN:
            return None
        return Cue(state.cued_at, state.round, rule.cue_s, rule.cue_s + rule.listen_s)

    def note(self, at: float, response: Response) -> list[WakeStep]:
        """Note what followed the cue; behaviour outdoes what the EEG shows. It is no step."""
        if self.state.behaved:
            response = replace(
                response, grade=Grade.R4, text="behaviour, which does not count here"
            )
        self.state = replace(self.state, response=response.grade, asleep_in=response.stage)
        code, text = response.grade.value, response.text
        reason = Reason(code, text, response.value, response.limit, response.unit)
        return [WakeStep(at, RESPONSE, self.state.round, self.rule.rounds, None, None, reason)]

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
        grade = saved.get("response")
        self.state = WakeState(
            **{
                **saved,
                "step": Step(saved["step"]),
                "response": None if grade is None else Grade(grade),
                "asleep_in": Stage(saved.get("asleep_in", Stage.UNSCORED)),
            }
        )
