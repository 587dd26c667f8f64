"""Events as the log and the wire hold them: ``{"v", "event_id", "seq", "dreamer", "type", …}``."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import uuid4

from websockets.frames import Frame, Opcode

from monitor.domain.events import AlarmChanged, EpochScored, Event, LiveStage

VERSION = 1
DURABLE_TYPES = ("session", "epoch", "coverage", "gap", "alarm", "wake", "usage", "command")
HEARTBEAT, SIGNAL = "heartbeat", "signal"
TYPES = (*DURABLE_TYPES, "stage", SIGNAL, HEARTBEAT)
"""All that the contract names; those after the durable ones are telemetry."""
_TIMES = ("raised_at", "acked_at", "shelved_until", "audio_paused_until", "until", "since")


@dataclass(frozen=True, slots=True)
class Draft:
    """An event on its way into the log, which will number it."""

    event_id: str
    type: str
    at: float
    data: str
    alarm_id: str | None


@dataclass(frozen=True)
class Entry:
    """One entry of the log.

    Parameters
    ----------
    position : int
        Place in the log, over all dreamers; rising, not gap-free.
    seq : int
        Number of the entry among its dreamer's, gap-free from 1.
    at : float
        Seconds of Unix time.
    data : str
        The event's data as JSON.
    """

    position: int
    dreamer: str
    seq: int
    event_id: str
    type: str
    at: float
    data: str

    @cached_property
    def text(self) -> str:
        """The message as JSON, made once for all its receivers."""
        head = {
            "v": VERSION,
            "event_id": self.event_id,
            "seq": self.seq,
            "dreamer": self.dreamer,
            "type": self.type,
            "at": iso(self.at),
        }
        return f'{to_json(head)[:-1]},"data":{self.data}}}'

    @cached_property
    def frame(self) -> bytes:
        """The message as a websocket frame, made once for all its receivers."""
        return to_frame(self.text)

    @cached_property
    def message(self) -> dict[str, Any]:
        """The message as an object."""
        message: dict[str, Any] = json.loads(self.text)
        return message


@dataclass(frozen=True)
class Telemetry:
    """A message that is not in the log: it has no number, and a newer one takes its place.

    Parameters
    ----------
    type : str
        One of those that are not durable, or ``snapshot``.
    dreamer : str or None
        Whom it is about; None: everybody.
    text : str
        The message as JSON.
    """

    type: str
    dreamer: str | None
    text: str

    @cached_property
    def frame(self) -> bytes:
        """The message as a websocket frame, made once for all its receivers."""
        return to_frame(self.text)


def draft(event: Event, session: str) -> Draft:
    """Turn an event of a session into an entry still without its number."""
    alarm_id = event.alarm_id if isinstance(event, AlarmChanged) else None
    return Draft(uuid4().hex, event.type, event.at, to_json(_data(event, session)), alarm_id)


def telemetry(kind: str, at: float, data: dict[str, Any], dreamer: str | None = None) -> Telemetry:
    """Write a message that is not in the log."""
    whose = {} if dreamer is None else {"dreamer": dreamer}
    text = to_json({"v": VERSION, **whose, "type": kind, "at": iso(at), "data": data})
    return Telemetry(kind, dreamer, text)


def live_stage(event: LiveStage, dreamer: str, session: str) -> Telemetry:
    """Write the stage now."""
    return telemetry(event.type, event.at, _data(event, session) | {"session": session}, dreamer)


def iso(at: float) -> str:
    """Write Unix seconds as ISO 8601 UTC with milliseconds, ``2026-01-31T23:59:59.123Z``."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def to_frame(text: str) -> bytes:
    """Write the websocket frame of a message from a server, which masks nothing."""
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


def to_json(value: Any) -> str:
    """Write JSON without blanks and without NaN."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _data(event: Event, session: str) -> dict[str, Any]:
    if isinstance(event, EpochScored):
        return asdict(event.epoch) | {"session": session}
    data = asdict(event)
    del data["at"]
    return data | {name: iso(data[name]) for name in _TIMES if data.get(name) is not None}
