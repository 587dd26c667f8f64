"""The command line: ``dreamwatch``."""

import sys

import typer

from monitor.domain.errors import DreamwatchError
from service.cli.calibrate import calibrate
from service.cli.evaluate import evaluate
from service.cli.score import score
from service.cli.serve import serve
from service.cli.simulate import simulate
from service.cli.train import train
from service.cli.watch import watch

app = typer.Typer(
    name="dreamwatch",
    help="Real-time EEG sleep stages, and an alarm for dreamers who do not wake.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (serve, watch, score, simulate, calibrate, train, evaluate):
    app.command()(command)


def main() -> None:
    """Run the command line; an expected error is one line and exit status 2."""
    try:
        app()
    except DreamwatchError as error:
        typer.echo(f"dreamwatch: {error}", err=True)
        sys.exit(2)
