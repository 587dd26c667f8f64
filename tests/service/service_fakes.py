"""Stand-ins for what the service drives: a clock, a source, a session without any signal in it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from monitor.domain.config import SessionConfig
from monitor.domain.epoch import ScoredEpoch
from monitor.domain.errors import UnknownAlarm
from monitor.domain.events import (
    AlarmChanged,
    CommandDone,
    Coverage,
    CoverageChanged,
    EpochScored,
    Event,
    Priority,
    Reason,
    SamplesLost,
    SessionChanged,
)
from monitor.domain.inputs import Acknowledge, Chunk, End, Finish, Gap, Input, Tick, Wake
from monitor.domain.montage import Montage
from monitor.domain.stage import Stage
from monitor.usage.record import SessionRecord
from service.entries import Entry, Telemetry

SFREQ = 10.0
START = 1_800_000_000.0
MONTAGE = Montage.from_names(["C3-M2"])


class FakeClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeHub:
    """Keeps what it is handed."""

    def __init__(self) -> None:
        self.published: list[Entry] = []
        self.told: list[Telemetry] = []

    def publish(self, entries: Sequence[Entry]) -> None:
        self.published += entries

    def tell(self, message: Telemetry) -> None:
        self.told.append(message)


class FakeSource:
    """Chunks of one second; or, live, whatever is put into `coming`."""

    trouble = ""

    def __init__(self, seconds: int = 5, live: bool = False, chunk_s: int = 1) -> None:
        self.sfreq, self.montage, self.live = SFREQ, MONTAGE, live
        self.n_samples = int(seconds * SFREQ)
        self.position, self.chunk = 0, int(chunk_s * SFREQ)
        self.coming: list[Input] = []
        self.heard: list[Event] = []
        self.closed = False

    def read(self) -> list[Input] | None:
        if self.live:
            coming, self.coming = self.coming, []
            return coming
        if self.position >= self.n_samples:
            return None
        chunk = Chunk(np.zeros((1, self.chunk)), self.position)
        self.position += self.chunk
        return [chunk]

    def seek(self, sample: int) -> None:
        self.position = sample

    def notify(self, event: Event) -> None:
        self.heard.append(event)

    def close(self) -> None:
        self.closed = True


class FakeSession:
    """Scores an epoch a second of signal; says everything it is told to."""

    def __init__(self, dreamer: str = "bed-7", session: str = "night") -> None:
        self.config = SessionConfig(dreamer, session, START, SFREQ, MONTAGE)
        self.position = 0
        self.pushed: list[Input] = []
        self.done: set[str] = set()

    @property
    def now(self) -> float:
        return START + self.position / SFREQ

    @property
    def record(self) -> SessionRecord:
        return SessionRecord(self.config.session, START, self.now, ())

    def begin(self) -> list[Event]:
        return [self._changed("started")]

    def push(self, item: Input) -> list[Event]:
        self.pushed.append(item)
        match item:
            case Chunk():
                self.position += item.n_samples
                return [epoch(item.first_sample // int(SFREQ), self.now)]
            case Gap():
                self.position += item.n_samples
                return [SamplesLost(self.now, item.first_sample, item.n_samples, item.cause)]
            case End() | Finish():
                return [self._changed("ended")]
            case Wake(command_id=command_id, actor=actor) if command_id not in self.done:
                self.done.add(command_id)
                return [CommandDone(self.now, command_id, "wake", actor)]
            case Acknowledge(alarm_id=alarm_id):
                raise UnknownAlarm(alarm_id)
        return []

    def snapshot(self) -> dict[str, Any]:
        return {"position": self.position}

    def _changed(self, status: str) -> SessionChanged:
        return SessionChanged(
            self.now, self.config.session, status, SFREQ, ("C3-M2",), None, "adult", self.position
        )

    def of(self, *kinds: type) -> list[Input]:
        return [item for item in self.pushed if isinstance(item, kinds)]

    @property
    def ticks(self) -> list[int]:
        return [item.sample for item in self.pushed if isinstance(item, Tick)]


def epoch(index: int, at: float = START, stage: Stage = Stage.N2) -> EpochScored:
    proba = {"W": 0.0, "N1": 0.1, "N2": 0.8, "N3": 0.1, "R": 0.0}
    return EpochScored(at, ScoredEpoch(index, 30.0 * index, stage, proba, 1.0))


def coverage(now: Coverage, at: float = START) -> CoverageChanged:
    return CoverageChanged(at, now, Reason("test", "as the test says"))


def started(session: str, at: float = START) -> SessionChanged:
    return SessionChanged(at, session, "started", SFREQ, ("C3-M2",), None, "adult", 0)


def alarm(
    alarm_id: str = "bed-7:UNRESPONSIVE::1",
    state: str = "ACTIVE_UNACK",
    priority: Priority = Priority.HIGH,
    version: int = 1,
    raised_at: float = START,
) -> AlarmChanged:
    _, kind, source, _ = alarm_id.split(":")
    return AlarmChanged(
        at=raised_at,
        alarm_id=alarm_id,
        kind=kind,
        source=source,
        priority=priority,
        state=state,
        previous_state="NORMAL",
        reason=Reason("raised", "no answer in 3 rounds", 3.0, 3.0, "rounds"),
        version=version,
        present=True,
        raised_at=raised_at,
        acked_by=None,
        acked_at=None,
        latched=True,
        shelved_until=None,
        inhibited_by=None,
        escalation_level=0,
        disposition=None,
        recurrence=0,
    )


def types(entries: Sequence[Any]) -> list[str]:
    return [entry.type for entry in entries]
