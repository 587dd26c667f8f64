"""``dreamwatch boards``: what a headset can be."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from monitor.sources.boards import BoardKind, known_boards


def boards(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
) -> None:
    """List the boards that --source board:NAME takes, with their rate and channels."""
    kinds = known_boards()
    if as_json:
        typer.echo(json.dumps([asdict(kind) for kind in kinds]))
    else:
        Console().print(_table(kinds))


def _table(kinds: list[BoardKind]) -> Table:
    table = Table(box=None, caption="Name the channels yourself: channels=1:Fpz-M2,2:C3-M2,3:EOG-L")
    for title in ("board:", "id", "Hz", "EEG", "losses told by", "default channel names"):
        table.add_column(title, overflow="fold")
    for kind in kinds:
        told_by = "number and clock" if kind.numbered else "clock"
        names = ", ".join(kind.ch_names)
        counts = f"{kind.sfreq:g}", str(len(kind.ch_names))
        table.add_row(kind.name, str(kind.board_id), *counts, told_by, names)
    return table
