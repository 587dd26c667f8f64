"""``dreamwatch audit``: whether the log is what was written."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from service.access.journal import read_journal
from service.audit import Head, Report
from service.audit import audit as verify
from service.errors import ServiceError
from service.printing import readable
from service.settings import load_settings

console = Console(stderr=True)


def audit(
    data_dir: Annotated[Path | None, typer.Option(help="Where the log is kept.")] = None,
    dreamer: Annotated[str | None, typer.Option(help="Only this one's chain.")] = None,
    head: Annotated[
        list[str] | None,
        typer.Option(help="DREAMER:SEQ:HASH of an earlier audit, noted elsewhere; repeatable."),
    ] = None,
    accesses: Annotated[
        bool, typer.Option("--access", help="Show too who was given access, and read raw signal.")
    ] = False,
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
    journal = read_journal(folder) if accesses else []
    if as_json:
        more = {"access": journal} if accesses else {}
        found = asdict(report) | {"ok": not report.faults} | more
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        _print_journal(journal)
        _print(report)
    raise typer.Exit(1 if report.faults else 0)


def _head(text: str) -> Head:
    dreamer, _, rest = text.partition(":")
    seq, _, noted = rest.partition(":")
    if not (dreamer and noted and seq.isdecimal()):
        raise ServiceError(f"--head {text!r} must be DREAMER:SEQ:HASH")
    return Head(dreamer, int(seq), noted.lower())


def _print_journal(journal: list[dict[str, Any]]) -> None:
    for message in journal:
        done = message["data"]
        detail = " ".join(
            f"{name}={value}" for name, value in done["detail"].items() if value is not None
        )
        line = f"{message['at']}  {done['actor']}  {done['command']}  {detail}"
        typer.echo(readable(line))


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
