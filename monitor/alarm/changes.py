"""What a transition does to an alarm's fields; *whether* it is made is the state table's matter."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from monitor.alarm.record import Alarm
from monitor.alarm.rules import TOP_LEVEL, KindRule
from monitor.domain.events import Priority


class Trigger(StrEnum):
    """What can move an alarm: the detector, the clock, another alarm, a person."""

    SEEN = "seen"
    RISE = "rise"
    ON_DELAY = "on_delay"
    OFF_DELAY = "off_delay"
    ESCALATE = "escalate"
    ACK_TIMEOUT = "ack_timeout"
    SHELF_END = "shelf_end"
    PAUSE_END = "pause_end"
    PARENT_ACTIVE = "parent_active"
    PARENT_GONE = "parent_gone"
    ACKNOWLEDGE = "acknowledge"
    PAUSE = "pause the sound of"
    DEESCALATE = "de-escalate"
    SHELVE = "shelve"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A trigger with all that its guards and changes look at."""

    trigger: Trigger
    at: float
    rule: KindRule
    seen: bool | None = None
    since: float = 0.0
    priority: Priority | None = None
    parent: str | None = None
    actor: str | None = None
    until: float | None = None
    disposition: str | None = None


Change: TypeAlias = Callable[[Alarm, Cause], Alarm]


def note(alarm: Alarm, cause: Cause) -> Alarm:
    """Write down what the detector says; before it is raised, its priority too."""
    priority = alarm.priority if alarm.is_open else cause.priority or cause.rule.priority
    return replace(alarm, seen=cause.seen, since=cause.since, priority=priority)


def unacked(alarm: Alarm, cause: Cause) -> Alarm:
    """Take it from whoever had it; the people of the present level are told now."""
    return replace(
        alarm,
        acked_by=None,
        acked_at=None,
        shelved_until=None,
        audio_paused_until=None,
        told_at=cause.at,
    )


def raise_(alarm: Alarm, cause: Cause) -> Alarm:
    """Tell people for the first time."""
    return replace(
        alarm,
        present=True,
        present_since=alarm.since,
        raised_at=cause.at,
        told_at=cause.at,
        latched=cause.rule.latched,
        escalation_level=cause.rule.first_level,
    )


def re_alarm(alarm: Alarm, cause: Cause) -> Alarm:
    """Ring again, one level further."""
    level = min(alarm.escalation_level + 1, TOP_LEVEL)
    return replace(unacked(alarm, cause), escalation_level=level)


def recur_quietly(alarm: Alarm, _cause: Cause) -> Alarm:
    """Count that the condition is back while the alarm is put aside."""
    recurrence = alarm.recurrence + 1
    return replace(alarm, present=True, present_since=alarm.since, recurrence=recurrence)


def recur(alarm: Alarm, cause: Cause) -> Alarm:
    """Count that the condition is back, and ring again."""
    return recur_quietly(re_alarm(alarm, cause), cause)


def go(alarm: Alarm, _cause: Cause) -> Alarm:
    """Note that the condition has gone."""
    return replace(alarm, present=False)


def close(alarm: Alarm, cause: Cause) -> Alarm:
    """End it."""
    return replace(go(alarm, cause), resolved_at=cause.at, audio_paused_until=None)


def raise_priority(alarm: Alarm, cause: Cause) -> Alarm:
    """Take the higher priority; the waits of its escalation start now."""
    priority = cause.priority or alarm.priority
    return replace(alarm, priority=priority, told_at=cause.at, audio_paused_until=None)


def ring_priority(alarm: Alarm, cause: Cause) -> Alarm:
    """Take the higher priority and ring again."""
    return raise_priority(re_alarm(alarm, cause), cause)


def repeat(alarm: Alarm, cause: Cause) -> Alarm:
    """Tell the same people again."""
    return replace(alarm, told_at=cause.at)


def escalate(alarm: Alarm, cause: Cause) -> Alarm:
    """Tell more people."""
    return replace(repeat(alarm, cause), escalation_level=alarm.escalation_level + 1)


def acknowledge(alarm: Alarm, cause: Cause) -> Alarm:
    """Somebody takes it on: the sound stops, the condition is untouched."""
    return replace(alarm, acked_by=cause.actor, acked_at=cause.at, audio_paused_until=None)


def pause(alarm: Alarm, cause: Cause) -> Alarm:
    """Make no sound until then; nothing else changes."""
    return replace(alarm, audio_paused_until=cause.until)


def sound(alarm: Alarm, _cause: Cause) -> Alarm:
    """Sound again."""
    return replace(alarm, audio_paused_until=None)


def deescalate(alarm: Alarm, cause: Cause) -> Alarm:
    """Go back a level; the wait for the next one starts anew."""
    return replace(repeat(alarm, cause), escalation_level=alarm.escalation_level - 1)


def acknowledge_and_close(alarm: Alarm, cause: Cause) -> Alarm:
    """Somebody has seen it, and nothing is left to do."""
    return close(acknowledge(alarm, cause), cause)


def shelve(alarm: Alarm, cause: Cause) -> Alarm:
    """Put aside until then; it comes back unacknowledged."""
    return replace(unacked(alarm, cause), shelved_until=cause.until, inhibited_by=None)


def inhibit(alarm: Alarm, cause: Cause) -> Alarm:
    """Keep back as a consequence of the parent."""
    return replace(alarm, inhibited_by=cause.parent, audio_paused_until=None)


def release(alarm: Alarm, cause: Cause) -> Alarm:
    """Stand for itself again."""
    return replace(alarm, inhibited_by=None, told_at=cause.at)


def dispose(alarm: Alarm, cause: Cause) -> Alarm:
    """Close it with what a person found who attended."""
    attended = alarm if alarm.acked_at is not None else acknowledge(alarm, cause)
    return replace(close(attended, cause), disposition=cause.disposition)
