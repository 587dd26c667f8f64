"""``dreamwatch serve``: the service."""

import logging
from pathlib import Path
from stat import S_IRWXO
from typing import Annotated

import typer

from service.access.tokens import list_tokens
from service.client import stream_address
from service.server import serve as run_server
from service.settings import Settings, load_settings


def serve(
    source: Annotated[
        list[str] | None, typer.Option(help="A SPEC such as 'sim:?dreamer=bed-7'; repeatable.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with settings.")] = None,
    host: Annotated[
        str | None, typer.Option(help="Where to listen; beyond loopback with TLS and tokens.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="0 takes any free port.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Where the log is kept.")] = None,
) -> None:
    """Watch dreamers: sources, stages, alarms, REST, websocket and the page."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = load_settings(config, sources=source, host=host, port=port, data_dir=data_dir)
    warn_of_what_others_read(settings.data_dir, settings.tls_key)
    run_server(settings, lambda page: announce(settings, page))


def warn_of_what_others_read(*paths: Path | None) -> None:
    """Say which of these every user of this machine may enter or read."""
    for path in paths:
        if path is not None and path.exists() and path.stat().st_mode & S_IRWXO:
            typer.echo(f"warning: others can use {path}: chmod o-rwx {path}", err=True)


def announce(settings: Settings, page: str) -> None:
    """Print where the service is and whom it watches."""
    typer.echo(f"page    {page}")
    typer.echo(f"events  {stream_address(page)}")
    typer.echo(f"data    {settings.data_dir}")
    typer.echo(f"access  {_who(settings)}")
    for source in settings.sources:
        typer.echo(f"watches {source}")
    if not settings.sources:
        typer.echo("watches nobody: no --source was given")


def _who(settings: Settings) -> str:
    if settings.is_open(has_tokens=bool(list_tokens(settings.data_dir))):
        return "whoever uses this machine, without a token, as technician"
    return "by token (dreamwatch token create)"
