"""``dreamwatch report``: what a night came to."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from monitor.domain.errors import DreamwatchError
from service.report.figures import figures
from service.report.night import find_session, read_night, reading
from service.report.page import page
from service.settings import load_settings

console = Console(stderr=True)


def report(
    session: Annotated[
        str, typer.Argument(help="Its id; a dreamer, whose last one is meant; or 'latest'.")
    ],
    data_dir: Annotated[Path | None, typer.Option(help="Where the log is kept.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="The HTML file; default: DREAMER-SESSION.html.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the figures; HTML only where --out says so.")
    ] = False,
    second_opinion: Annotated[
        bool,
        typer.Option("--second-opinion", help="Have YASA stage the recording (bench extra)."),
    ] = False,
) -> None:
    """Write the report of a session: one HTML file that needs nothing else.

    Works beside a running service and without one. A second opinion needs the recording, or the
    file that was replayed.
    """
    settings = load_settings(data_dir=data_dir)
    with reading(settings.data_dir) as connection:
        night = read_night(connection, find_session(connection, session), settings.time_zone)
    told = figures(night, time.time())
    if second_opinion:
        from service.report.second import with_second_opinion  # mne takes a second to load

        told = with_second_opinion(told, night, settings.data_dir)
    if as_json:
        typer.echo(told.model_dump_json())
    if out or not as_json:
        path = out or Path(f"{told.dreamer}-{told.session}.html")
        _write(path, page(told))
        console.print(Text(f"{path} written"), soft_wrap=True)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DreamwatchError(f"{path}: cannot be written: {error.strerror}") from error
