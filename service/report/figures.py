"""From what the log says of a session to the figures of its report. Pure functions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

from monitor.domain.events import Coverage, Priority
from monitor.domain.stage import Stage
from monitor.sources.spec import parse_spec
from monitor.staging.statistics import sleep_statistics
from monitor.usage.norms import norms_of
from service.entries import iso
from service.losses import count_losses
from service.report.night import Night, Said
from service.report.shapes import (
    ActFigures,
    AlarmFigures,
    ChannelFigures,
    CoverageFigures,
    CoverageSpell,
    EpochFigures,
    GapFigures,
    NightReport,
    NormFigures,
    RecordingFigures,
    WakeFigures,
)
from service.store import ENDED
from service.usage.shapes import Account

GOOD, FAIR = 0.8, 0.5
"""Least scores of a channel in an epoch that count as good and as fair [own choice]."""


def figures(night: Night, made_at: float) -> NightReport:
    """Return the figures of a session.

    Parameters
    ----------
    night : Night
        What the log says of it.
    made_at : float
        When the report is made, seconds of Unix time.
    """
    runs, epochs = night.said.get("session", []), _data(night, "epoch")
    until = _until(night)
    recording = _recording(night, runs)
    gaps = [_gap(night, gap, recording.sfreq) for gap in night.said.get("gap", [])]
    terms = night.use.terms(until)
    return NightReport(
        dreamer=night.dreamer,
        session=night.session,
        status="ended" if night.status == ENDED else "running",
        complete=any(run.data["status"] == "started" for run in runs),
        started_at=iso(night.start),
        until=iso(until),
        made_at=iso(made_at),
        zone=terms.zone,
        recording=recording,
        statistics=sleep_statistics([Stage(epoch["stage"]) for epoch in epochs]),
        norms=_norms(terms.age),
        coverage=_coverage(night.said.get("coverage", []), until),
        lost=count_losses(((gap.n_samples, gap.cause) for gap in gaps), recording.sfreq or 1.0),
        gaps=gaps,
        channels=[_channel(i, name, epochs) for i, name in enumerate(recording.ch_names)],
        alarms=_alarms(night),
        wake=[_wake(step) for step in night.said.get("wake", [])],
        acts=[_act(done) for done in night.said.get("command", [])],
        usage=_usage(night, until),
        epochs=[_epoch(epoch) for epoch in epochs],
    )


def _data(night: Night, kind: str) -> list[dict[str, Any]]:
    return [said.data for said in night.said.get(kind, [])]


def _until(night: Night) -> float:
    """Return when the session ended, or up to when the log tells of it."""
    ends = [run.at for run in night.said.get("session", []) if run.data["status"] == "ended"]
    own = (said.at for kind, all_said in night.said.items() if kind != "alarm" for said in all_said)
    return ends[-1] if ends else max(own, default=night.start)


def _recording(night: Night, runs: Sequence[Said]) -> RecordingFigures:
    """Tell of the recording; of a file the name only, for its folder is nobody's business."""
    last = runs[-1].data if runs else {}
    spec, planned_s = parse_spec(night.spec), last.get("planned_s")
    return RecordingFigures(
        source=f"{spec.scheme}:{Path(spec.path).name}",
        sfreq=last.get("sfreq", 0.0),
        ch_names=last.get("ch_names", []),
        planned_min=None if planned_s is None else planned_s / 60,
        profile=last.get("profile", "adult"),
        model=night.model,
        resumed=sum(run.data["status"] == "resumed" for run in runs),
    )


def _norms(age: int | None) -> NormFigures | None:
    """Return what is usual at an age; of unknown age nothing is."""
    if age is None:
        return None
    usual = norms_of(age)
    return NormFigures(
        age=age, group=usual.group, sleep_min=usual.sleep_min, rem_share=usual.rem_share
    )


def _coverage(said: Sequence[Said], until: float) -> CoverageFigures:
    minutes = dict.fromkeys(Coverage, 0.0)
    ends = [min(change.at, until) for change in said[1:]] + [until]
    for change, end in zip(said, ends, strict=True) if said else ():
        minutes[Coverage(change.data["coverage"])] += max(0.0, end - change.at) / 60
    total = sum(minutes.values())
    return CoverageFigures(
        minutes=minutes,
        share={name: part / total if total else None for name, part in minutes.items()},
        changes=[_spell(change) for change in _turns(said)],
    )


def _turns(said: Sequence[Said]) -> list[Said]:
    """Leave out what says again what held already, as a service that goes on does."""
    turns = [b for a, b in pairwise(said) if a.data["coverage"] != b.data["coverage"]]
    return [*said[:1], *turns]


def _spell(change: Said) -> CoverageSpell:
    text = change.data["reason"]["text"]
    return CoverageSpell(at=iso(change.at), coverage=change.data["coverage"], text=text)


def _gap(night: Night, gap: Said, sfreq: float) -> GapFigures:
    at = night.start + gap.data["first_sample"] / sfreq if sfreq else gap.at
    seconds = gap.data["n_samples"] / sfreq if sfreq else 0.0
    return GapFigures(at=iso(at), seconds=seconds, **gap.data)


def _channel(row: int, name: str, epochs: Sequence[dict[str, Any]]) -> ChannelFigures:
    told = [epoch["channels"][row] for epoch in epochs if row < len(epoch.get("channels", []))]
    scores = [channel["score"] for channel in told]
    kinds = sorted({kind for channel in told for kind in channel["artefacts"]})
    return ChannelFigures(
        name=name,
        score=_mean(scores),
        good=_mean(score >= GOOD for score in scores),
        fair=_mean(FAIR <= score < GOOD for score in scores),
        poor=_mean(score < FAIR for score in scores),
        artefacts={kind: fmean(c["artefacts"].get(kind, 0.0) for c in told) for kind in kinds},
    )


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return fmean(found) if found else None


def _alarms(night: Night) -> list[AlarmFigures]:
    """Return the alarms in the order in which they were raised."""
    told = defaultdict[str, list[Said]](list)
    for said in night.said.get("alarm", []):
        if said.data["raised_at"] is not None:
            told[said.data["alarm_id"]].append(said)
    found = [_alarm(night, entries) for entries in told.values()]
    return sorted(found, key=lambda alarm: alarm.raised_at or "")


def _alarm(night: Night, entries: Sequence[Said]) -> AlarmFigures:
    last = entries[-1]
    resolved = last if last.data["state"] == "RESOLVED" else None
    same = ("alarm_id", "kind", "source", "state", "raised_at", "acked_by", "acked_at")
    return AlarmFigures(
        **{name: last.data[name] for name in same},
        priority=max((Priority(e.data["priority"]) for e in entries), key=lambda p: p.rank),
        reason=entries[0].data["reason"]["text"],
        resolved_at=iso(resolved.at) if resolved else None,
        resolved_by=resolved.data["reason"]["actor"] if resolved else None,
        disposition=last.data["disposition"],
        note=_note(entries),
        escalation_level=max(entry.data["escalation_level"] for entry in entries),
        inherited=last.data["raised_at"] < iso(night.start),
    )


def _note(entries: Sequence[Said]) -> str:
    """Return what a person wrote when they closed an alarm: it follows their finding."""
    for entry in entries:
        if found := entry.data["disposition"]:
            text: str = entry.data["reason"]["text"]
            return text.removeprefix(found).removeprefix(": ")
    return ""


def _wake(step: Said) -> WakeFigures:
    same = ("step", "round", "rounds", "level_dba", "reason")
    return WakeFigures(at=iso(step.at), **{name: step.data[name] for name in same})


def _act(done: Said) -> ActFigures:
    data, detail = done.data, done.data["detail"]
    return ActFigures(
        at=iso(done.at),
        command=data["command"],
        actor=data["actor"],
        alarm_id=detail.get("alarm_id"),
    )


def _usage(night: Night, until: float) -> Account | None:
    """Return the account as it was when the night was over."""
    known = tuple(record for record in night.use.past.records if record.start <= until)
    if not known:
        return None
    use = replace(night.use, past=replace(night.use.past, records=known))
    return Account.model_validate(use.account(until))


def _epoch(epoch: dict[str, Any]) -> EpochFigures:
    same = ("index", "onset_s", "stage", "proba", "quality")
    return EpochFigures(
        **{name: epoch[name] for name in same},
        channels=[channel["score"] for channel in epoch.get("channels", [])],
        spectrum=epoch.get("spectrum", []),
    )
