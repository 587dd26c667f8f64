"""The state table of every alarm. Everything that decides a transition lives in this file.

The detector's word and the clock move an alarm to the right, people close it::

    NORMAL -> PENDING -> ACTIVE_UNACK -> ACTIVE_ACK -> AWAIT_DISPOSITION -> RESOLVED
                              |                              ^
                              +---------> RTN_UNACK ---------+

    from                     when                                            to
    -----------------------  ----------------------------------------------  ----------------------
    NORMAL                   the detector sees the condition                 PENDING (told nobody)
    PENDING                  it sees the condition no more                   NORMAL (told nobody)
    PENDING                  seen without a break for the on-delay           ACTIVE_UNACK, raised
    ACTIVE_UNACK             somebody acknowledges (sound off, alarm stays)  ACTIVE_ACK
    ACTIVE_ACK               nothing done within the time for action         ACTIVE_UNACK, level + 1
    ACTIVE_ACK               the condition went and came back since the ack  ACTIVE_UNACK, level + 1
    ACTIVE_ACK, SHELVED      the priority rises                              ACTIVE_UNACK, level + 1
    ACTIVE_UNACK, RTN_UNACK  nobody acknowledges in time                     the next level is told
    ACTIVE_UNACK             gone for the off-delay, kind latched            RTN_UNACK
    ACTIVE_UNACK             gone for the off-delay                          RESOLVED
    ACTIVE_ACK               gone for the off-delay, disposition needed      AWAIT_DISPOSITION
    ACTIVE_ACK               gone for the off-delay                          RESOLVED
    RTN_UNACK                acknowledged, disposition needed                AWAIT_DISPOSITION
    RTN_UNACK                acknowledged                                    RESOLVED
    RTN_UNACK, AWAIT_DISP.   the condition is back for the on-delay          ACTIVE_UNACK, level + 1
    unacknowledged           a person silences it for a moment               as before, no sound
    same                     that moment is over                             as before, sounds again
    any but put aside        a person says fewer people are needed           the level before
    any raised               shelved with reason and end (never high ones)   SHELVED
    SHELVED                  its end is reached                              ACTIVE_ or RTN_UNACK
    ACTIVE_*                 its parent is active too                        INHIBITED
    INHIBITED                its parent is active no more                    as before
    SHELVED, INHIBITED       gone for the off-delay, nobody owes an answer   RESOLVED
    AWAIT_DISPOSITION        a person says what was found                    RESOLVED
    other open states        the same, where a person's word clears the      RESOLVED
                             condition or no detector says it is there

The first row whose states, trigger and guard fit is taken; a command without a row is refused.
"Acknowledged" on the way to RESOLVED is always a person, and so is every disposition: a kind that
needs one has no other way out of its open states.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from monitor.alarm import changes as do
from monitor.alarm.changes import Cause, Change, Trigger
from monitor.alarm.record import Alarm, State
from monitor.alarm.rules import TOP_LEVEL, KindRule, Policy
from monitor.alarm.times import ms
from monitor.domain.events import Priority

Guard: TypeAlias = Callable[[Alarm, Cause], bool]

# --- guards ---------------------------------------------------------------------------------------


def always(_alarm: Alarm, _cause: Cause) -> bool:
    """Require nothing more."""
    return True


def latched(alarm: Alarm, _cause: Cause) -> bool:
    """Whether somebody must look at it even though the condition has gone."""
    return alarm.latched


def needs_disposition(_alarm: Alarm, cause: Cause) -> bool:
    """Whether only a person's finding ends it."""
    return cause.rule.needs_disposition


def answer_owed(alarm: Alarm, cause: Cause) -> bool:
    """Whether a latched alarm still lacks its acknowledgement, or the finding it needs."""
    return alarm.latched and (alarm.acked_at is None or cause.rule.needs_disposition)


def came_back(alarm: Alarm, _cause: Cause) -> bool:
    """Whether the condition seen now began after somebody took the alarm on."""
    return alarm.acked_at is not None and alarm.since > alarm.acked_at


def not_present(alarm: Alarm, _cause: Cause) -> bool:
    """Whether the condition had gone."""
    return not alarm.present


def rises(alarm: Alarm, cause: Cause) -> bool:
    """Whether the priority is higher than before, and the condition there."""
    higher = cause.priority is not None and cause.priority.rank > alarm.priority.rank
    return alarm.present and higher


def top_level(alarm: Alarm, _cause: Cause) -> bool:
    """Whether everybody has been told."""
    return alarm.escalation_level >= TOP_LEVEL


def above_first(alarm: Alarm, cause: Cause) -> bool:
    """Whether more people have been told than are at first."""
    return alarm.escalation_level > cause.rule.first_level


def may_shelve(alarm: Alarm, cause: Cause) -> bool:
    """Whether it is low or medium, and not of a kind that is never put aside."""
    return cause.rule.shelvable and alarm.priority is not Priority.HIGH


def word_clears(alarm: Alarm, cause: Cause) -> bool:
    """Whether a person's word ends the condition, or no detector contradicts it."""
    return cause.rule.person_clears or alarm.seen is not True


# --- the table ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """From these states, on this trigger, if the guard holds: this change, told under this code.

    An empty code is told to nobody.
    """

    states: frozenset[State]
    trigger: Trigger
    guard: Guard
    change: Change
    code: str = ""
    text: str = ""


def _row(
    states: str,
    trigger: Trigger,
    guard: Guard,
    change: Change,
    code: str = "",
    text: str = "",
) -> Row:
    return Row(
        frozenset(State(name) for name in states.split()), trigger, guard, change, code, text
    )


_T = Trigger
_ASIDE = "SHELVED INHIBITED"
_ACTIVE = "ACTIVE_UNACK ACTIVE_ACK"
_UNACKED = "ACTIVE_UNACK RTN_UNACK"

TABLE: tuple[Row, ...] = (
    _row("NORMAL PENDING " + _ACTIVE + " RTN_UNACK AWAIT_DISPOSITION " + _ASIDE,
         _T.SEEN, always, do.note),
    # the condition comes
    _row("PENDING", _T.ON_DELAY, always, do.raise_, "raised"),
    _row("ACTIVE_ACK", _T.ON_DELAY, came_back, do.recur, "came_back", "came back after the ack"),
    _row("RTN_UNACK AWAIT_DISPOSITION", _T.ON_DELAY, always, do.recur, "came_back", "came back"),
    _row(_ASIDE, _T.ON_DELAY, not_present, do.recur_quietly, "came_back", "came back"),
    # it gets graver
    _row("ACTIVE_UNACK INHIBITED", _T.RISE, rises, do.raise_priority, "priority_rose", "graver"),
    _row("ACTIVE_ACK SHELVED", _T.RISE, rises, do.ring_priority, "priority_rose", "graver"),
    # nobody answers
    _row(_UNACKED, _T.ESCALATE, top_level, do.repeat, "repeated", "still nobody"),
    _row(_UNACKED, _T.ESCALATE, always, do.escalate, "escalated", "nobody yet"),
    _row("ACTIVE_ACK", _T.ACK_TIMEOUT, always, do.re_alarm, "ack_expired", "no action followed"),
    # the condition goes
    _row("ACTIVE_UNACK", _T.OFF_DELAY, latched, do.go, "returned", "gone, nobody has seen it"),
    _row("ACTIVE_UNACK", _T.OFF_DELAY, always, do.close, "returned", "gone for the off-delay"),
    _row("ACTIVE_ACK", _T.OFF_DELAY, needs_disposition, do.go, "returned", "gone, finding needed"),
    _row("ACTIVE_ACK", _T.OFF_DELAY, always, do.close, "returned", "gone for the off-delay"),
    _row(_ASIDE, _T.OFF_DELAY, answer_owed, do.go, "returned", "gone meanwhile"),
    _row(_ASIDE, _T.OFF_DELAY, always, do.close, "returned", "gone for the off-delay"),
    # consequences of another alarm
    _row(_ACTIVE, _T.PARENT_ACTIVE, always, do.inhibit, "inhibited", "follows from a graver alarm"),
    _row("INHIBITED", _T.PARENT_GONE, always, do.release, "released", "stands for itself again"),
    # people
    _row("ACTIVE_UNACK", _T.ACKNOWLEDGE, always, do.acknowledge, "acknowledged", "taken on"),
    _row("RTN_UNACK", _T.ACKNOWLEDGE, needs_disposition, do.acknowledge, "acknowledged",
         "taken on, finding needed"),
    _row("RTN_UNACK", _T.ACKNOWLEDGE, always, do.acknowledge_and_close, "acknowledged", "seen"),
    _row(_UNACKED, _T.PAUSE, always, do.pause, "audio_paused", "sound off for a moment"),
    _row(_UNACKED, _T.PAUSE_END, always, do.sound, "audio_resumed", "sound on again"),
    _row(_ACTIVE + " RTN_UNACK AWAIT_DISPOSITION", _T.DEESCALATE, above_first, do.deescalate,
         "deescalated", "fewer people needed"),
    _row(_ACTIVE + " RTN_UNACK " + _ASIDE, _T.SHELVE, may_shelve, do.shelve, "shelved"),
    _row("SHELVED", _T.SHELF_END, always, do.unacked, "shelf_ended", "no longer put aside"),
    _row("AWAIT_DISPOSITION", _T.RESOLVE, always, do.dispose, "resolved"),
    _row(_ACTIVE + " RTN_UNACK " + _ASIDE, _T.RESOLVE, word_clears, do.dispose, "resolved"),
)  # fmt: skip


def find(alarm: Alarm, cause: Cause) -> Row | None:
    """Find the first row that fits; None when nothing may happen."""
    state = alarm.state
    fitting = (row for row in TABLE if row.trigger is cause.trigger and state in row.states)
    return next((row for row in fitting if row.guard(alarm, cause)), None)


# --- the clock ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Timer:
    """Fires `trigger` so many seconds after `since`; None in either means: not running."""

    trigger: Trigger
    since: Callable[[Alarm], float | None]
    lasts_s: Callable[[Alarm, KindRule, Policy], float | None]


def _escalation_wait(alarm: Alarm, _rule: KindRule, policy: Policy) -> float | None:
    steps = policy.escalation.get(alarm.priority)
    return None if steps is None else steps.wait_s(alarm.escalation_level)


TIMERS: tuple[Timer, ...] = (
    Timer(_T.ON_DELAY, lambda a: a.since if a.seen else None, lambda _a, rule, _p: rule.on_delay_s),
    Timer(_T.OFF_DELAY, lambda a: a.since if a.seen is False and a.present else None,
          lambda _a, rule, _p: rule.off_delay_s),
    Timer(_T.RISE, lambda a: None if a.seen is False else a.present_since,
          lambda _a, rule, _p: rule.rise.after_s if rule.rise else None),
    Timer(_T.SHELF_END, lambda a: a.shelved_until, lambda _a, _r, _p: 0.0),
    Timer(_T.PAUSE_END, lambda a: a.audio_paused_until, lambda _a, _r, _p: 0.0),
    Timer(_T.ACK_TIMEOUT, lambda a: a.acked_at, lambda _a, rule, _p: rule.ack_timeout_s),
    Timer(_T.ESCALATE, lambda a: a.told_at, _escalation_wait),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Due:
    """A timer that runs: when it fires, what it fires, and what it measured."""

    at: float
    cause: Cause
    lasts_s: float


def timers(alarm: Alarm, policy: Policy) -> Iterator[Due]:
    """Every timer of an alarm that would find a row when it fires, in the order of `TIMERS`."""
    rule = policy.kinds[alarm.kind]
    for timer in TIMERS:
        since, lasts_s = timer.since(alarm), timer.lasts_s(alarm, rule, policy)
        if since is None or lasts_s is None:
            continue
        priority = rule.rise.to if rule.rise else None
        at = ms(since + lasts_s)
        cause = Cause(trigger=timer.trigger, at=at, rule=rule, priority=priority)
        if find(alarm, cause) is not None:
            yield Due(at, cause, lasts_s)
