"""``dreamwatch usage study``: how soon overuse is found, and how often a stable user is flagged."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from monitor.domain.errors import DreamwatchError


def study(
    users: Annotated[int, typer.Option(min=1, help="Simulated users of each kind.")] = 25,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds make equal figures.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, help="Processes at a time.")] = 2,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures.")] = None,
    as_markdown: Annotated[Path | None, typer.Option("--md", help="Write Markdown.")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="One user of each kind for weeks, to see that it runs.")
    ] = False,
) -> None:
    """Simulate stable users and those who dream ever more; count what is found, and how soon.

    Exits with 1 when a mark is missed, or when a study that is not quick is too small to tell.
    """
    # Statistics are slow to load, and the account is asked for more often than this.
    from models.jobs import Bars
    from service.overuse.pages import console_tables, markdown
    from service.overuse.report import assess, missed
    from service.overuse.study import Study, run_study

    for path in filter(None, (as_json, as_markdown)):
        _check_writable(path)
    asked = Study(users, seed, quick)
    with Bars() as progress:
        courses = run_study(asked.people(), jobs, progress)
    figures = assess(courses, asked)
    Console().print(*console_tables(figures), sep="\n\n")
    _write(as_json, json.dumps(figures, indent=1) + "\n")
    _write(as_markdown, markdown(figures))
    not_met = missed(figures, quick=quick)
    for mark in not_met:
        typer.echo(f"not met: {mark}", err=True)
    if not_met:
        raise typer.Exit(1)


def _check_writable(path: Path) -> None:
    """Say that a file cannot be written before the long work, not after."""
    if path.is_dir() or not path.parent.is_dir():
        raise DreamwatchError(f"{path}: cannot be written: no such folder, or it is one itself")


def _write(path: Path | None, text: str) -> None:
    if path is None:
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DreamwatchError(f"{path}: cannot be written: {error.strerror}") from error
