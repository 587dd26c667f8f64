"""What is annotated: a session's events in a few words, and those that wait for room."""

from collections import deque
from dataclasses import dataclass

from monitor.domain.events import (
    RESPONSE,
    AlarmChanged,
    CommandDone,
    EpochScored,
    Event,
    WakeStep,
)
from monitor.domain.stage import EPOCH_S
from monitor.sources.annotations import STAGE_TEXTS
from service.recording.layout import ROOM_BYTES, seconds, tal

WAITING = 200
"""Most annotations that wait for room, so that a storm of gaps stays bounded; of more, only their
number is annotated. Staging and gaps need them not: missing samples tell themselves."""

MAX_TEXT = 240
"""Longest text in bytes of UTF-8: with its time and a record's, it fits one record's room."""

TAL_ROOM = ROOM_BYTES - len(tal("+1234567.1234567", "", ""))
"""Room left beside the time of a record."""

_ALARMS = {
    "ACTIVE_UNACK": "raised",
    "ACTIVE_ACK": "acknowledged",
    "RTN_UNACK": "no longer present, not acknowledged",
    "AWAIT_DISPOSITION": "awaits what was found",
    "SHELVED": "shelved",
    "INHIBITED": "inhibited",
    "RESOLVED": "resolved",
    "NORMAL": "over",
}
_NOT_YET = ("PENDING", "NORMAL")


@dataclass(frozen=True, slots=True)
class Annotation:
    """A text at a time.

    Parameters
    ----------
    onset_s : float
        Seconds since the session's start.
    duration_s : float
        0 for what lasts no time.
    text : str
    """

    onset_s: float
    duration_s: float
    text: str


class Waiting:
    """Annotations that wait for room, first come, first served."""

    def __init__(self) -> None:
        self._queue: deque[Annotation] = deque()
        self._left_out = 0

    def __bool__(self) -> bool:
        return bool(self._queue)

    def put(self, annotation: Annotation) -> None:
        """Add one, or count it where too many wait."""
        if len(self._queue) < WAITING:
            self._queue.append(annotation)
        else:
            self._left_out += 1

    def put_first(self, annotation: Annotation) -> None:
        """Let one go before all others."""
        self._queue.appendleft(annotation)

    def take(self, room: int, start_s: float) -> bytes:
        """Return what fits into `room` bytes, its times as seconds since `start_s`."""
        taken = b""
        while self._queue:
            written = _write(self._queue[0], start_s)
            if len(taken) + len(written) > room:
                break
            taken += written
            last = self._queue.popleft()
            if self._left_out and not self._queue:
                text = f"{self._left_out} annotations left out for want of room"
                self._queue.append(Annotation(last.onset_s, 0.0, text))
                self._left_out = 0
        return taken


def annotate(event: Event, start: float) -> Annotation | None:
    """Say an event of a session that began at `start`, Unix seconds; None if it needs no saying.

    Gaps are annotated by who writes their samples.
    """
    match event:
        case EpochScored():
            return Annotation(event.epoch.onset_s, EPOCH_S, STAGE_TEXTS[event.epoch.stage])
        case WakeStep() | CommandDone():
            return Annotation(event.at - start, 0.0, _say(event))
        case AlarmChanged() if {event.state, event.previous_state} - set(_NOT_YET):
            return Annotation(event.at - start, 0.0, _say_alarm(event))
        case _:
            return None


def _say(event: WakeStep | CommandDone) -> str:
    if isinstance(event, CommandDone):
        return f"Command {event.command} by {event.actor}"
    if event.step == RESPONSE:
        return f"Response {event.reason.code} to cue {event.round} of {event.rounds}"
    level = "" if event.level_dba is None else f" {event.level_dba} dBA"
    step = "Cue" if event.step == "CUE" else f"Wake {event.step}"
    return f"{step} {event.round} of {event.rounds}{level}" if event.round else step


def _say_alarm(event: AlarmChanged) -> str:
    name = f"{event.kind} {event.source}".strip()
    return f"Alarm {name} {_ALARMS[event.state]}"


def _write(annotation: Annotation, start_s: float) -> bytes:
    """Write one for a file that begins at `start_s`.

    What began before is told at its start, but nothing of a stretch that was over by then.
    """
    onset = max(0.0, annotation.onset_s - start_s)
    end = annotation.onset_s + annotation.duration_s - start_s
    if annotation.duration_s and end <= 0:
        return b""
    lasting = seconds(end - onset) if annotation.duration_s else ""
    text = annotation.text.encode()
    if len(text) > MAX_TEXT:
        text = text[: MAX_TEXT - 3].decode(errors="ignore").encode() + "…".encode()
    return tal(f"+{seconds(onset)}", lasting, text.decode())
