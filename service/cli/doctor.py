"""``dreamwatch doctor``: see whether the headset is ready for a night."""

import json
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from monitor.sources.spec import open_link, parse_spec
from service.doctor import ChannelFinding, Findings, examine

MAX_SECONDS = 600.0
_COLOURS = {"good": "green", "poor": "yellow", "unusable": "red"}


def doctor(
    spec: Annotated[str, typer.Argument(help="Such as board:cyton?port=/dev/ttyUSB0.")],
    seconds: Annotated[
        float, typer.Option(min=3, max=MAX_SECONDS, help="How long to look, from 3 s to 600 s.")
    ] = 10.0,
    impedance: Annotated[
        bool, typer.Option(help="Measure impedances, where the board can; needs no electrode off.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Connect for ten seconds and tell what is wrong, channel by channel, and what to do.

    The exit status is 1 when no EEG channel is usable, 2 when there is no connection.
    """
    link = open_link(parse_spec(spec))
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("connecting", total=seconds)
        try:
            link.connect()
            progress.update(task, description="measuring impedances" if impedance else "listening")
            kohms = link.impedances(time.sleep) if impedance else {}
            progress.update(task, description="listening")
            findings = examine(
                link,
                seconds,
                time.monotonic,
                time.sleep,
                lambda done: progress.update(task, completed=done),
                kohms,
            )
        finally:
            link.disconnect()
    if as_json:
        typer.echo(json.dumps({"source": spec, **findings.to_dict()}))
    else:
        _say(findings)
    raise typer.Exit(0 if findings.usable else 1)


def _say(findings: Findings) -> None:
    console = Console(highlight=False)
    console.print(_table(findings.channels))
    rate = findings.measured_sfreq
    measured = "rate unknown" if rate is None else f"{rate:.1f} samples a second"
    console.print(
        f"{findings.n_received} samples, {findings.n_lost} lost, {measured} of {findings.sfreq:g}",
        soft_wrap=True,
    )
    for line in findings.advice:
        console.print(f"[yellow]{line}", soft_wrap=True)
    told = "[green]ready" if findings.usable else "[red]no EEG channel is usable: do not start so"
    console.print(told)


def _table(channels: tuple[ChannelFinding, ...]) -> Table:
    table = Table(box=None)
    for title in ("channel", "kind", "", "RMS µV", "mains µV", "kΩ", "what to do"):
        table.add_column(title)
    for channel in channels:
        numbers = (channel.rms_uv, channel.mains_uv, channel.kohm)
        table.add_row(
            channel.name,
            channel.kind,
            f"[{_COLOURS[channel.verdict]}]{channel.verdict}",
            *("" if number is None else f"{number:.1f}" for number in numbers),
            channel.advice,
        )
    return table
