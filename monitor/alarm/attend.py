"""What a person found who attended an alarm, and what it tells the plan and the wake protocol."""

from monitor.alarm.bedside import Bedside
from monitor.alarm.record import Alarm
from monitor.alarm.rules import AlarmKind
from monitor.alarm.wake_steps import Call
from monitor.domain.events import Event
from monitor.domain.inputs import Disposition, Resolve

_CLOSED = {
    AlarmKind.OVERRUN: Call.EXCUSED,
    AlarmKind.HARD_TO_WAKE: Call.TAKEN_OVER,
    AlarmKind.UNRESPONSIVE: Call.DISPOSED,
}
"""What closing an alarm tells the wake protocol, unless the dreamer was found awake."""


def attend(bed: Bedside, alarm: Alarm, command: Resolve) -> list[Event]:
    """Draw the consequences of a finding; `alarm` is as it was before.

    A finding about a condition that has gone says nothing about a wake that has begun since.
    """
    if alarm.kind not in _CLOSED or not alarm.present:
        return []
    if command.disposition is Disposition.WOKEN_VERIFIED:
        return bed.call(Call.FOUND_AWAKE, actor=command.actor)
    if alarm.kind is AlarmKind.OVERRUN:
        bed.plan = bed.plan.excused(bed.now)
    return bed.call(_CLOSED[alarm.kind], actor=command.actor)
