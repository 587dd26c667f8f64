"""``dreamwatch forget``: erase what is held of a dreamer."""

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from service.cli.person import user
from service.errors import ServiceError
from service.retention import forget as erase
from service.settings import load_settings


def forget(
    dreamer: Annotated[str, typer.Argument(help="Whose data are erased.")],
    before: Annotated[
        str | None, typer.Option(help="Only what is older, such as 2026-01-31 or …T08:00+01:00.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All there is, and the dreamer's name.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data_dir: Annotated[Path | None, typer.Option(help="Where the log is kept.")] = None,
) -> None:
    """Erase a dreamer's entries, sessions and recordings; the log can still be verified.

    Of each entry is left that there was one, of which type, and its hash; that it was erased, when
    and by whom is logged. Open alarms, and what came after them, are kept by --before, which works
    beside a running service; --all needs it stopped. Backups are not reached.
    """
    if everything == (before is not None):
        raise ServiceError("give either --before or --all")
    now = time.time()
    limit = None if before is None else _seconds(before, now)
    if not yes:
        what = "everything" if before is None else f"what is older than {before}"
        typer.confirm(f"Erase {what} of {dreamer} for good?", abort=True)
    done = erase(load_settings(data_dir=data_dir).data_dir, dreamer, user(), now, limit)
    typer.echo(
        f"erased {done.entries} entries, {done.sessions} sessions, {done.files} files of recordings"
    )
    if everything:
        typer.echo(f"the chain is now called #{done.chain}")


def _seconds(text: str, now: float) -> float:
    """Read a time; without a time zone it is this machine's."""
    try:
        at = datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError) as error:
        raise ServiceError(f"--before {text!r} is no time such as 2026-01-31") from error
    if at > now:
        raise ServiceError(f"--before {text!r} lies in the future")
    return at
