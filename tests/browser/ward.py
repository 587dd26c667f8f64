"""A ward of simulated entries: any number of beds in any state, with no signal behind them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

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
from monitor.domain.stage import STAGES, Stage
from monitor.sources.simulator.hypnogram import Habits, plan_stages, stages_of
from monitor.sources.simulator.parameters import hypnogram_model
from service.entries import draft, live_stage
from service.station import Station
from service.store import RUNNING, SessionRow, Store
from tests.service.service_server import Served, served

NOW = 1_799_982_720.0
"""When all beds are: 2027-01-15 03:12 UTC."""
REASON = Reason("ward", "as the ward says")


@dataclass
class Bed:
    """One simulated dreamer, in a night drawn by chance.

    Parameters
    ----------
    n_epochs : int
        How many were scored.
    seed : int
        Of the night.
    events : sequence of Event
        What its log holds besides.
    quality : float
        Of the live signal.
    """

    name: str
    n_epochs: int = 60
    coverage: Coverage = Coverage.MONITORED
    reason: Reason = REASON
    seed: int = 0
    events: Sequence[Event] = ()
    quality: float = 0.97
    stages: list[Stage] = field(init=False)

    def __post_init__(self) -> None:
        chance = np.random.default_rng(self.seed)
        habits = Habits(asleep_by=20)
        self.stages = stages_of(plan_stages(chance, 1_000, hypnogram_model(), habits))
        self._sure = chance.beta(9, 2, 1_000)

    @property
    def start(self) -> float:
        return NOW - 30 * self.n_epochs

    def begin(self) -> list[Event]:
        """Everything that its log holds at first."""
        names = ("C3-M2", "O1-M2")
        return [
            SessionChanged(self.start, self.name, "started", 100.0, names, 28_800.0, "adult", 0),
            *(self._epoch(index) for index in range(self.n_epochs)),
            CoverageChanged(NOW, self.coverage, self.reason),
            self._usage(),
            *self.events,
        ]

    def live(self) -> LiveStage:
        """The live stage now."""
        stage = self.stages[self.n_epochs]
        return LiveStage(NOW, stage, NOW, self._proba(self.n_epochs), self.quality)

    def next_epoch(self) -> Event:
        self.n_epochs += 1
        return self._epoch(self.n_epochs - 1)

    def _epoch(self, index: int) -> EpochScored:
        proba = self._proba(index)
        scored = ScoredEpoch(index, 30.0 * index, self.stages[index], proba, self.quality)
        return EpochScored(self.start + 30.0 * (index + 1), scored)

    def _proba(self, index: int) -> dict[str, float]:
        sure = float(self._sure[index])
        return {
            stage.value: sure if stage is self.stages[index] else (1 - sure) / 4 for stage in STAGES
        }

    def _usage(self) -> UsageCounted:
        so_far = self.stages[: self.n_epochs]
        slept = sum(stage.is_sleep for stage in so_far) / 2
        rem = so_far.count(Stage.R) / 2
        return UsageCounted(
            NOW, self.name, self.n_epochs / 2, slept, rem, 0.0, 0.0,
            sleep_24h_min=slept, rem_24h_min=rem, budgets={"rem_24h_min": 140.0},
        )  # fmt: skip


def alarm(
    bed: str,
    priority: Priority = Priority.HIGH,
    kind: str = "UNRESPONSIVE",
    text: str = REASON.text,
    acked_by: str | None = None,
) -> AlarmChanged:
    """An alarm, which nobody has taken on unless it is said who."""
    return AlarmChanged(
        at=NOW, alarm_id=f"{bed}:{kind}::1", kind=kind, source="", priority=priority,
        state="ACTIVE_ACK" if acked_by else "ACTIVE_UNACK", previous_state="NORMAL",
        reason=Reason("raised", text), version=1, present=True, raised_at=NOW - 40,
        acked_by=acked_by, acked_at=NOW if acked_by else None, latched=True, shelved_until=None,
        inhibited_by=None, escalation_level=0, disposition=None, recurrence=0,
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
    row = SessionRow(bed.name, bed.name, "ward", bed.start, RUNNING, b"")
    return store.commit(row, [draft(event, bed.name) for event in events])


def _believe(station: Station) -> None:
    """Let it take the log's word for every coverage: there are no runners to ask."""
    station._not_watched = lambda _dreamer: None
