"""A night of twenty minutes whose figures can be reckoned by hand."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from monitor.domain.epoch import ScoredEpoch
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
    WakeStep,
)
from monitor.domain.quality import ChannelQuality
from monitor.domain.stage import STAGES, Stage
from monitor.usage.ledger import Past
from service.entries import draft
from service.report.figures import figures
from service.report.night import Night, Said, find_session, read_night, reading
from service.report.shapes import NightReport
from service.store import SessionRow, Store
from service.usage.accounts import Use

START, SFREQ, SESSION = 1_800_000_000.0, 100.0, "night-1"
CH_NAMES = ("C3-M2", 'E1"><img src=x onerror=alert(1)>')
STAGING = [
    *[Stage.W] * 4, *[Stage.N1] * 2, *[Stage.N2] * 6, *[Stage.N3] * 8, *[Stage.UNSCORED] * 2,
    *[Stage.N2] * 4, *[Stage.R] * 10, *[Stage.W] * 4,
]  # fmt: skip
LENGTH_S = 30 * len(STAGING)
NOTE = "woke at <b>once</b> & asked for <script>alert(1)</script>"
ANN = "Ann </title><script>alert(2)</script>"


def epoch(index: int, stage: Stage, score: float = 1.0) -> EpochScored:
    scored = stage is not Stage.UNSCORED
    proba = {s.value: 0.8 if s is stage else 0.05 for s in STAGES} if scored else {}
    spectrum = tuple(20.0 - hz + 0.1 * index for hz in range(30)) if scored else ()
    channels = (ChannelQuality(score), ChannelQuality(0.6, {"muscle": 0.5}))
    made = ScoredEpoch(index, 30.0 * index, stage, proba, score, channels, spectrum)
    return EpochScored(START + 30 * (index + 1), made)


def session(status: str, after_s: float) -> SessionChanged:
    sample = round(after_s * SFREQ)
    at = START + after_s
    return SessionChanged(at, SESSION, status, SFREQ, CH_NAMES, 900.0, "adult", sample)


def coverage(after_s: float, now: Coverage, text: str = "because") -> CoverageChanged:
    return CoverageChanged(START + after_s, now, Reason("code", text))


def alarm(after_s: float, state: str, version: int, reason: Reason, **fields: Any) -> AlarmChanged:
    made = AlarmChanged(
        START + after_s, "bed-7:HARD_TO_WAKE::1", "HARD_TO_WAKE", "", Priority.MEDIUM, state,
        "PENDING", reason, version, True, START + 700, None, None, True, None, None, 0, None, 0,
    )  # fmt: skip
    return replace(made, **fields)


def alarms() -> list[Event]:
    """One that Ann saw to, and one of the night before that nobody did."""
    acked = {"acked_by": ANN, "acked_at": START + 730}
    raised = Reason("raised", "hard to wake: go and look", 1.0, 1.0, "rounds")
    closed = Reason("resolved", f"woken_verified: {NOTE}", actor=ANN)
    old = {"alarm_id": "bed-7:EEG_LOST:C3-M2:1", "kind": "EEG_LOST", "source": "C3-M2"}
    inherited = alarm(1, "ACTIVE_UNACK", 3, Reason("raised", "lost"), **old, raised_at=START - 60)
    return [
        inherited,
        alarm(700, "ACTIVE_UNACK", 1, raised),
        alarm(720, "ACTIVE_UNACK", 2, raised, priority=Priority.HIGH, escalation_level=1),
        alarm(730, "ACTIVE_ACK", 3, Reason("acknowledged", "taken on", actor=ANN), **acked),
        alarm(800, "RESOLVED", 4, closed, **acked, disposition="woken_verified"),
        CommandDone(START + 730, "c-1", "acknowledge", ANN, {"alarm_id": "bed-7:HARD_TO_WAKE::1"}),
    ]


def waking() -> list[Event]:
    cue = Reason("planned", "planned wake", 0.0, 3.0, "unanswered rounds")
    none = Reason("none", "no response in the EEG", 0.5, 0.04, "of sham windows")
    return [
        WakeStep(START + 640, "CUE", 1, 3, 65, START + 670, cue),
        WakeStep(START + 700, "RESPONSE", 1, 3, None, None, none),
        WakeStep(START + 800, "WOKEN", 0, 3, None, None, Reason("found", "awake", actor=ANN)),
    ]


def whole_night() -> list[Event]:
    """Return everything that the night's log says."""
    return [
        session("started", 0),
        coverage(0, Coverage.NOT_MONITORED, "no epoch yet"),
        coverage(30, Coverage.MONITORED),
        *[epoch(i, stage, 0.3 if i < 10 else 1.0) for i, stage in enumerate(STAGING)],
        SamplesLost(START + 601.5, 60_000, 150, "signal lost <i>"),
        SamplesLost(START + 660, 66_000, 50, "radio"),
        coverage(600, Coverage.DEGRADED, "a gap"),
        coverage(660, Coverage.MONITORED),
        *alarms(),
        *waking(),
        coverage(LENGTH_S, Coverage.NOT_MONITORED, "the session has ended"),
        session("ended", LENGTH_S),
    ]


def write(
    store: Store,
    events: Sequence[Event],
    session_id: str = SESSION,
    spec: str = "edf:/home/ann/secret/nap.edf?dreamer=bed-7",
    status: str = "ended",
) -> None:
    """Commit events as a runner would."""
    row = SessionRow(session_id, "bed-7", spec, START, status, b"")
    store.commit(row, [draft(event, session_id) for event in events])


def report_on(events: Sequence[Event]) -> NightReport:
    """Return the figures of events that no log holds."""
    said: dict[str, list[Said]] = {}
    for event in events:
        made = draft(event, SESSION)
        said.setdefault(made.type, []).append(Said(made.at, json.loads(made.data)))
    use = Use("bed-7", Past((), (), "UTC"))
    return figures(Night("bed-7", SESSION, "sim:", START, "ended", None, said, use), START)


def report_of(data_dir: Path, name: str = SESSION) -> NightReport:
    """Return the figures of a night, made an hour after its end."""
    with reading(data_dir) as connection:
        night = read_night(connection, find_session(connection, name), "UTC")
    return figures(night, START + LENGTH_S + 3_600)
