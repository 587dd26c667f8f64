"""What ``dreamwatch train`` and ``dreamwatch evaluate`` share: options, progress, the table."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from types import ModuleType
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.table import Table

from monitor.domain.errors import DreamwatchError, ModelError
from monitor.domain.stage import STAGES

CROSS_VALIDATED = "cross-validation by subject"

console = Console(stderr=True)

Features = Annotated[
    Path, typer.Option("--features", help="Table of nights (.npz): log band powers and stages.")
]
Jobs = Annotated[int, typer.Option(min=1, help="Processes at a time, of one thread each.")]


def need_torch() -> ModuleType:
    """Import the training code, or tell what is missing.

    Raises
    ------
    ModelError
        When the train extra is not installed.
    """
    try:
        import models.train as training
    except ModuleNotFoundError as error:
        raise ModelError(
            f"training needs {error.name}, which is not installed: pip install 'dreamwatch[train]'"
        ) from error
    return training


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Name the file, or else the folder, that cannot be written.

    Raises
    ------
    DreamwatchError
        In place of an OSError.
    """
    try:
        yield
    except OSError as error:
        name = error.filename or folder
        raise DreamwatchError(f"{name}: cannot be written: {error.strerror}") from error


def make_folder(folder: Path) -> None:
    """Make a folder and see that files can be made in it, before the long work for them begins.

    Raises
    ------
    DreamwatchError
        When they cannot.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()


def draw(figures: Mapping[str, Any], predictions: dict[str, Any], folder: Path) -> None:
    """Draw what `figures` tell of `predictions` into `folder`.

    Raises
    ------
    DreamwatchError
        When a plot cannot be written.
    """
    from models.plots import draw_plots  # matplotlib is slow to load, and rarely asked for

    with writing(folder):
        paths = draw_plots(figures, predictions, folder, figures["protocol"])
    for path in paths:
        console.print(f"wrote {path}", highlight=False)


def figures_tables(title: str, figures: Mapping[str, Any]) -> Group:
    """Lay out the figures of `models.evaluate.report`: agreement, then the live stage."""
    return Group(_agreement_table(title, figures), _live_table(figures))


def _agreement_table(title: str, figures: Mapping[str, Any]) -> Table:
    headings = ("seen", "κ", "95 %", "acc", "ECE", "staged", *STAGES)
    table = _table(title, "W to R: F1 of each stage", headings)
    for name, values in figures.items():
        if isinstance(values, dict):
            interval = "-".join(_number(end, 2) for end in values["interval"] or ())
            shares = (_number(values[entry]) for entry in ("acc", "ece", "staged"))
            f1 = (_number(value, 2) for value in values["f1"].values())
            table.add_row(name, _number(values["kappa"]), interval, *shares, *f1)
    return table


def _live_table(figures: Mapping[str, Any]) -> Table:
    headings = ("seen", "shown", "true/h", "shown/h", "false:true", "found", "median s", "90 % s")
    table = _table("Live stage", "found and delays: of true changes", (*headings, "κ"))
    for name, values in figures.items():
        if isinstance(values, dict) and "live" in values:
            live = values["live"]
            for kind, shown in (("published", live), ("likeliest", live["raw"])):
                rates = (_number(shown[entry], 1) for entry in ("true_per_h", "shown_per_h"))
                shares = (_number(shown[entry], 2) for entry in ("false_ratio", "found"))
                delays = (_number(shown["delay_s"][entry], 0) for entry in ("median", "p90"))
                table.add_row(name, kind, *rates, *shares, *delays, _number(shown["kappa"]))
    return table


def _table(title: str, caption: str, headings: Sequence[str]) -> Table:
    table = Table(title=title, caption=caption, box=None, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    return table


def _number(value: float | None, places: int = 3) -> str:
    return "–" if value is None else f"{value:.{places}f}"
