"""Simulated nights through the whole live path: signal in, a stage every 5 s out.

The table of nights has one step every 30 s, so it cannot tell how the stage flickers between them.
Run as ``python -m models.replay``: measures the shipped model, or with ``--grid`` its margins and
hold times, and puts the figures into the card.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from models.card import write_json, write_markdown
from models.jobs import Bars, Tell, Told, run_all
from models.stability import Live, grid, live_figures
from monitor.domain.config import SessionConfig
from monitor.domain.events import LiveStage
from monitor.domain.stage import STAGES
from monitor.session import MonitorSession
from monitor.sources.base import Source
from monitor.sources.simulator import open_simulator
from monitor.staging.bundle import MODEL_FILE, ModelBundle, load_bundle

CHANNELS = {"fpz": "Fpz-Cz", "all": "Fpz-Cz,Pz-Oz,E1-E2"}
"""Set-ups by the names of the table's, as the simulator calls their channels."""
SEEDS, GRID_SEEDS = range(5, 9), range(1, 5)
"""The simulated nights: those that are measured, and those on which margins are chosen."""
SFREQ = 100
"""In Hz, as in the table's study."""
MARGINS, HOLDS_S = (0.1, 0.15, 0.2, 0.25, 0.3), (15.0, 30.0, 45.0)
"""What ``--grid`` tries."""


@dataclass(frozen=True, slots=True)
class Showing:
    """One simulated night and what of it is shown to which model."""

    seed: int
    setup: str
    hours: float
    model: Path

    @property
    def name(self) -> str:
        """What the bar of progress is called."""
        return f"night {self.seed}, {self.setup}"


def replay(bundle: ModelBundle, source: Source, truth: NDArray[np.integer]) -> Live:
    """Push a recording through a session of its own, and take its live stages down.

    Parameters
    ----------
    bundle : ModelBundle
        The model.
    source : Source
        Read to its end.
    truth : ndarray, shape (n_epochs,)
        True stages of its 30-s epochs: 0-4, or -1 where unknown.
    """
    session = MonitorSession(
        SessionConfig("recording", "replay", 0.0, source.sfreq, source.montage), bundle
    )
    told: list[LiveStage] = []
    while (items := source.read()) is not None:
        for item in items:
            told += [event for event in session.push(item) if isinstance(event, LiveStage)]
    at_s = np.array([event.at for event in told])
    proba = [[event.proba.get(stage, np.nan) for stage in STAGES] for event in told]
    return Live(at_s, np.array(proba).reshape(-1, len(STAGES)), truth)


def simulate(showing: Showing, told: Told) -> Live:
    """Replay one simulated night."""
    source = open_simulator(
        {
            "seed": str(showing.seed),
            "hours": str(showing.hours),
            "sfreq": str(SFREQ),
            "channels": CHANNELS[showing.setup],
        }
    )
    truth = [STAGES.index(stage) if stage in STAGES else -1 for stage in source.truth()]
    night = replay(load_bundle(showing.model), source, np.array(truth))
    told.put((showing.name, 1.0))
    return night


def simulated_nights(
    model: Path, seeds: Sequence[int], hours: float, jobs: int, progress: Tell
) -> dict[str, list[Live]]:
    """Replay simulated nights in each of `CHANNELS`."""
    showings = [Showing(seed, setup, hours, model) for setup in CHANNELS for seed in seeds]
    nights = run_all(simulate, showings, jobs, progress)
    pairs = list(zip(showings, nights, strict=True))
    return {
        setup: [night for showing, night in pairs if showing.setup == setup] for setup in CHANNELS
    }


def main(
    folder: Annotated[Path, typer.Option(help="Where the model and its card are.")] = Path(
        "models"
    ),
    choose: Annotated[
        bool, typer.Option("--grid", help="Print figures of margins and hold times instead.")
    ] = False,
    hours: Annotated[float, typer.Option(help="Length of each night.")] = 8.0,
    jobs: Annotated[int, typer.Option(min=1, help="Processes at a time.")] = 2,
) -> None:
    """Measure the live stage of the model in a folder on simulated nights, in steps of 5 s."""
    with Bars() as progress:
        seeds = GRID_SEEDS if choose else SEEDS
        nights = simulated_nights(folder / MODEL_FILE, seeds, hours, jobs, progress)
    if choose:
        Console().print(*map(_grid_table, nights, nights.values()))
        return
    figures = {setup: {"live": live_figures(shown)} for setup, shown in nights.items()}
    add_to_card(folder, {"nights": len(SEEDS), "hours": hours, **figures})


def _grid_table(setup: str, nights: Sequence[Live]) -> Table:
    headings = ("margin", "hold_s", "false_ratio", "found", "delay_s", "kappa")
    table = Table(*headings, title=setup, box=None)
    for row in grid(nights, MARGINS, HOLDS_S):
        table.add_row(*(str(row[heading]) for heading in headings))
    return table


def add_to_card(folder: Path, simulated: dict[str, Any]) -> None:
    """Write figures of simulated nights into both cards."""
    path = folder / MODEL_FILE.replace("onnx", "json")
    write_json(path, json.loads(path.read_text()) | {"simulated": simulated})
    write_markdown(folder)


if __name__ == "__main__":
    typer.run(main)
