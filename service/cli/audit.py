"""``dreamwatch audit``: whether the log is what was written."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from service.audit import Head, Report
from service.audit import audit as verify
from service.errors import ServiceError
from service.settings import load_settings

console = Console(stderr=True)


def audit(
    data_dir: Annotated[Path | None, typer.Option(help="Where the log is kept.")] = None,
    dreamer: Annotated[str | None, typer.Option(help="Only this one's chain.")] = None,
    head: Annotated[
        list[str] | None,
        typer.Option(help="DREAMER:SEQ:HASH of an earlier audit, noted elsewhere; repeatable."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Verify that the event log is as it was written; print the head of each chain to be noted.

    Finds what was edited, removed, inserted or swapped, and names the first such entry of each
    dreamer. Entries cut off the very end, and a log all of whose hashes were computed anew, are
    found with --head only. Exit status 1 when something does not fit.
    """
    noted = [_head(text) for text in head or ()]
    folder = load_settings(data_dir=data_dir).data_dir
    with Progress(console=console, transient=True, disable=as_json) as progress:
        task = progress.add_task("entries", total=None)
        report = verify(
            folder,
            dreamer,
            noted,
            lambda done, total: progress.update(task, completed=done, total=total),
        )
    if as_json:
        typer.echo(json.dumps(asdict(report) | {"ok": not report.faults}, ensure_ascii=False))
    else:
        _print(report)
    raise typer.Exit(1 if report.faults else 0)


def _head(text: str) -> Head:
    dreamer, _, rest = text.partition(":")
    seq, _, noted = rest.partition(":")
    if not (dreamer and noted and seq.isdecimal()):
        raise ServiceError(f"--head {text!r} must be DREAMER:SEQ:HASH")
    return Head(dreamer, int(seq), noted.lower())


def _print(report: Report) -> None:
    for head in report.heads:
        typer.echo(str(head))
    for fault in report.faults:
        where = "the log" if fault.dreamer is None else fault.dreamer
        entry = "" if fault.seq is None else f" entry {fault.seq}"
        line = Text.assemble(("broken: ", "bold red"), f"{where}{entry}: {fault.problem}")
        console.print(line, soft_wrap=True, highlight=False)
    verdict = "broken" if report.faults else "sound"
    console.print(
        f"{report.entries} entries, {report.forgotten} of them forgotten: {verdict}",
        highlight=False,
    )
