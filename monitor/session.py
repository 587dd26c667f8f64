"""One dreamer, one night: everything that comes in, everything that goes out.

`MonitorSession.push` is the whole path of a sample. It has no clock: the sample index is the time,
and the absence of samples is pushed as a `Gap` or a `Tick`. So a live night replays exactly.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from monitor.alarm.catalogue import DEFAULT_POLICY
from monitor.alarm.coverage import Watch, assess_coverage
from monitor.alarm.engine import AlarmEngine
from monitor.alarm.nobody import NoAlarms
from monitor.alarm.rules import Policy
from monitor.domain.checks import check_follows, check_gap, checked_data
from monitor.domain.config import SessionConfig
from monitor.domain.contact import Activity, Contact, Second
from monitor.domain.epoch import PHASE_S, ScoredEpoch
from monitor.domain.errors import InputError, SnapshotError
from monitor.domain.events import (
    CommandDone,
    Coverage,
    CoverageChanged,
    EpochScored,
    Event,
    LiveStage,
    SamplesLost,
    SessionChanged,
    UsageCounted,
)
from monitor.domain.identity import check_identity, identity
from monitor.domain.inputs import Begin, Chunk, End, Finish, Gap, Health, Input, Recall, Tick
from monitor.domain.montage import STAGED, ChannelKind
from monitor.domain.stage import EPOCH_S, Stage
from monitor.signal.artefacts import ArtefactDetector
from monitor.signal.contact import contact_of
from monitor.signal.epocher import Epocher
from monitor.signal.filter import SosFilter
from monitor.signal.frames import Framer, Frames, spells
from monitor.signal.response import ResponseMeter
from monitor.signal.suppression import SuppressionMeter
from monitor.staging.bundle import ModelBundle
from monitor.staging.calibration import Calibration
from monitor.staging.published import PublishedStage
from monitor.staging.scorer import Scorer
from monitor.usage.ledger import UsageLedger
from monitor.usage.record import SessionRecord

SILENT_S = 10.0
"""Seconds without signal after which no live stage is shown any more: two of its steps."""

BLOCK_S = 300
"""Longest stretch worked on at once, in seconds: bounds memory, changes no result."""


class _Stateful(Protocol):
    def snapshot(self) -> dict[str, Any]: ...
    def restore(self, snapshot: dict[str, Any]) -> None: ...


class MonitorSession:
    """Turns signal, gaps, time and commands into stages, alarms and accounts.

    Parameters
    ----------
    config : SessionConfig
        Who, when, and what the signal is.
    bundle : ModelBundle
        The staging model; shared by all sessions.
    calibration : Calibration or None
        Of the wearer, where there is one; of this model.
    policy : Policy
        The numbers of the alarms and the wake protocol.

    Raises
    ------
    InputError
        When no channel is EEG, or the sampling rate cannot be used.
    """

    def __init__(
        self,
        config: SessionConfig,
        bundle: ModelBundle,
        calibration: Calibration | None = None,
        policy: Policy = DEFAULT_POLICY,
    ) -> None:
        n_channels = len(config.montage.channels)
        self.config = config
        self._model = bundle.card.get("sha256")
        self.now = config.start
        self.coverage = Coverage.NOT_MONITORED
        self._status = "started"
        self._eeg = list(config.montage.picks(ChannelKind.EEG))
        if not self._eeg:
            names = ", ".join(config.montage.ch_names)
            raise InputError(f"no EEG channel among {names}: name one like 'EEG Fpz-Cz' or 'C3-M2'")
        self._watch = Watch(usable_at=config.start)
        self._framer = Framer(n_channels, config.sfreq)
        self._detector = ArtefactDetector(config.montage)
        self._suppression = SuppressionMeter(config.montage, config.sfreq)
        self._filter = SosFilter(n_channels, config.sfreq, config.montage.picks(*STAGED))
        self._epocher = Epocher(PHASE_S if config.live else EPOCH_S)
        self._scorer = Scorer(
            bundle, config.montage, config.sfreq, calibration, spectra=config.live
        )
        self._published = PublishedStage()
        self._responses = ResponseMeter(config.montage, config.sfreq, config.start)
        self._alarms = self._alarms_by(policy) if config.watched else NoAlarms()
        self._usage = UsageLedger(
            config.session,
            config.start,
            config.planned_s,
            lambda: self._alarms.rounds,
            running=config.live,
        )

    def _alarms_by(self, policy: Policy) -> AlarmEngine:
        return AlarmEngine(
            self.config.dreamer,
            self.config.montage,
            start=self.config.start,
            planned_s=self.config.planned_s,
            profile=self.config.profile,
            policy=policy,
            witness=self._responses.grade,
        )

    @property
    def position(self) -> int:
        """Index of the next sample expected."""
        return self._framer.position

    @property
    def record(self) -> SessionRecord:
        """What the account keeps of this session, as of now."""
        return self._usage.record(self.now)

    def begin(self) -> list[Event]:
        """Announce that the session has started, or goes on after `restore`.

        What `adopt_alarms` returned lies before that.
        """
        _, reason = assess_coverage(self._watch, self.now)
        adopted = self._alarms.under_way(self.now) if self._status == "started" else []
        return [
            self._session_changed(self._status),
            CoverageChanged(self.now, self.coverage, reason),
            *adopted,
        ]

    def push(self, item: Input) -> list[Event]:
        """Take one message in; return all that follows from it, in order of time.

        Raises
        ------
        InputError
            When a chunk or gap does not fit the montage or does not follow the last sample.
        CommandError
            When a command cannot be carried out.
        """
        match item:
            case Chunk():
                self._check_follows(item.first_sample)
                return self._push_signal(checked_data(item.data, len(self.config.montage.channels)))
            case Gap():
                self._check_follows(item.first_sample)
                return self._push_gap(item)
            case Tick(sample):
                return self._pass_time(self._at(sample))
            case End(sample):
                return self._end(self._at(sample))
            case Health():
                return self._alarms.hear(self.now, item)
            case Recall(past):
                return self._count(self._usage.recall(past, self.now))
            case Begin() | Finish():
                return self._bound(item)
            case command:
                return self._alarms.command(self.now, command)

    def _bound(self, command: Begin | Finish) -> list[Event]:
        """Say who began the session, whatever ids were used before it; or end it."""
        if isinstance(command, Begin):
            return [CommandDone(self.now, command.command_id, "begin", command.actor)]
        done = self._alarms.command(self.now, command)
        return [*done, *self._end(self.now)] if done else []

    def _push_signal(self, data: NDArray[np.float64]) -> list[Event]:
        events: list[Event] = []
        for block in self._blocks(data):
            frames = self._detector.push(self._framer.push(block))
            contact = contact_of(frames.artefacts)
            filtered = self._filter.push(frames)
            activity = self._look_at(frames, filtered)
            scored = self._scorer.push(self._epocher.push(filtered))
            begin = frames.first_second
            ending = {int(window.end_s) - begin: window for window in scored}
            for first, last in spells(np.hstack([contact, self._alarms.grade(activity)]), ending):
                events += self._observe(begin, range(first, last), contact[first], activity)
                if last in ending:
                    events += self._stage(ending[last])
        return events

    def _look_at(self, frames: Frames, filtered: Frames) -> Activity:
        """Look for what alarms and the wake protocol ask of the EEG; staging asks nothing more."""
        if not self.config.watched:
            return Activity.unknown(len(frames.artefacts))
        self._responses.push(frames, filtered)
        return self._suppression.push(frames, filtered)

    def _observe(
        self, begin: int, seconds: range, contact: NDArray[np.int8], activity: Activity
    ) -> list[Event]:
        """Let seconds alike pass, numbered from `begin`: at once if no alarm follows."""
        events, last = list[Event](), seconds[-1]
        usable = bool((contact[self._eeg] == Contact.GOOD).any())
        ends = {second: self.config.start + (begin + second + 1) for second in seconds}
        alike = Second(ends[last], contact, *activity.at(last))
        quiet = self._alarms.pass_quietly(alike, len(seconds))
        for second in (last,) if quiet else seconds:
            if usable:
                self._watch.usable_at = ends[second]
            events += self._advance(ends[second])
            if not quiet:
                events += self._alarms.observe(Second(self.now, contact, *activity.at(second)))
        return events

    def _stage(self, scored: ScoredEpoch) -> list[Event]:
        """Tell of a window: an epoch for good, every one for the live stage."""
        events = self._score(scored) if scored.onset_s % EPOCH_S == 0 else []
        return [*events, self._publish(scored)] if self.config.live else events

    def _score(self, scored: ScoredEpoch) -> list[Event]:
        self._watch.stage = scored.stage
        self._responses.note(scored)
        if scored.stage is not Stage.UNSCORED:
            self._watch.scored_at = self.config.start + scored.end_s
        return [
            EpochScored(self.now, scored),
            *self._count(self._usage.push(self.now, scored)),
            *self._alarms.score(self.now, scored),
            *self._cover(self.now),
        ]

    def _count(self, accounts: list[UsageCounted]) -> list[Event]:
        """Tell the account, and the alarms which limits it finds broken."""
        alarms = self._alarms.use(self.now, self._usage.breaches) if accounts else []
        return [*accounts, *alarms]

    def _publish(self, scored: ScoredEpoch) -> LiveStage:
        proba = np.array(list(scored.proba.values())) if scored.proba else None
        stage = self._published.push(self.now, proba)
        since = self._published.since
        return LiveStage(self.now, stage, since, scored.proba, scored.quality, scored.channels)

    def _push_gap(self, gap: Gap) -> list[Event]:
        check_gap(gap, self.config.sfreq)
        lost = SamplesLost(self.now, gap.first_sample, gap.n_samples, gap.cause)
        shape = (len(self.config.montage.channels), gap.n_samples)
        return [lost, *self._push_signal(np.broadcast_to(np.float64(np.nan), shape))]

    def _pass_time(self, at: float) -> list[Event]:
        """Let time pass in which nothing came; the live stage soon falls silent too."""
        events: list[Event] = []
        for due in (*self._usage.due(at), at):
            events += [*self._advance(due), *self._alarms.advance(self.now)]
            events += self._count(self._usage.advance(self.now))
        unseen = self.now - self._at(self.position)
        return [*events, *self._fall_silent()] if unseen > SILENT_S else events

    def _fall_silent(self) -> list[Event]:
        """Tell, once, that there is no live stage any more."""
        if self._published.stage is Stage.UNSCORED:
            return []
        self._published.push(self.now, None)
        return [LiveStage(self.now, Stage.UNSCORED, self._published.since)]

    def _advance(self, at: float) -> list[Event]:
        """Let time pass; coverage falls at the moment it is due, however long the step."""
        events: list[Event] = []
        for due in self._watch.deadlines:
            if self.now < due <= at:
                events += self._cover(due)
        self.now = max(self.now, at)
        return events

    def _cover(self, at: float) -> list[Event]:
        coverage, reason = assess_coverage(self._watch, at)
        if coverage == self.coverage:
            return []
        self.coverage = coverage
        return [CoverageChanged(at, coverage, reason)]

    def _end(self, at: float) -> list[Event]:
        if self._watch.ended:
            return []
        events = self._advance(at)
        self._watch.ended = True
        return [
            *events,
            *self._fall_silent(),
            *self._count(self._usage.end(self.now)),
            *self._alarms.end(self.now),
            *self._cover(self.now),
            self._session_changed("ended"),
        ]

    def _at(self, sample: int) -> float:
        return self.config.start + sample / self.config.sfreq

    def _blocks(self, data: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
        size = int(BLOCK_S * self.config.sfreq)
        return (data[:, first : first + size] for first in range(0, data.shape[1], size))

    def _check_follows(self, first_sample: int) -> None:
        if self._watch.ended:
            raise InputError(f"session {self.config.session} has ended and takes no more signal")
        check_follows(first_sample, self.position)

    def _session_changed(self, status: str) -> SessionChanged:
        config = self.config
        return SessionChanged(
            self.now,
            config.session,
            status,
            config.sfreq,
            config.montage.ch_names,
            config.planned_s,
            config.profile,
            self.position,
        )

    def snapshot(self) -> dict[str, Any]:
        """Everything the next push depends on: plain JSON values and arrays, nested."""
        return {
            "identity": identity(self.config, self._model),
            "planned_s": self.config.planned_s,
            "now": self.now,
            "coverage": str(self.coverage),
            "watch": asdict(self._watch),
            **{name: part.snapshot() for name, part in self._parts.items()},
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot of the same session.

        Raises
        ------
        SnapshotError
            When it was taken of another session, montage, sampling rate or model, or is damaged.
        """
        check_identity(snapshot.get("identity"), identity(self.config, self._model))
        try:
            self.now = float(snapshot["now"])
            self.coverage = Coverage(snapshot["coverage"])
            watch = snapshot["watch"]
            self._watch = Watch(**{**watch, "stage": Stage(watch["stage"])})
            for name, part in self._parts.items():
                part.restore(snapshot[name])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise SnapshotError(f"the saved state is damaged: {error!r}") from error
        self._status = "resumed"

    def adopt_alarms(self, snapshot: dict[str, Any]) -> list[Event]:
        """Take over the open alarms of the same dreamer's previous session from its snapshot."""
        return self._alarms.adopt(snapshot.get("alarms", {}))

    @property
    def _parts(self) -> dict[str, _Stateful]:
        """The places where state lives."""
        return {
            "framer": self._framer,
            "detector": self._detector,
            "filter": self._filter,
            "suppression": self._suppression,
            "epocher": self._epocher,
            "scorer": self._scorer,
            "published": self._published,
            "usage": self._usage,
            "responses": self._responses,
            "alarms": self._alarms,
        }
