"""What happened around the sleeper: coverage, signal quality, gaps, alarms and waking, drawn."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from monitor.domain.events import RESPONSE, Coverage
from monitor.domain.stage import EPOCH_S
from service.report import svg
from service.report.charts import Chart
from service.report.figures import FAIR, GOOD
from service.report.shapes import AlarmFigures, EpochFigures, NightReport
from service.report.svg import LEFT, RIGHT, TOP, WIDTH, Axis
from service.report.words import percent, seconds_of


def strips(night: NightReport, axis: Axis) -> list[Chart]:
    """Draw what happened, whether or not anything was scored."""
    return [quality(night, axis), happenings(night, axis)]


def quality(night: NightReport, axis: Axis) -> Chart:
    """Draw coverage, how good each channel was, and what was lost."""
    start, until = seconds_of(night.started_at), seconds_of(night.until)
    names = ["coverage", *(channel.name for channel in night.channels), "lost"]
    y = {i: TOP + 4 + 16 * i for i in range(len(names))}
    marks = [
        svg.text(LEFT - 8, y[i] + 9, _short(name), "tick", "end") for i, name in enumerate(names)
    ]
    turns = night.coverage.changes
    ends = [seconds_of(turn.at) for turn in turns[1:]] + [until]
    for turn, end in zip(turns, ends, strict=True) if turns else ():
        x = axis.x(seconds_of(turn.at))
        tip = f"{turn.coverage}: {turn.text}"
        marks.append(svg.rect(x, y[0], axis.x(end) - x, 11, f"c-{turn.coverage}", tip))
    for i, _ in enumerate(night.channels):
        for kind, begin, end in _grades(night.epochs, i):
            x = axis.x(start + begin)
            marks.append(svg.rect(x, y[i + 1], axis.x(start + end) - x, 11, f"q-{kind}"))
    for gap in night.gaps:
        begin = seconds_of(gap.at)
        width = max(axis.x(begin + gap.seconds) - axis.x(begin), 1)
        tip = f"{gap.seconds:g} s lost: {gap.cause}"
        marks.append(svg.rect(axis.x(begin), y[len(names) - 1], width, 11, "q-lost", tip))
    told = (
        f"Monitored {percent(night.coverage.share[Coverage.MONITORED])} of the time; "
        f"{night.lost.gaps} gaps, {night.lost.seconds:.1f} s lost. Tables follow below."
    )
    legend = (
        ("c-MONITORED", "monitored"), ("c-DEGRADED", "degraded"),
        ("c-NOT_MONITORED", "not monitored"), ("q-good", f"score ≥ {GOOD}"),
        ("q-fair", f"≥ {FAIR}"), ("q-poor", f"< {FAIR}"), ("q-lost", "samples lost"),
    )  # fmt: skip
    drawing = svg.figure(axis, "quality", told, 8 + 16 * len(names), marks)
    return Chart("Coverage, signal quality and gaps", drawing, legend)


def happenings(night: NightReport, axis: Axis) -> Chart:
    """Draw the alarms as bars from their raising to their end, and the steps of waking."""
    kinds = list(dict.fromkeys(alarm.kind for alarm in night.alarms))
    names = [*kinds, "wake protocol"]
    y = {name: TOP + 4 + 18 * i for i, name in enumerate(names)}
    marks = [svg.text(LEFT - 8, y[name] + 10, _short(name), "tick", "end") for name in names]
    for alarm in night.alarms:
        marks += _bar(alarm, axis, y[alarm.kind])
    for step in night.wake:
        x, top = axis.x(seconds_of(step.at)), y["wake protocol"]
        loud = f" {step.level_dba} dBA" if step.level_dba else ""
        tip = f"{axis.clock(seconds_of(step.at))} {step.step}{loud}: {step.reason.text}"
        kind = "w-response" if step.step == RESPONSE else "w-step"
        marks.append(svg.rect(x, top, 2, 13, kind, tip))
    told = (
        f"{len(night.alarms)} alarms and {len(night.wake)} steps of the wake protocol, "
        "on the night's time axis; tables follow below."
    )
    legend = (
        ("a-high", "alarm, high"), ("a-medium", "medium"), ("a-low", "low priority"),
        ("w-step", "step of waking"), ("w-response", "response to a cue"),
    )  # fmt: skip
    drawing = svg.figure(axis, "happenings", told, 8 + 18 * len(names), marks)
    return Chart("Alarms and waking", drawing, legend)


def _bar(alarm: AlarmFigures, axis: Axis, y: float) -> list[str]:
    begin = seconds_of(alarm.raised_at or "")
    end = seconds_of(alarm.resolved_at) if alarm.resolved_at else axis.end
    x = axis.x(begin)
    tip = f"{axis.clock(begin)} {alarm.kind}, {alarm.priority}: {alarm.reason}"
    bar = svg.rect(x, y, max(axis.x(end) - x, 2), 13, f"a-{alarm.priority}", tip)
    letter = alarm.priority[0].upper()
    at_edge = x > WIDTH - RIGHT - 20
    place, anchor = (x - 3, "end") if at_edge else (x + 3, "start")
    return [bar, svg.text(place, y + 10, letter, "tick" if at_edge else "on-bar", anchor)]


def _short(name: str) -> str:
    return name if len(name) <= 15 else f"{name[:14]}…"


def _grades(epochs: Sequence[EpochFigures], row: int) -> Iterator[tuple[str, float, float]]:
    """Yield grade, begin and end, in seconds from the start, of a channel's quality."""
    told = [
        (_grade(e.channels[row]), e.onset_s, e.index - i)
        for i, e in enumerate(epochs)
        if row < len(e.channels)
    ]
    for (grade, _), spell in groupby(told, lambda each: (each[0], each[2])):
        onsets = [onset_s for _, onset_s, _ in spell]
        yield grade, onsets[0], onsets[-1] + EPOCH_S


def _grade(score: float) -> str:
    return "good" if score >= GOOD else "fair" if score >= FAIR else "poor"
