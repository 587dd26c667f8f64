"""What ``dreamwatch train`` and ``dreamwatch evaluate`` share: options, progress, the table."""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from monitor.domain.errors import ModelError
from monitor.domain.stage import STAGES

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


class Bars(Progress):
    """One bar for each job that has begun; called with the job's name and the share done."""

    def __init__(self) -> None:
        super().__init__(console=console)
        self._bars: dict[str, TaskID] = {}

    def __call__(self, name: str, share: float) -> None:
        """Move the bar `name` to `share`, 0 to 1."""
        if name not in self._bars:
            self._bars[name] = self.add_task(name, total=1.0)
        self.update(self._bars[name], completed=share)


def figures_table(title: str, figures: Mapping[str, Any]) -> Table:
    """Lay out the figures of `models.evaluate.report`, one row a set-up."""
    table = Table(title=title, caption="W to R: F1 of each stage", box=None, padding=(0, 1))
    for heading in ("seen", "κ", "95 %", "acc", "ECE", *STAGES):
        table.add_column(heading, no_wrap=True)
    setups = {name: values for name, values in figures.items() if isinstance(values, dict)}
    for name, values in setups.items():
        low, high = values["interval"]
        table.add_row(
            name,
            f"{values['kappa']:.3f}",
            f"{low:.2f}-{high:.2f}",
            f"{values['acc']:.3f}",
            f"{values['ece']:.3f}",
            *(f"{f1:.2f}" for f1 in values["f1"].values()),
        )
    return table
