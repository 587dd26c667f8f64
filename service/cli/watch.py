"""``dreamwatch watch``: a service's events in the terminal."""

import json
from typing import Annotated

import typer
from rich.console import Console
from websockets.exceptions import InvalidStatus, InvalidURI

from service.client import DEFAULT_URL, EventClient, stream_address
from service.errors import ServiceError
from service.printing import line


def watch(
    url: Annotated[str, typer.Argument(help="Address of the page or of the stream.")] = DEFAULT_URL,
    dreamer: Annotated[list[str] | None, typer.Option(help="Only this one; repeatable.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    token: Annotated[
        str, typer.Option(envvar="DREAMWATCH_TOKEN", help="Where the service asks for one.")
    ] = "",
) -> None:
    """Print live events; reconnects for ever and goes on where it was."""
    console = Console(highlight=False, soft_wrap=True)
    try:
        client = EventClient(stream_address(url), dreamer or (), token=token)
        for message in client.follow():
            if as_json:
                typer.echo(json.dumps(message, ensure_ascii=False))
            elif text := line(message):
                console.print(text)
    except KeyboardInterrupt:
        raise typer.Exit from None
    except (InvalidURI, InvalidStatus, ValueError) as error:
        raise ServiceError(f"{url}: {error}") from error
