"""The figures of the page that are tables, section by section."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import get_args

from monitor.usage.breaches import FIGURE
from monitor.usage.days import find_zone
from service.contract import StageName
from service.report.shapes import AlarmFigures, NightReport, SecondOpinion, WakeFigures
from service.report.words import MISSING, lasting, minutes, moment, number, percent
from service.usage.shapes import Account

NAMES = get_args(StageName)
LEAST_SHARE = 0.0005
"""Rarer artefacts are not worth a word; the JSON has them."""

MOST_ROWS = 100
"""Longest table of things that may come by the thousand; the JSON has them all."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; its first column names each row."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: what is said first, then tables."""

    title: str
    told: str
    tables: tuple[Table, ...]


def sections(night: NightReport) -> Iterator[Section]:
    """Yield the sections of the page."""
    sleep = _SLEEP if night.norms else f"{_SLEEP} {_NO_NORMS}"
    yield Section("Sleep", sleep, (_statistics(night), _cycles(night)))
    yield Section(
        "Coverage and signal", _SIGNAL, (_coverage(night), _causes(night), *_quality(night))
    )
    yield Section("Alarms and responses", "", (_alarms(night), _acts(night)))
    yield Section("Waking", _WAKING, (_wake(night),))
    if night.usage:
        yield Section("Use of dream time", _USE, (_usage(night.usage), _days(night.usage)))
    if night.second_opinion:
        yield _second(night.second_opinion)
    yield Section("Recording", "", (_recording(night),))


_SLEEP = (
    "Lights off and on are the beginning and the end of the session. Stages are those of the live, "
    "causal stager. Arousals and breathing events are not scored."
)
_NO_NORMS = "The dreamer's age is not known, so nothing is held against what is usual."
_SIGNAL = (
    "Only while MONITORED was everything watched. A channel's score of an epoch is 1 where it is "
    "clean, and 0 where it cannot be used."
)
_WAKING = (
    "Each round is a cue and a time to listen. The response in the EEG is graded none, r1 (an "
    "evoked complex), r2 (an arousal), r3 (an awakening or gross movement), r4 (behaviour) or "
    "unknown; only behaviour clears anything."
)
_USE = (
    "As the account stood at the end of what is told here. Time that could not be scored counts as "
    "sleep."
)


def _statistics(night: NightReport) -> Table:
    told, norms = night.statistics, night.norms
    usual = {} if norms is None else {
        "Total sleep time (TST)": f"in 24 h: {_range(norms.sleep_min)} at {norms.group} years",
        "REM, share of TST": "usual: {:g}–{:g} %".format(*norms.rem_share),
    }  # fmt: skip
    found = {
        "Time in bed (TIB)": minutes(told.recorded_min),
        "Total sleep time (TST)": minutes(told.total_sleep_min),
        "Sleep efficiency (TST / TIB)": percent(told.sleep_efficiency, 1),
        "Sleep onset latency (SOL)": minutes(told.sleep_latency_min),
        "Wake after sleep onset (WASO)": minutes(told.wake_after_onset_min),
        "REM latency, from sleep onset": minutes(told.rem_latency_min),
        "Not scored": minutes(told.unscored_min),
        "Wake": minutes(told.stage_min["W"]),
        **{
            f"{_stage(s)}, share of TST": f"{minutes(told.stage_min[s])}, "
            f"{percent(told.stage_share[s], 1)}"
            for s in NAMES[1:]
        },
        "Sleep period": minutes(told.sleep_period_min),
        "Sleep maintenance": percent(told.sleep_maintenance, 1),
        "Longest sleep without wake": minutes(told.longest_sleep_min),
        "Awakenings": f"{told.awakenings}, {number(told.awakenings_per_h)} per hour of sleep",
        "Stage shifts": f"{told.stage_shifts}, {number(told.stage_shifts_per_h)} per hour of sleep",
    }
    if norms is None:
        return Table("Statistics (AASM)", ("Measure", "Value"), tuple(found.items()))
    rows = tuple((name, value, usual.get(name, "")) for name, value in found.items())
    return Table("Statistics (AASM)", ("Measure", "Value", "Usual"), rows)


def _range(between: tuple[float, float]) -> str:
    return f"{between[0] / 60:g}–{between[1] / 60:g} h"


def _stage(stage: str) -> str:
    return {"W": "Wake", "R": "REM"}.get(stage, stage)


def _cycles(night: NightReport) -> Table:
    rows = tuple(
        (str(i + 1), minutes(cycle.begin_min), minutes(cycle.length_min))
        for i, cycle in enumerate(night.statistics.cycles)
    )
    return Table("Sleep cycles", ("Cycle", "Begins after lights off", "Lasts"), rows)


def _coverage(night: NightReport) -> Table:
    told = night.coverage
    rows = tuple(
        (name.value, minutes(told.minutes[name]), percent(told.share[name], 1))
        for name in told.minutes
    )
    return Table("Coverage", ("Coverage", "Time", "Share"), rows)


def _causes(night: NightReport) -> Table:
    sfreq = night.recording.sfreq or 1.0
    count = [gap.cause for gap in night.gaps].count
    rows = tuple(
        (cause, str(count(cause)), str(samples), lasting(samples / sfreq))
        for cause, samples in night.lost.causes.items()
    )
    return Table("Lost samples by cause", ("Cause", "Gaps", "Samples", "Time"), rows)


def _quality(night: NightReport) -> Iterator[Table]:
    zone = find_zone(night.zone)
    rows = tuple(
        (
            channel.name,
            number(channel.score, 2),
            *(percent(share) for share in (channel.good, channel.fair, channel.poor)),
            ", ".join(
                f"{name} {percent(share, 1)}"
                for name, share in channel.artefacts.items()
                if share >= LEAST_SHARE
            ),
        )
        for channel in night.channels
    )
    headings = ("Channel", "Mean score", "Good", "Fair", "Poor", "Seconds with")
    yield Table("Quality of the channels", headings, rows)
    turns = tuple(
        (moment(turn.at, zone), turn.coverage.value, turn.text) for turn in night.coverage.changes
    )
    yield _cut(Table("Changes of coverage", ("Time", "Coverage", "Why"), turns))
    gaps = tuple((moment(gap.at, zone), lasting(gap.seconds), gap.cause) for gap in night.gaps)
    yield _cut(Table("Gaps", ("Time", "Lost", "Cause"), gaps))


def _cut(table: Table) -> Table:
    """Leave out the end of what is too long, and say so."""
    if len(table.rows) <= MOST_ROWS:
        return table
    title = f"{table.title} (the first {MOST_ROWS} of {len(table.rows)})"
    return Table(title, table.headings, table.rows[:MOST_ROWS])


def _alarms(night: NightReport) -> Table:
    headings = ("Alarm", "Priority", "Raised", "Why", "Acknowledged", "Resolved", "Found", "Note")
    rows = tuple(_alarm(alarm, find_zone(night.zone)) for alarm in night.alarms)
    return _cut(Table("Alarms", headings, rows))


def _alarm(alarm: AlarmFigures, zone: tzinfo) -> tuple[str, ...]:
    where = f" {alarm.source}" if alarm.source else ""
    raised = moment(alarm.raised_at, zone) + (" (before this session)" if alarm.inherited else "")
    told = f", escalated to level {alarm.escalation_level}" if alarm.escalation_level else ""
    acked = _by(alarm.acked_at, alarm.acked_by, zone) if alarm.acked_at else "nobody"
    ended = _by(alarm.resolved_at, alarm.resolved_by, zone) if alarm.resolved_at else alarm.state
    found = (alarm.disposition or MISSING).replace("_", " ")
    return (f"{alarm.kind}{where}", f"{alarm.priority}{told}", raised, alarm.reason, acked, ended,
            found, alarm.note)  # fmt: skip


def _by(at: str | None, who: str | None, zone: tzinfo) -> str:
    return f"{moment(at, zone)}, {who}" if who else f"{moment(at, zone)}, by itself"


def _acts(night: NightReport) -> Table:
    zone = find_zone(night.zone)
    rows = tuple(
        (moment(act.at, zone), act.command, act.actor, act.alarm_id or "") for act in night.acts
    )
    return _cut(Table("What people did", ("Time", "Command", "Who", "Alarm"), rows))


def _wake(night: NightReport) -> Table:
    headings = ("Time", "Step", "Round", "Level", "What", "Measured", "Who")
    rows = tuple(_step(step, find_zone(night.zone)) for step in night.wake)
    return _cut(Table("Wake protocol", headings, rows))


def _step(step: WakeFigures, zone: tzinfo) -> tuple[str, ...]:
    why, level = step.reason, MISSING if step.level_dba is None else f"{step.level_dba} dBA"
    graded = step.step == "RESPONSE"
    what = f"{why.code}: {why.text}" if graded else why.text
    measured = MISSING if why.value is None else f"{why.value:.3g} {why.unit}".rstrip()
    if why.value is not None and why.limit is not None:
        measured += f", limit {why.limit:g}"
    return (moment(step.at, zone), step.step, f"{step.round} of {step.rounds}", level, what,
            measured, why.actor or "")  # fmt: skip


def _usage(usage: Account) -> Table:
    rows = tuple(
        (
            limit.text,
            _amount(getattr(usage, FIGURE.get(name, name), None)),
            _amount(limit.soft),
            _amount(limit.hard),
            limit.unit,
        )
        for name, limit in usage.limits.items()
    )
    title = f"Account, overuse level {usage.level} of 3"
    return Table(title, ("Figure", "Now", "Notice at", "Bound", "Unit"), rows)


def _amount(value: float | None) -> str:
    return MISSING if value is None else f"{value:.1f}".removesuffix(".0")


def _days(usage: Account) -> Table:
    rows = tuple(
        (day.date.isoformat(), *map(minutes, (day.sleep_min, day.rem_min, day.unscored_min)),
         str(day.sessions))
        for day in usage.days
    )  # fmt: skip
    headings = ("Day from noon", "Sleep", "REM", "Not scored", "Sessions")
    return Table("The last 14 days", headings, rows)


def _second(opinion: SecondOpinion) -> Section:
    told = (
        f"{opinion.by} on {opinion.channel}, which sees the whole night at once: agreement "
        f"{percent(opinion.agreement, 1)}, Cohen's kappa {number(opinion.kappa, 2)} over "
        f"{opinion.n_epochs} epochs that both have staged. For information; neither is the truth."
    )
    rows = tuple(
        (_stage(ours), *(str(opinion.confusion[ours][theirs]) for theirs in NAMES))
        for ours in NAMES
    )
    headings = ("Ours \\ theirs", *map(_stage, NAMES))
    return Section("Second opinion", told, (Table("Epochs by stage", headings, rows),))


def _recording(night: NightReport) -> Table:
    told = night.recording
    rows = {
        "Dreamer": night.dreamer,
        "Session": night.session,
        "Source": told.source,
        "Sampling rate": f"{told.sfreq:g} Hz",
        "Channels": ", ".join(told.ch_names),
        "Planned length": minutes(told.planned_min),
        "Wake protocol": told.profile,
        "Staging model": told.model or MISSING,
        "Service restarted": f"{told.resumed} times",
        "Age": MISSING if night.norms is None else f"{night.norms.age} years",
    }
    return Table("Recording", ("What", "Value"), tuple(rows.items()))
