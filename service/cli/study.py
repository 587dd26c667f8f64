"""What the commands that run a study share: where its report goes, and its exit status."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from monitor.domain.errors import DreamwatchError
from service.sheets import Report, console_tables, html, markdown

Seed = Annotated[int, typer.Option(min=0, help="Equal seeds make equal figures.")]
Jobs = Annotated[int, typer.Option(min=1, help="Processes at a time.")]
AsJson = Annotated[Path | None, typer.Option("--json", help="Write the figures.")]
AsHtml = Annotated[Path | None, typer.Option("--html", help="Write one page.")]
AsMarkdown = Annotated[Path | None, typer.Option("--md", help="Write Markdown.")]


def check_writable(*paths: Path | None) -> None:
    """Say that a file cannot be written before the long work, not after.

    Raises
    ------
    DreamwatchError
        When it is, or lies in, no folder that is there.
    """
    for path in filter(None, paths):
        if path.is_dir() or not path.parent.is_dir():
            raise DreamwatchError(f"{path}: cannot be written: no such folder, or it is one itself")


def publish(
    report: Report,
    figures: Mapping[str, Any],
    as_json: Path | None,
    as_html: Path | None,
    as_markdown: Path | None,
) -> None:
    """Print the tables, and write what was asked for.

    Raises
    ------
    DreamwatchError
        When a file cannot be written.
    """
    Console().print(*console_tables(report), sep="\n\n")
    _write(as_json, json.dumps(figures, indent=1) + "\n")
    _write(as_html, html(report))
    _write(as_markdown, markdown(report))


def judge(missed: Sequence[str]) -> None:
    """Exit with 1 when marks were missed, and say which."""
    for mark in missed:
        typer.echo(f"not met: {mark}", err=True)
    if missed:
        raise typer.Exit(1)


def _write(path: Path | None, text: str) -> None:
    if path is None:
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DreamwatchError(f"{path}: cannot be written: {error.strerror}") from error
