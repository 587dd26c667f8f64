"""``dreamwatch recover``: mend recordings that a crash cut short."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from monitor.domain.errors import DreamwatchError
from service.recording.recover import Recovered
from service.recording.recover import recover as mend

console = Console(stderr=True)


def recover(
    files: Annotated[list[Path], typer.Argument(help="EDF, EDF+, BDF or BDF+ recordings.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for mended copies; default: the files themselves are mended."),
    ] = None,
) -> None:
    """Mend recordings that a crash or power failure cut short.

    Cuts off an incomplete data record at the end and sets the number of records; touches nothing
    else. Exit status 1 when a file could not be recovered.
    """
    failed = 0
    for file in files:
        try:
            done = mend(file, None if out is None else _target(out, file))
        except DreamwatchError as error:
            console.print(Text.assemble(("not recovered: ", "red"), str(error)), soft_wrap=True)
            failed += 1
        else:
            console.print(Text(_report(done)), highlight=False, soft_wrap=True)
    raise typer.Exit(1 if failed else 0)


def _target(out: Path, file: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DreamwatchError(f"{out}: cannot be made: {error.strerror}") from error
    return out / file.name


def _report(done: Recovered) -> str:
    counted = "an unknown number" if done.counted < 0 else str(done.counted)
    whole = done.counted == done.n_records and not done.cut_bytes
    found = "is whole" if whole else f"its header told {counted}, {done.cut_bytes} bytes cut off"
    return (
        f"{done.path}: {done.n_records} records, {done.duration_s:g} s, "
        f"{done.n_annotations} annotations; {found}"
    )
