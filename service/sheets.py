"""A study's report as tables: for the terminal, as Markdown and as one HTML page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from rich.table import Table

MARK = ("mark", "value", "limit", "")
_STYLES = {"missed": "bold red", "too few": "yellow"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table.

    Parameters
    ----------
    title, note : str
        What stands above it; the note may be empty.
    headings : tuple of str
    rows : tuple of tuple of str
        As long as `headings`; a row whose last cell is a verdict is shown as it deserves.
    brief : bool
        Whether it is short enough for a terminal.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    brief: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """What is said, in paragraphs of Markdown, and the tables that show it."""

    title: str
    words: tuple[str, ...]
    sheets: tuple[Sheet, ...]


def number(value: float | None, digits: int = 1) -> str:
    """Write a number; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def between(interval: Sequence[float], digits: int) -> str:
    """Write an interval."""
    return f"({interval[0]:.{digits}f}–{interval[1]:.{digits}f})"


def mark_row(mark: Mapping[str, Any], digits: int) -> tuple[str, ...]:
    """Write a mark, what was measured, and the verdict."""
    limit = f"{'≥' if mark['way'] == '>=' else '≤'} {mark['limit']:g}"
    return mark["mark"], number(mark["value"], digits), limit, mark["verdict"]


def console_tables(report: Report) -> list[Table]:
    """Return the tables for a terminal."""
    tables = []
    for sheet in report.sheets:
        if not sheet.brief:
            continue
        table = Table(title=sheet.title, box=None, title_justify="left", caption=sheet.note or None)
        for heading in sheet.headings:
            table.add_column(heading, overflow="fold")
        for row in sheet.rows:
            table.add_row(*row, style=_STYLES.get(row[-1]))
        tables.append(table)
    return tables


def markdown(report: Report) -> str:
    """Write the report as Markdown."""
    parts = [f"# {report.title}", *report.words]
    for sheet in report.sheets:
        parts += [f"## {sheet.title}", *filter(None, [sheet.note]), _pipes(sheet)]
    return "\n\n".join(parts) + "\n"


def _pipes(sheet: Sheet) -> str:
    if not sheet.rows:
        return "None."
    lines = (sheet.headings, ("---",) * len(sheet.headings), *sheet.rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def html(report: Report) -> str:
    """Write the report as one HTML page that needs nothing else."""
    body = [f"<h1>{escape(report.title)}</h1>"]
    body += [f"<p>{_plain(words)}</p>" for words in report.words]
    for sheet in report.sheets:
        note = f"<p>{escape(sheet.note)}</p>" if sheet.note else ""
        body.append(f"<h2>{escape(sheet.title)}</h2>\n{note}{_grid(sheet)}")
    return _PAGE.format(title=escape(report.title), body="\n".join(body))


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
