"""``dreamwatch token``: who may come in, and as what."""

import json
import re
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.access.roles import Person, Role
from service.access.tokens import Token, create_token, list_tokens, revoke_token
from service.cli.person import user
from service.entries import iso
from service.settings import load_settings

token = typer.Typer(
    name="token",
    help="Make, list and revoke the tokens by which people and programs come in.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
DataDir = Annotated[Path | None, typer.Option(help="Where the log is kept.")]


@token.command()
def create(
    name: Annotated[str, typer.Argument(help="Who holds it; the log names them so.")],
    role: Annotated[Role, typer.Option(help="What they are.")],
    dreamer: Annotated[
        str | None, typer.Option(help="Whom alone a dreamer or guardian may see.")
    ] = None,
    days: Annotated[
        float | None, typer.Option(help="How long it holds; else until revoked.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Make a token and print it, this once; a running service knows it within seconds.

    A viewer sees; a technician sees the signal too and takes alarms on; an admin may lift limits.
    A dreamer sees themselves and says "I am awake"; a guardian does so for them.
    """
    folder = load_settings(data_dir=data_dir).data_dir
    person = Person(name, role, dreamer)
    typer.echo(str(create_token(folder, person, user(), time.time(), days)))


@token.command(name="list")
def list_all(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
    data_dir: DataDir = None,
) -> None:
    """List all tokens there ever were; what they are made of is not kept."""
    now = time.time()
    rows = [_row(found, now) for found in list_tokens(load_settings(data_dir=data_dir).data_dir)]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("name", "role", "dreamer", "created", "expires", "state")
    for row in rows:
        table.add_row(*(Text(_SECONDS.sub("Z", row[name] or "")) for name in _SHOWN))
    Console().print(table)


@token.command()
def revoke(
    name: Annotated[str, typer.Argument(help="Whose token holds no longer.")],
    data_dir: DataDir = None,
) -> None:
    """Revoke a token; who came in by it is disconnected from a running service within seconds."""
    revoke_token(load_settings(data_dir=data_dir).data_dir, name, user(), time.time())
    typer.echo(f"revoked the token of {name}")


_SECONDS = re.compile(r":\d\d\.\d+Z$")
_SHOWN = ("name", "role", "dreamer", "created_at", "expires_at", "state")


def _row(found: Token, now: float) -> dict[str, Any]:
    row = asdict(found) | {"state": found.state(now)}
    times = {name: row[name] and iso(row[name]) for name in ("created_at", "expires_at")}
    return {name: times.get(name, row[name]) for name in _SHOWN}
