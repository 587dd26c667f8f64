"""All nights of a study, in processes side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models.jobs import Tell, Told, run_all
from monitor.staging.bundle import ModelBundle, load_bundle
from service.validation.night import live_through
from service.validation.nights import NightPlan, plan_nights, read_hypnograms
from service.validation.records import Record

NIGHTS = "nights"
"""What the bar of progress is called."""
_QUICK_HOURS, _QUICK_LENGTH = 4.0, 0.125


@dataclass(frozen=True, slots=True)
class Study:
    """What is simulated.

    Parameters
    ----------
    hours : float
        At least so many.
    seed : int
        Equal seeds make equal studies, whatever the number of processes.
    hypnograms : tuple of Path
        Tables of real nights.
    quick : bool
        A few hours in short nights, to see that it runs.
    """

    hours: float = 720.0
    seed: int = 1
    hypnograms: tuple[Path, ...] = ()
    quick: bool = False

    def nights(self) -> list[NightPlan]:
        """Its nights.

        Raises
        ------
        SourceError
            When a table cannot be read.
        """
        real = {path.stem: read_hypnograms(path) for path in self.hypnograms}
        if self.quick:
            return plan_nights(min(self.hours, _QUICK_HOURS), self.seed, real, _QUICK_LENGTH)
        return plan_nights(self.hours, self.seed, real)


def run_study(nights: Sequence[NightPlan], jobs: int, progress: Tell) -> list[Record]:
    """Live through all nights.

    Parameters
    ----------
    nights : sequence of NightPlan
    jobs : int
        Processes at a time.
    progress : callable
        Told the share of the nights that are over.
    """
    over = set[str]()

    def tell(name: str, _share: float) -> None:
        over.add(name)
        progress(NIGHTS, len(over) / len(nights))

    return run_all(_live, nights, jobs, tell)


def _live(night: NightPlan, told: Told) -> Record:
    record = live_through(night, _bundle())
    told.put((night.name, 1.0))
    return record


@cache
def _bundle() -> ModelBundle:
    return load_bundle()


def origins(nights: Sequence[NightPlan]) -> Mapping[str, dict[str, float]]:
    """Count nights and hours by where their hypnograms are from."""
    counted: dict[str, dict[str, float]] = {}
    for night in nights:
        count = counted.setdefault(night.origin, {"nights": 0, "hours": 0.0})
        count["nights"] += 1
        count["hours"] = round(count["hours"] + night.hours, 2)
    return counted
