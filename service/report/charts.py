"""Stages, probabilities and spectra of a night, drawn, in words, and as tables."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import attrgetter
from statistics import fmean
from typing import TypeAlias, get_args

import numpy as np

from monitor.domain.stage import EPOCH_S
from monitor.signal.features import SPECTRUM_HZ
from service.contract import StageName
from service.report import svg
from service.report.picture import picture
from service.report.shapes import EpochFigures, NightReport
from service.report.svg import LEFT, RIGHT, TOP, WIDTH, Axis
from service.report.words import minutes, number, percent, seconds_of

NAMES = get_args(StageName)
ROWS = ("W", "R", "N1", "N2", "N3", "UNSCORED")
"""From top to bottom, as hypnograms are drawn (AASM manual)."""

BANDS = {"delta 1–4": (1, 4), "theta 5–8": (5, 8), "alpha 9–12": (9, 12), "sigma 13–15": (13, 15),
         "beta 16–30": (16, 30)}  # fmt: skip
MAX_COLUMNS = 1_440
"""Most columns of a drawing: of longer nights, several epochs together."""

HOUR_S = 3_600
ROW_PX = 24
Spell: TypeAlias = tuple[float, str, float]
"""Begin, stage and end of what follows each other in one stage."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure.

    Parameters
    ----------
    title : str
    drawing : str
        As SVG.
    legend : tuple of (str, str)
        Class and meaning of each colour.
    headings, rows : tuple
        The same in numbers; without rows there is no table.
    """

    title: str
    drawing: str
    legend: tuple[tuple[str, str], ...] = ()
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def charts(night: NightReport, axis: Axis) -> list[Chart]:
    """Draw stages, probabilities and spectra, as far as there are any."""
    kinds = (hypnogram, other_hypnogram, probabilities, spectrogram)
    return [chart for draw in kinds if (chart := draw(night, axis))]


def hypnogram(night: NightReport, axis: Axis) -> Chart | None:
    """Draw the stages."""
    spells = list(_spells(night))
    if not spells:
        return None
    lights = _lights(night, axis, TOP + ROW_PX * len(ROWS))
    drawing = svg.figure(
        axis, "hypnogram", _told(night), ROW_PX * len(ROWS), [*_stages(spells, axis), *lights]
    )
    return _staged("Hypnogram", drawing, spells, axis)


def other_hypnogram(night: NightReport, axis: Axis) -> Chart | None:
    """Draw the stages of the second opinion, where there is one."""
    opinion, start = night.second_opinion, seconds_of(night.started_at)
    if opinion is None:
        return None
    runs = groupby(enumerate(opinion.stages), lambda item: item[1])
    spans = [(stage, [i for i, _ in run]) for stage, run in runs]
    spells = [(start + EPOCH_S * n[0], s, start + EPOCH_S * (n[-1] + 1)) for s, n in spans]
    title = f"Hypnogram by {opinion.by}"
    told = f"Stages by {opinion.by}, for comparison with those above."
    drawing = svg.figure(axis, "second-opinion", told, ROW_PX * len(ROWS), _stages(spells, axis))
    return _staged(title, drawing, spells, axis)


def _staged(title: str, drawing: str, spells: Sequence[Spell], axis: Axis) -> Chart:
    rows = tuple((axis.clock(b), _name(s), number((e - b) / 60)) for b, s, e in spells)
    return Chart(title, drawing, (), ("From", "Stage", "Minutes"), rows)


def _stages(spells: Sequence[Spell], axis: Axis) -> list[str]:
    """Draw spells; what could not be scored has a row of its own and no line to it."""
    y = {stage: TOP + 14 + ROW_PX * i for i, stage in enumerate(ROWS)}
    marks = [svg.text(LEFT - 8, y[s] + 4, _name(s), "label", "end") for s in ROWS]
    marks += [svg.line(LEFT, y[s], WIDTH - RIGHT, y[s], "row") for s in ROWS]
    for (_, stage, end), (begin, after, _) in pairwise(spells):
        if end == begin and "UNSCORED" not in (stage, after):
            x = axis.x(begin)
            marks.append(svg.line(x, y[stage], x, y[after], "step"))
    for begin, stage, end in spells:
        x, width = axis.x(begin), max(axis.x(end) - axis.x(begin), 0.5)
        tip = f"{axis.clock(begin)} {_name(stage)}, {minutes((end - begin) / 60)}"
        marks.append(svg.rect(x, y[stage] - 3, width, 6, f"s-{stage}", tip))
    return marks


def _lights(night: NightReport, axis: Axis, bottom: float) -> list[str]:
    """Mark lights off and on, for which start and end are taken, and the planned end."""
    start, planned = seconds_of(night.started_at), night.recording.planned_min
    known = [(start, "lights off", 4.0, "start")]
    if night.status == "ended":
        known.append((seconds_of(night.until), "lights on", -4.0, "end"))
    if planned is not None and start + 60 * planned < axis.end:
        known.append((start + 60 * planned, "planned end", -4.0, "end"))
    return [
        svg.line(axis.x(at), TOP, axis.x(at), bottom, "lights")
        + svg.text(axis.x(at) + shift, TOP + 6, name, "tick", anchor)
        for at, name, shift, anchor in known
    ]


def _told(night: NightReport) -> str:
    told = night.statistics.stage_min
    spent = ", ".join(f"{_name(stage)} {minutes(told[stage])}" for stage in NAMES)
    unscored = minutes(night.statistics.unscored_min)
    return f"Stages of 30-s epochs over the night: {spent}; not scored {unscored}."


def probabilities(night: NightReport, axis: Axis) -> Chart | None:
    """Draw the probabilities of the stages on top of each other; none where nothing was scored."""
    if not any(epoch.proba for epoch in night.epochs):
        return None
    height, start = 96.0, seconds_of(night.started_at)
    marks = [
        svg.text(LEFT - 8, TOP + height * (1 - share) + 4, percent(share), "tick", "end")
        for share in (0, 0.5, 1)
    ]
    for columns in _runs(night.epochs):
        edges = [axis.x(start + c[0].onset_s) for c in columns]
        edges.append(axis.x(start + columns[-1][-1].onset_s + EPOCH_S))
        shares = np.array([[fmean(e.proba[s] for e in c) for s in NAMES] for c in columns])
        tops = np.hstack([np.zeros((len(shares), 1)), shares.cumsum(axis=1)])
        for i, stage in enumerate(NAMES):
            low, high = (TOP + height * (1 - tops[:, i + k]) for k in (0, 1))
            points = [*_stairs(edges, high), *reversed(_stairs(edges, low))]
            marks.append(svg.path(points, f"s-{stage}", closed=True))
    told = "Probability of each stage over the night; their mean of each hour is in the table."
    rows = tuple(
        (axis.clock(at), *(percent(fmean(e.proba[s] for e in epochs)) for s in NAMES))
        for at, epochs in _hours(night, "proba")
    )
    legend = tuple((f"s-{stage}", _name(stage)) for stage in NAMES)
    drawing = svg.figure(axis, "probabilities", told, height, marks)
    return Chart("Probabilities", drawing, legend, ("Hour from", *map(_name, NAMES)), rows)


def spectrogram(night: NightReport, axis: Axis) -> Chart | None:
    """Draw the spectra as a picture; its colours span the 2nd to 98th percentile of the night."""
    epochs = [epoch for epoch in night.epochs if epoch.spectrum]
    if not epochs:
        return None
    height, start = 110.0, seconds_of(night.started_at)
    first, last = epochs[0].index, epochs[-1].index
    levels = np.full((len(SPECTRUM_HZ), last - first + 1), np.nan)
    for epoch in epochs:
        levels[:, epoch.index - first] = epoch.spectrum
    low, high = (int(level) for level in np.round(np.nanpercentile(levels, (2, 98))))
    x0, x1 = (axis.x(start + EPOCH_S * index) for index in (first, last + 1))
    levels = levels[:, :: -(-levels.shape[1] // MAX_COLUMNS)]
    marks = [svg.image(x0, TOP, x1 - x0, height, picture(levels, low, max(high, low + 1)))]
    for hz in (1, 10, 20, 30):
        y = TOP + height * (1 - (hz - 0.5) / len(SPECTRUM_HZ))
        marks.append(svg.text(LEFT - 8, y + 4, f"{hz} Hz", "tick", "end"))
    told = (
        f"Power of the best EEG channel from 1 to 30 Hz over the night, dark {low} to bright "
        f"{high} dB re 1 µV²/Hz; the mean level of each band and hour is in the table."
    )
    rows = tuple(
        (axis.clock(at), *(number(_level(told, *hz)) for hz in BANDS.values()))
        for at, told in _hours(night, "spectrum")
    )
    headings = ("Hour from", *(f"{name} Hz, dB" for name in BANDS))
    drawing = svg.figure(axis, "spectrogram", told, height, marks)
    return Chart(f"Spectrogram ({low} to {high} dB)", drawing, (), headings, rows)


def _level(epochs: Sequence[EpochFigures], low: int, high: int) -> float:
    return fmean(level for epoch in epochs for level in epoch.spectrum[low - 1 : high])


def _name(stage: str) -> str:
    return "?" if stage == "UNSCORED" else {"W": "Wake", "R": "REM"}.get(stage, stage)


def _spells(night: NightReport) -> Iterator[Spell]:
    """Yield begin, stage and end of what follows each other in one stage."""
    start = seconds_of(night.started_at)
    numbered = enumerate(night.epochs)
    for (stage, _), spell in groupby(
        numbered, lambda item: (item[1].stage, item[1].index - item[0])
    ):
        epochs = [epoch for _, epoch in spell]
        end = epochs[-1].onset_s + EPOCH_S
        yield start + epochs[0].onset_s, stage.value, start + end


def _runs(epochs: Sequence[EpochFigures]) -> Iterator[list[list[EpochFigures]]]:
    """Yield what is scored without a break, some epochs to a column in a long night."""
    size = -(-len(epochs) // MAX_COLUMNS)
    key = lambda item: (bool(item[1].proba), item[1].index - item[0])  # noqa: E731
    for (scored, _), run in groupby(enumerate(epochs), key):
        if scored:
            told = [epoch for _, epoch in run]
            yield [told[i : i + size] for i in range(0, len(told), size)]


def _stairs(edges: Sequence[float], levels: Iterable[float]) -> list[tuple[float, float]]:
    return [(x, float(level)) for k, level in enumerate(levels) for x in (edges[k], edges[k + 1])]


def _hours(night: NightReport, what: str) -> Iterator[tuple[float, list[EpochFigures]]]:
    """Yield the beginning of each hour of the session and its epochs that have something."""
    start, has = seconds_of(night.started_at), attrgetter(what)
    told = [epoch for epoch in night.epochs if has(epoch)]
    for hour, epochs in groupby(told, lambda epoch: int(epoch.onset_s // HOUR_S)):
        yield start + hour * HOUR_S, list(epochs)
