"""One alarm: a frozen record whose state is read off its fields, never stored beside them.

Three separate things are kept: the *condition* (what the detector says: `seen`, and `present` after
the delays), the *acknowledgement* (a person took it on) and the *signal* (who is told, how loudly).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from monitor.alarm.rules import AlarmKind
from monitor.domain.events import AlarmChanged, Priority, Reason


class State(StrEnum):
    """Where an alarm stands (names of ISA-18.2)."""

    NORMAL = "NORMAL"
    PENDING = "PENDING"
    ACTIVE_UNACK = "ACTIVE_UNACK"
    ACTIVE_ACK = "ACTIVE_ACK"
    RTN_UNACK = "RTN_UNACK"
    AWAIT_DISPOSITION = "AWAIT_DISPOSITION"
    SHELVED = "SHELVED"
    INHIBITED = "INHIBITED"
    RESOLVED = "RESOLVED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One instance of one kind at one source. All times are Unix seconds, so they survive restarts.

    Parameters
    ----------
    alarm_id : str
        ``dreamer:kind:source:n``, the n-th of its kind and source; the same in every replay.
    kind : AlarmKind
    source : str
        The channel, or empty when the whole dreamer is meant.
    priority : Priority
    seen : bool or None
        What the detector says now; None where nothing can be known.
    since : float
        Since when the detector says so.
    present : bool
        The condition, after the delays.
    present_since : float or None
        Since when the condition that made it present is true.
    raised_at, resolved_at : float or None
    told_at : float or None
        When the escalation level was last told to people.
    acked_by, acked_at : str or None, float or None
        Who took it on, and when; it makes no sound until the time for action has run out.
    latched : bool
        Stays open after the condition has gone.
    shelved_until : float or None
    audio_paused_until : float or None
        Until then it makes no sound.
    inhibited_by : str or None
        The alarm_id of the alarm whose consequence this one is.
    escalation_level : int
        0 the technician, 1 a second person, 2 everyone and the webhook.
    version : int
        Rises by one with each announced change.
    disposition : str or None
        What a person found.
    recurrence : int
        How often the condition came back while the alarm was open.
    finding : str
        What was found when the condition came, came back or grew graver, in words.
    """

    alarm_id: str
    kind: AlarmKind
    source: str
    priority: Priority
    seen: bool | None = False
    since: float = 0.0
    present: bool = False
    present_since: float | None = None
    raised_at: float | None = None
    resolved_at: float | None = None
    told_at: float | None = None
    acked_by: str | None = None
    acked_at: float | None = None
    latched: bool = False
    shelved_until: float | None = None
    audio_paused_until: float | None = None
    inhibited_by: str | None = None
    escalation_level: int = 0
    version: int = 0
    disposition: str | None = None
    recurrence: int = 0
    finding: str = ""

    @property
    def state(self) -> State:
        """The state these fields amount to."""
        if self.resolved_at is not None:
            return State.RESOLVED
        if self.raised_at is None:
            return State.NORMAL if self.seen is False else State.PENDING
        if self.shelved_until is not None:
            return State.SHELVED
        if self.inhibited_by is not None:
            return State.INHIBITED
        if self.present:
            return State.ACTIVE_UNACK if self.acked_at is None else State.ACTIVE_ACK
        return State.RTN_UNACK if self.acked_at is None else State.AWAIT_DISPOSITION

    @property
    def is_open(self) -> bool:
        """Whether it was raised and is not resolved."""
        return self.raised_at is not None and self.resolved_at is None

    def announce(self, at: float, previous: State, reason: Reason) -> AlarmChanged:
        """Tell the alarm as it now stands."""
        told = {name: getattr(self, name) for name in _TOLD}
        return AlarmChanged(
            at=at,
            kind=self.kind.value,
            state=self.state.value,
            previous_state=previous.value,
            reason=reason,
            **told,
        )

    @classmethod
    def restored(cls, saved: Mapping[str, Any]) -> "Alarm":
        """Make an alarm from its fields as JSON values."""
        named = {"kind": AlarmKind(saved["kind"]), "priority": Priority(saved["priority"])}
        return cls(**{**saved, **named})


_COMPOSED = {"kind", "state"}  # their values are spelled out as text above
_TOLD = tuple(
    field.name
    for field in fields(AlarmChanged)
    if field.name in Alarm.__dataclass_fields__ and field.name not in _COMPOSED
)
