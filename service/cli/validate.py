"""``dreamwatch validate``: whether alarms come when they should, and only then."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.jobs import Bars
from monitor.domain.errors import DreamwatchError
from monitor.staging.bundle import load_bundle
from service.validation.pages import console_tables, html, markdown
from service.validation.report import Figures, assess, missed
from service.validation.study import Study, origins, run_study


def validate(
    hours: Annotated[float, typer.Option(min=1, help="Simulate at least so many.")] = 720.0,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds make equal figures.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, help="Processes at a time.")] = 2,
    hypnograms: Annotated[
        list[Path] | None,
        typer.Option(help="Table of real nights (.npz) to make signal from; may be repeated."),
    ] = None,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures.")] = None,
    as_html: Annotated[Path | None, typer.Option("--html", help="Write one page.")] = None,
    as_markdown: Annotated[Path | None, typer.Option("--md", help="Write Markdown.")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A few hours in short nights, to see that it runs.")
    ] = False,
) -> None:
    """Plant faults in simulated nights; count which alarms come, how soon, and how many are false.

    Exits with 1 when a mark is missed, or when a study that is not quick is too small to tell.
    """
    for path in filter(None, (as_json, as_html, as_markdown)):
        _check_writable(path)
    study = Study(hours, seed, tuple(hypnograms or ()), quick)
    nights = study.nights()
    with Bars() as progress:
        records = run_study(nights, jobs, progress)
    figures = assess(records, study, origins(nights), load_bundle().card["version"])
    Console().print(*console_tables(figures), sep="\n\n")
    _write(as_json, json.dumps(figures, indent=1) + "\n")
    _write(as_html, html(figures))
    _write(as_markdown, markdown(figures))
    _judge(figures, quick)


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


def _judge(figures: Figures, quick: bool) -> None:
    not_met = missed(figures, quick=quick)
    for mark in not_met:
        typer.echo(f"not met: {mark}", err=True)
    if not_met:
        raise typer.Exit(1)
