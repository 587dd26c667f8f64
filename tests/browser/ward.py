"""A ward of simulated entries: any number of beds in any state, with no signal behind them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.domain.epoch import ScoredEpoch
from monitor.domain.events import (
    AlarmChanged,
    Coverage,
    CoverageChanged,
    EpochScored,
    Event,
    LiveStage,
    Priority,
    Reason,
    SessionChanged,
    UsageCounted,
)
from monitor.domain.stage import Stage
from service.entries import draft, live_stage
from service.station import Station
from service.store import RUNNING, SessionRow, Store
from tests.service.service_server import Served, served

START = 1_800_000_000.0
NIGHT = ["W", "W", "N1", "N2", "N2", "N3", "N3", "N3", "N2", "R", "R", "N2"]
"""One cycle; each stage lasts `SPELL` epochs."""
SPELL = 8
PROBA = {"W": 0.02, "N1": 0.05, "N2": 0.05, "N3": 0.03, "R": 0.05}


@dataclass
class Bed:
    """One simulated dreamer.

    Parameters
    ----------
    n_epochs : int
        How many were scored.
    """

    name: str
    n_epochs: int = 60
    coverage: Coverage = Coverage.MONITORED
    alarms: Sequence[AlarmChanged] = field(default_factory=list)

    @property
    def now(self) -> float:
        return START + 30 * self.n_epochs

    def begin(self) -> list[Event]:
        """Everything that its log holds at first."""
        session = SessionChanged(
            START, self.name, "started", 100.0, ("C3-M2", "O1-M2"), 28_800.0, "adult", 0
        )
        reason = Reason("test", "as the ward says")
        return [
            session,
            *(self._epoch(index) for index in range(self.n_epochs)),
            CoverageChanged(self.now, self.coverage, reason),
            self._usage(),
            *self.alarms,
        ]

    def live(self) -> LiveStage:
        """The next live stage."""
        stage = self._stage(self.n_epochs)
        return LiveStage(self.now, stage, self.now, _proba(stage), 0.97)

    def next_epoch(self) -> Event:
        self.n_epochs += 1
        return self._epoch(self.n_epochs - 1)

    def _stage(self, index: int) -> Stage:
        return Stage(NIGHT[index // SPELL % len(NIGHT)])

    def _epoch(self, index: int) -> EpochScored:
        stage = self._stage(index)
        scored = ScoredEpoch(index, 30.0 * index, stage, _proba(stage), 0.97)
        return EpochScored(START + 30.0 * (index + 1), scored)

    def _usage(self) -> UsageCounted:
        slept = self.n_epochs / 2
        return UsageCounted(
            self.now, self.name, slept, slept, slept / 4, 0.0, 0.0,
            sleep_24h_min=slept, rem_24h_min=slept / 4, budgets={"rem_24h_min": 140.0},
        )  # fmt: skip


def _proba(stage: Stage) -> dict[str, float]:
    return PROBA | {stage.value: 1 - sum(PROBA.values()) + PROBA[stage.value]}


def alarm(bed: str, priority: Priority = Priority.HIGH, kind: str = "UNRESPONSIVE") -> AlarmChanged:
    """An alarm that nobody has taken on."""
    return AlarmChanged(
        at=START, alarm_id=f"{bed}:{kind}::1", kind=kind, source="", priority=priority,
        state="ACTIVE_UNACK", previous_state="NORMAL",
        reason=Reason("raised", "as the ward says"), version=1, present=True, raised_at=START,
        acked_by=None, acked_at=None, latched=True, shelved_until=None, inhibited_by=None,
        escalation_level=0, disposition=None, recurrence=0,
    )  # fmt: skip


@dataclass(frozen=True)
class Ward:
    """A service that believes to watch these beds."""

    served: Served
    beds: dict[str, Bed]

    def tell(self, bed: Bed, *events: Event) -> None:
        """Commit events and publish them, as a runner does."""
        entries = _commit(self.served.station.store, bed, events)
        self.served.station.hub.publish(entries)

    def tell_live(self, bed: Bed) -> None:
        hub = self.served.station.hub
        hub.tell(live_stage(bed.live(), bed.name, bed.name))


@contextmanager
def ward(data_dir: Path, *beds: Bed, **settings: Any) -> Iterator[Ward]:
    """Serve a ward."""
    with Store(data_dir) as store:
        for bed in beds:
            _commit(store, bed, bed.begin())
    with served(data_dir, **settings) as running:
        _believe(running.station)
        yield Ward(running, {bed.name: bed for bed in beds})


def _commit(store: Store, bed: Bed, events: Sequence[Event]) -> list[Any]:
    row = SessionRow(bed.name, bed.name, "ward", START, RUNNING, b"")
    return store.commit(row, [draft(event, bed.name) for event in events])


def _believe(station: Station) -> None:
    """Let it take the log's word for every coverage: there are no runners to ask."""
    station._not_watched = lambda _dreamer: None
