"""The report as one HTML file: no script, no address, and a policy that forbids both."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files

from monitor.domain.events import Coverage
from monitor.usage.days import find_zone
from service.report.charts import Chart, charts
from service.report.shapes import NightReport
from service.report.strips import strips
from service.report.svg import Axis
from service.report.tables import Table, sections
from service.report.words import minutes, moment, percent, seconds_of

SAFETY = (
    "Research and education software. Not a medical device; not cleared or certified. It does not "
    "measure breathing, heartbeat or oxygen and cannot tell sleep from coma. No alarm does not "
    "mean no danger. Never use it as the only means of supervising a person, least of all a child. "
    "If someone cannot be woken, call emergency services; do not wait for the software. Alarm "
    "performance was tested on simulated and replayed data only."
)
AFTER_S = 1_800
"""Longest time after the night's end that the figures show, when something happened then."""

STYLE = (files("service") / "report" / "style.css").read_text(encoding="utf-8")
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; img-src data:; style-src 'sha256-{_DIGEST}'"
"""Content security policy of the page, in the file itself and for whoever serves it."""


def page(night: NightReport) -> str:
    """Write a report.

    Parameters
    ----------
    night : NightReport
        Its figures; nothing else is told.

    Returns
    -------
    str
        A whole HTML document.
    """
    name = f"Night report: {night.dreamer}, {night.session}"
    body = "\n".join(_body(night))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(name)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _body(night: NightReport) -> Iterator[str]:
    yield f"<header>\n<h1>Night report: {escape(night.dreamer)}</h1>"
    yield f"<p>{escape(_when(night))}</p>\n</header>\n<main>"
    yield f'<p class="warning" role="note">{escape(SAFETY)}</p>'
    yield from (f"<p><strong>{escape(text)}</strong></p>" for text in _remarks(night))
    yield _cards(night)
    yield "<h2>The night</h2>"
    axis = _axis(night)
    yield from map(_figure, [*charts(night, axis), *strips(night, axis)])
    for section in sections(night):
        yield f"<h2>{escape(section.title)}</h2>\n<p>{escape(section.told)}</p>"
        yield from map(_table, section.tables)
    yield f"</main>\n<footer><p>{escape(_made(night))}</p></footer>"


def _when(night: NightReport) -> str:
    zone = find_zone(night.zone)
    begin = moment(night.started_at, zone, "%A %d %B %Y, %H:%M")
    end = moment(night.until, zone, "%H:%M")
    state = "" if night.status == "ended" else ", not ended yet"
    return f"{begin} to {end} ({night.zone}){state} · session {night.session}"


def _remarks(night: NightReport) -> Iterator[str]:
    if not night.complete:
        yield "The beginning of this session was erased from the log: the figures tell of the rest."
    if not night.epochs:
        yield "No epoch was scored: there are neither stages nor sleep statistics."
    elif not night.statistics.total_sleep_min:
        yield "No sleep was scored."
    still_open = [alarm for alarm in night.alarms if alarm.resolved_at is None]
    if still_open:
        kinds = ", ".join(sorted({alarm.kind for alarm in still_open}))
        yield f"Alarms that nobody has resolved: {kinds}."


def _cards(night: NightReport) -> str:
    told = night.statistics
    high = sum(alarm.priority == "high" for alarm in night.alarms)
    cards = {
        "asleep": minutes(told.total_sleep_min),
        "sleep efficiency": percent(told.sleep_efficiency),
        "REM (dream) sleep": minutes(told.stage_min["R"]),
        "monitored": percent(night.coverage.share[Coverage.MONITORED], 1),
        "alarms": f"{len(night.alarms)} ({high} high)",
        "samples lost": f"{night.lost.seconds:.1f} s",
    }
    items = "".join(f"<li><b>{escape(v)}</b>{escape(k)}</li>" for k, v in cards.items())
    return f'<ul class="cards">{items}</ul>'


def _axis(night: NightReport) -> Axis:
    """Return the time axis: the night, and what soon followed it."""
    start, until = seconds_of(night.started_at), seconds_of(night.until)
    times = [(alarm.raised_at, alarm.acked_at, alarm.resolved_at) for alarm in night.alarms]
    later = [seconds_of(at) for each in times for at in each if at]
    later += [seconds_of(step.at) for step in night.wake]
    soon = [at for at in later if at <= until + AFTER_S]
    return Axis(start, max(until, start + 60, *soon), find_zone(night.zone))


def _figure(chart: Chart) -> str:
    legend = "".join(
        f'<span><svg class="swatch" viewBox="0 0 1 1" aria-hidden="true">'
        f'<rect class="{kind}" width="1" height="1"/></svg>{escape(said)}</span>'
        for kind, said in chart.legend
    )
    rows = _data(chart) if chart.rows else ""
    caption = f"<figcaption>{escape(chart.title)}<small>{legend}</small></figcaption>"
    return f"<figure>{caption}{chart.drawing}{rows}</figure>"


def _data(chart: Chart) -> str:
    table = _table(Table(chart.title, chart.headings, chart.rows))
    return f"<details><summary>{escape(chart.title)}: the numbers</summary>{table}</details>"


def _table(table: Table) -> str:
    if not table.rows:
        return f'<p class="soft">{escape(table.title)}: none.</p>'
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.headings)
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in table.rows)
    name = escape(table.title)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{name}"><table>'
        f"<caption>{name}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _cells(row: Sequence[str]) -> str:
    first, *rest = row
    return f'<th scope="row">{escape(first)}</th>' + "".join(_cell(text) for text in rest)


def _cell(text: str) -> str:
    return f"<td>{escape(text)}</td>"


def _made(night: NightReport) -> str:
    made = moment(night.made_at, find_zone(night.zone), "%Y-%m-%d %H:%M")
    return f"Made by dreamwatch {made} ({night.zone}) from the event log alone."
