"""The command line: ``dreamwatch``. A command's module is imported when the command is called."""

import os
import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from monitor.domain.errors import DreamwatchError

COMMANDS = (
    "serve",
    "watch",
    "boards",
    "doctor",
    "score",
    "report",
    "usage",
    "simulate",
    "calibrate",
    "recover",
    "audit",
    "forget",
    "token",
    "train",
    "evaluate",
    "validate",
)
"""Each is the function, or the group, of that name in the module of that name, in the order of
``--help``."""


class _Commands(TyperGroup):
    """Finds commands by their names: scoring a file need not wait for the web framework."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        found = getattr(import_module(f"service.cli.{cmd_name}"), cmd_name)
        if isinstance(found, typer.Typer):
            return typer.main.get_group(found)
        alone = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
        alone.command(cmd_name)(found)
        return typer.main.get_command(alone)


app = typer.Typer(
    name="dreamwatch", cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False
)


@app.callback()
def dreamwatch() -> None:
    """Real-time EEG sleep stages, and an alarm for dreamers who do not wake."""


def main() -> None:
    """Run the command line; an expected error is one line and exit status 2.

    What any command writes is for this user alone, above all the log and recordings.
    """
    os.umask(0o077)
    try:
        app()
    except DreamwatchError as error:
        typer.echo(f"dreamwatch: {error}", err=True)
        sys.exit(2)
