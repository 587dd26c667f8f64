"""The report as tables: for the terminal, as Markdown and as one HTML page, from its JSON alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from rich.table import Table

from monitor.alarm.eeg import STRAY
from monitor.signal.artefacts import OPEN_FOUND_S
from service.validation.causes import GRACE_S
from service.validation.report import Figures

TITLE = "How the alarms do on simulated nights"
_SOURCES = {
    "simulated": "drawn by the simulator",
    "sleepedfx_sc_bandpower": (
        "scored by humans: Sleep-EDF Database Expanded (Kemp et al. 2000), PhysioNet (Goldberger "
        "et al. 2000), ODC-By 1.0"
    ),
    "dod_five_scorers": "scored by five humans each: Dreem Open Datasets (Guillot et al. 2020)",
}
_SHOWN = 25
"""False and missing alarms listed; the JSON has all."""

_INTRO = """Made by `dreamwatch validate --hours {asked:g} --seed {seed}` from the hypnograms \
named below; the same gives the same figures, in however many processes. {nights} nights, \
{hours:.0f} h, of signal made by the simulator (100 Hz; Fpz-Cz, Pz-Oz, E1-E2), staged and watched \
by the very session that runs at night. Simulated people answer and attend: a cue wakes 70 % of \
adults and half of the children still asleep, 95 % of them within 32 s; some fall asleep again; \
half of those in nights of waking wake at no cue. No real sleeper, electrode or amplifier took \
part, so these figures tell what the program does, not what a night in a bed is like."""

_MATCHING = """An alarm is *found* when it is raised, for every channel that was struck, from 1 s \
before the onset until {grace:g} s after it is due (too long a stage: until it ends). Neither \
found nor false are alarms of the same kind and channel until the tail after the fault's end (30 \
s; 130 s for the EEG's kinds, any finding), and those of kinds that follow from it: ELECTRODE_OFF \
from SIGNAL_LOST and from an EEG without waves, EEG_ABNORMAL from EEG_SUPPRESSED, HARD_TO_WAKE \
from UNRESPONSIVE, UNRESPONSIVE at once of a child who leaves a round unanswered, and both of \
these of a dreamer who answers and falls asleep again. Every other one is *false*, those in \
faults too brief to alarm included, and counts at the highest priority it reached. Monitored time \
is that of coverage MONITORED. Intervals are 95 %: Clopper-Pearson for shares, exact Poisson for \
rates. The 99th percentile of fewer than a hundred is the largest."""

_DUE = """What is due when: an input that opens is found for good within {open_s:g} s, half of \
them in 21. Too long a stage is due when it has been scored for so long, {stray:.0%} of strays \
allowed but for wake: what the stager gets wrong may be missing, but is no delay. The median and \
the 99th percentile of the seconds count from the true onset all the same."""


_LEFT_OUT = """Left out are {kinds}: they come of weeks of dream time and not of a night, and have \
a study of their own, `dreamwatch usage study`."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of the report."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def sheets(figures: Figures) -> list[Sheet]:
    """Return the tables of a report."""
    false, missing = figures["false_alarms"], figures["missing_alarms"]
    return [
        Sheet("Marks", ("mark", "value", "limit", ""), tuple(map(_mark, figures["marks"]))),
        Sheet(
            "Kinds",
            _KIND,
            tuple(_kind(*item) for item in figures["kinds"].items()),
        ),
        Sheet(
            "Causes",
            _CAUSE,
            tuple(map(_cause, figures["causes"])),
            "Due: on-delay, and what the condition itself takes, from the onset.",
        ),
        Sheet("Too brief to alarm", ("kind", "cause", "planted", "alarmed"), _brief(figures)),
        Sheet(
            "False alarms",
            ("priority", "false", "per 24 h", "budget"),
            tuple(_budget(*item) for item in figures["false"].items()),
        ),
        Sheet(
            "Coverage",
            ("", "hours", "share"),
            tuple(_share(*i) for i in figures["coverage"].items()),
        ),
        Sheet("Hypnograms", ("origin", "nights", "hours"), _origins(figures["study"])),
        Sheet(*_listed("False", false, ("night", "at_s", "kind", "source", "priority"))),
        Sheet(*_listed("Missing", missing, ("night", "onset_s", "kind", "cause"))),
    ]


_KIND = (
    "kind",
    "priority",
    "planted",
    "found",
    "sensitivity",
    "median s",
    "p99 s",
    "false",
    "false per 24 h",
)
_CAUSE = ("kind", "cause", "onset", "planted", "found", "on-delay s", "due s", "median s", "p99 s")


def _number(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _between(interval: Sequence[float], digits: int) -> str:
    return f"({interval[0]:.{digits}f}–{interval[1]:.{digits}f})"


def _mark(mark: Mapping[str, Any]) -> tuple[str, ...]:
    limit = f"{'≥' if mark['way'] == '>=' else '≤'} {mark['limit']:g}"
    return mark["mark"], _number(mark["value"], 3), limit, mark["verdict"]


def _kind(kind: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        kind,
        row["priority"],
        str(row["planted"]),
        str(row["found"]),
        f"{_number(row['sensitivity'], 3)} {_between(row['interval'], 3)}",
        _number(row["median_s"]),
        _number(row["p99_s"]),
        str(row["false"]),
        f"{row['per_24_h']:.2f} {_between(row['per_24_h_interval'], 2)}",
    )


def _cause(row: Mapping[str, Any]) -> tuple[str, ...]:
    low, high = row["due_s"]
    return (
        row["kind"],
        row["cause"],
        row["onset"],
        str(row["planted"]),
        str(row["found"]),
        _number(row["on_delay_s"], 0),
        f"{low:g}" if low == high else f"{low:g}–{high:g}",
        _number(row["median_s"]),
        _number(row["p99_s"]),
    )


def _brief(figures: Figures) -> tuple[tuple[str, ...], ...]:
    names = ("kind", "cause", "planted", "alarmed")
    return tuple(tuple(str(row[name]) for name in names) for row in figures["brief"])


def _budget(priority: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    rate = f"{row['per_24_h']:.2f} {_between(row['per_24_h_interval'], 2)}"
    return priority, str(row["false"]), rate, f"≤ {row['budget']:g}"


def _share(name: str, row: Mapping[str, float]) -> tuple[str, ...]:
    return (
        name.replace("_without_fault", ", nothing planted"),
        _number(row["hours"]),
        f"{row['share']:.2%}",
    )


def _origins(study: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (_SOURCES.get(name, name), f"{row['nights']:.0f}", _number(row["hours"]))
        for name, row in study["hypnograms"].items()
    )


def _listed(
    what: str, found: Sequence[Mapping[str, Any]], names: tuple[str, ...]
) -> tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...], str]:
    rows = tuple(tuple(str(row[name]) for name in names) for row in found[:_SHOWN])
    note = f"The first {_SHOWN} of {len(found)}." if len(found) > _SHOWN else ""
    return f"{what} alarms, one by one", names, rows, note


def console_tables(figures: Figures) -> list[Table]:
    """Return the tables for a terminal."""
    tables = []
    for sheet in sheets(figures)[:-3]:
        table = Table(title=sheet.title, box=None, title_justify="left")
        for heading in sheet.headings:
            table.add_column(heading, overflow="fold")
        for row in sheet.rows:
            style = {"missed": "bold red", "too few": "yellow"}.get(row[-1])
            table.add_row(*row, style=style)
        tables.append(table)
    return tables


def markdown(figures: Figures) -> str:
    """Write the report as Markdown."""
    parts = [f"# {TITLE}", *_words(figures)]
    for sheet in sheets(figures):
        parts += [f"## {sheet.title}", *filter(None, [sheet.note]), _pipes(sheet)]
    return "\n\n".join(parts) + "\n"


def _pipes(sheet: Sheet) -> str:
    if not sheet.rows:
        return "None."
    lines = (sheet.headings, ("---",) * len(sheet.headings), *sheet.rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def html(figures: Figures) -> str:
    """Write the report as one HTML page that needs nothing else."""
    body = [f"<h1>{TITLE}</h1>", *(f"<p>{_plain(words)}</p>" for words in _words(figures))]
    for sheet in sheets(figures):
        note = f"<p>{escape(sheet.note)}</p>" if sheet.note else ""
        body.append(f"<h2>{escape(sheet.title)}</h2>\n{note}{_grid(sheet)}")
    return _PAGE.format(title=TITLE, body="\n".join(body))


def _grid(sheet: Sheet) -> str:
    if not sheet.rows:
        return "<p>None.</p>"
    head = _line("th", sheet.headings)
    return "<table>\n" + "\n".join([head, *(_line("td", row) for row in sheet.rows)]) + "\n</table>"


def _line(tag: str, cells: Iterable[str]) -> str:
    told = [escape(cell) for cell in cells]
    verdict = ' class="missed"' if told[-1] == "missed" else ""
    return f"<tr{verdict}>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in told) + "</tr>"


def _plain(words: str) -> str:
    return escape(words).replace("`", "").replace("*", "")


def _words(figures: Figures) -> list[str]:
    study = figures["study"]
    intro = _INTRO.format(
        asked=study["asked_hours"], seed=study["seed"], nights=study["nights"], hours=study["hours"]
    )
    due = _DUE.format(open_s=OPEN_FOUND_S, stray=STRAY)
    left_out = _LEFT_OUT.format(kinds=" and ".join(study["left_out"]))
    return [intro, _MATCHING.format(grace=GRACE_S), due, left_out]


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: auto; padding: 1rem }}
table {{ border-collapse: collapse; display: block; overflow-x: auto }}
th, td {{ text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #ddd }}
.missed td {{ color: #b00020; font-weight: 600 }}
</style>
{body}
</html>
"""
