"""The alarms of one dreamer: applies the state table and announces what changed."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeAlias

from monitor.alarm.changes import Cause, Trigger
from monitor.alarm.conditions import Condition
from monitor.alarm.record import Alarm, State
from monitor.alarm.rules import AlarmKind, Policy
from monitor.alarm.table import Due, find, timers
from monitor.alarm.times import ms
from monitor.domain.errors import NotAllowed, StaleVersion, UnknownAlarm
from monitor.domain.events import AlarmChanged, Reason
from monitor.domain.inputs import Acknowledge, Deescalate, PauseAudio, Resolve, Shelve

Key: TypeAlias = tuple[AlarmKind, str]
AlarmCommand: TypeAlias = Acknowledge | PauseAudio | Deescalate | Shelve | Resolve

_ACTIVE = (State.ACTIVE_UNACK, State.ACTIVE_ACK)
_TELLING = (Trigger.ON_DELAY, Trigger.RISE)
"""What makes an alarm be about what is found now."""


@dataclass(frozen=True, slots=True)
class _Finding:
    """What a `Reason` says beside its code."""

    text: str = ""
    value: float | None = None
    limit: float | None = None
    unit: str = ""


class AlarmRegister:
    """At most one alarm per kind and source, each moved only by the state table.

    Parameters
    ----------
    dreamer : str
        Whose alarms they are; the ids begin with it.
    policy : Policy
        The rules.
    """

    def __init__(self, dreamer: str, policy: Policy) -> None:
        self.dreamer = dreamer
        self.policy = policy
        self._alarms: dict[Key, Alarm] = {}
        self._raised: dict[Key, int] = {}
        self._conditions: dict[Key, Condition] = {}

    @property
    def open(self) -> tuple[Alarm, ...]:
        """Raised and not resolved, the gravest first, then the oldest."""
        raised = [alarm for alarm in self._alarms.values() if alarm.is_open]
        return tuple(sorted(raised, key=lambda a: (-a.priority.rank, a.raised_at, a.alarm_id)))

    @property
    def due(self) -> float:
        """When the next timer fires; infinity when none runs."""
        return min((due.at for _, due in self._timers()), default=float("inf"))

    def is_open(self, kind: AlarmKind) -> bool:
        """Whether an alarm of this kind is open."""
        return any(alarm.kind is kind and alarm.is_open for alarm in self._alarms.values())

    def see(self, at: float, condition: Condition) -> list[AlarmChanged]:
        """Take a detector's word."""
        key = (condition.kind, condition.source)
        alarm = self._alarms.get(key)
        if alarm is None and condition.present is not True:
            return []
        cause = Cause(
            trigger=Trigger.SEEN,
            at=at,
            rule=self.policy.kinds[condition.kind],
            seen=condition.present,
            since=condition.since,
            priority=condition.priority,
        )
        self._conditions[key] = condition
        self._apply(alarm or self._normal(key), cause)
        if not condition.present:
            return []
        finding = _Finding(condition.text, condition.value, condition.limit, condition.unit)
        return self._apply(self._alarms[key], replace(cause, trigger=Trigger.RISE), finding)

    def inhibit(self, at: float) -> list[AlarmChanged]:
        """Keep back the consequences of active alarms; let go those whose parent is gone."""
        events: list[AlarmChanged] = []
        for alarm in list(self._alarms.values()):
            rule = self.policy.kinds[alarm.kind]
            parents = (a for a in self._alarms.values() if a.kind is rule.inhibited_by)
            parent = next((a.alarm_id for a in parents if a.state in _ACTIVE), None)
            trigger = Trigger.PARENT_ACTIVE if parent else Trigger.PARENT_GONE
            events += self._apply(alarm, Cause(trigger=trigger, at=at, rule=rule, parent=parent))
        return events

    def fire(self, at: float) -> list[AlarmChanged]:
        """Fire the earliest timer that is due at `at`."""
        due = [(alarm, due) for alarm, due in self._timers() if due.at <= at]
        if not due:
            return []
        alarm, first = min(due, key=lambda pair: pair[1].at)
        return self._apply(alarm, replace(first.cause, at=at), self._found(alarm, first, at))

    def command(self, at: float, command: AlarmCommand) -> tuple[Alarm, list[AlarmChanged]]:
        """Carry out what a person asks of one alarm; also return that alarm as it was.

        Raises
        ------
        UnknownAlarm, StaleVersion, NotAllowed
            When there is no such alarm, it has changed, or the table has no row for it.
        """
        alarm = self._expected(command)
        cause, text = self._cause(at, command, alarm)
        events = self._apply(alarm, cause, _Finding(text))
        if not events:
            raise NotAllowed(
                f"cannot {cause.trigger} {alarm.alarm_id}: "
                f"it is {alarm.state}, present: {alarm.present}, priority {alarm.priority}"
            )
        return alarm, events

    def snapshot(self) -> dict[str, Any]:
        """JSON values."""
        raised = [[kind, source, n] for (kind, source), n in self._raised.items()]
        return {"alarms": [asdict(a) for a in self._alarms.values()], "raised": raised}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take a `snapshot`."""
        alarms = [Alarm.restored(alarm) for alarm in saved["alarms"]]
        self._alarms = {(alarm.kind, alarm.source): alarm for alarm in alarms}
        self._raised = {(AlarmKind(kind), source): int(n) for kind, source, n in saved["raised"]}
        self._conditions = {}

    def adopt(self, saved: Mapping[str, Any]) -> None:
        """Take what is open in another session's `snapshot`."""
        self.restore(saved)
        self._alarms = {
            key: replace(alarm, seen=None) for key, alarm in self._alarms.items() if alarm.is_open
        }

    def _normal(self, key: Key) -> Alarm:
        kind, source = key
        alarm_id = self._id(key, self._raised.get(key, 0) + 1)
        priority = self.policy.kinds[kind].priority
        return Alarm(alarm_id=alarm_id, kind=kind, source=source, priority=priority)

    def _id(self, key: Key, n: int) -> str:
        kind, source = key
        return f"{self.dreamer}:{kind}:{source}:{n}"

    def _timers(self) -> Iterator[tuple[Alarm, Due]]:
        for alarm in self._alarms.values():
            for due in timers(alarm, self.policy):
                yield alarm, due

    def _found(self, alarm: Alarm, due: Due, at: float) -> _Finding:
        """Say what a timer measured; where it follows a detector, in the detector's words."""
        elapsed_s = ms(at - due.at + due.lasts_s)
        condition = self._conditions.get((alarm.kind, alarm.source))
        if condition and due.cause.trigger is Trigger.ON_DELAY:
            return _Finding(condition.text, condition.value, condition.limit, condition.unit)
        text = condition.text if condition and due.cause.trigger is Trigger.RISE else ""
        return _Finding(text, elapsed_s, due.lasts_s, "s")

    def _apply(
        self, alarm: Alarm, cause: Cause, finding: _Finding = _Finding()
    ) -> list[AlarmChanged]:
        """Make the transition that the table asks for, if any; tell it unless it is silent."""
        row = find(alarm, cause)
        if row is None:
            return []
        changed = row.change(alarm, cause)
        if not row.code:
            self._keep(changed)
            return []
        changed = replace(changed, version=alarm.version + 1)
        if cause.trigger in _TELLING:
            changed = replace(changed, finding=finding.text or changed.finding)
        if alarm.raised_at is None:
            key = (alarm.kind, alarm.source)
            self._raised[key] = self._raised.get(key, 0) + 1
        self._keep(changed)
        reason = Reason(
            row.code, finding.text or row.text, finding.value, finding.limit, finding.unit,
            cause.actor,
        )  # fmt: skip
        return [changed.announce(cause.at, alarm.state, reason)]

    def _keep(self, alarm: Alarm) -> None:
        key = (alarm.kind, alarm.source)
        if alarm.state in (State.NORMAL, State.RESOLVED):
            self._alarms.pop(key, None)
        else:
            self._alarms[key] = alarm

    def _expected(self, command: AlarmCommand) -> Alarm:
        """Find the alarm a command means, at the version its sender saw."""
        alarm = next((a for a in self.open if a.alarm_id == command.alarm_id), None)
        if alarm is None and self._was_raised(command.alarm_id):
            raise StaleVersion(f"{command.alarm_id} is {State.RESOLVED} by now")
        if alarm is None:
            raise UnknownAlarm(f"{self.dreamer} has no alarm {command.alarm_id!r}")
        if alarm.version != command.expected_version:
            raise StaleVersion(
                f"{alarm.alarm_id} is at version {alarm.version}, not {command.expected_version}"
            )
        return alarm

    def _was_raised(self, alarm_id: str) -> bool:
        raised = self._raised.items()
        return alarm_id in (self._id(key, i) for key, n in raised for i in range(1, n + 1))

    def _cause(self, at: float, command: AlarmCommand, alarm: Alarm) -> tuple[Cause, str]:
        rule = self.policy.kinds[alarm.kind]
        cause = Cause(trigger=Trigger.ACKNOWLEDGE, at=at, rule=rule, actor=command.actor)
        match command:
            case Acknowledge():
                return cause, ""
            case Deescalate():
                return replace(cause, trigger=Trigger.DEESCALATE), ""
            case PauseAudio(duration_s=duration_s):
                limit = self.policy.max_pause_s[alarm.priority]
                if not 0 < duration_s <= limit:
                    raise NotAllowed(
                        f"the sound of a {alarm.priority} alarm pauses for at most {limit:g} s, "
                        f"not {duration_s:g} s"
                    )
                return replace(cause, trigger=Trigger.PAUSE, until=ms(at + duration_s)), ""
            case Shelve(reason=reason, duration_s=duration_s):
                limit = self.policy.max_shelf_s
                if not reason.strip() or not 0 < duration_s <= limit:
                    raise NotAllowed(
                        f"shelving needs a reason and an end within {limit:g} s, "
                        f"not {reason!r} and {duration_s:g} s"
                    )
                return replace(cause, trigger=Trigger.SHELVE, until=ms(at + duration_s)), reason
            case Resolve(disposition=disposition, note=note):
                found = disposition.value.replace("_", " ")
                text = f"{found}: {note}" if note else found
                return replace(cause, trigger=Trigger.RESOLVE, disposition=disposition.value), text
