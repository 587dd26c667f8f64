"""The parameters of a simulated night, read from text."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.domain.errors import SourceError
from monitor.domain.montage import Montage
from monitor.domain.stage import EPOCH_S
from monitor.sources.simulator.scenario import SCENARIOS, Scenario

CH_NAMES = ("Fpz-Cz", "Pz-Oz", "E1-E2", "Chin")
"""All rows: the derivations whose band powers were fitted, and the chin."""
RAIL_UV = 3276.7
"""Full scale in µV: 16 bits of 0.1 µV, so that a file holds what a live source sent."""

OPTIONS = {
    "scenario": "normal",
    "seed": "1",
    "hours": "8",
    "sfreq": "250",
    "age": "30",
    "planned_minutes": "",
    "channels": ",".join(CH_NAMES),
}
"""Every option of a source, and what it is by default."""
_LIMITS = {
    "seed": (0.0, 2.0**63 - 1, ""),
    "hours": (0.1, 24.0, "h"),
    "sfreq": (80.0, 1000.0, "Hz"),
    "age": (5.0, 95.0, "years"),
    "planned_minutes": (1.0, 1440.0, "min"),
}
_WHOLE = ("seed", "sfreq")
_PLANNED_SHARE = 0.75
"""Planned end, as a share of the recording, of those who sleep on past it; others use it all."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A simulated night.

    Parameters
    ----------
    scenario : Scenario
        What happens.
    seed : int
        Two nights of one seed and the same other parameters are equal.
    n_epochs : int
        Length of the recording in 30-s epochs.
    sfreq : int
        Sampling rate in Hz.
    age : float
        Age of the sleeper in years.
    planned_epochs : int
        Planned end in epochs; may lie past the recording's.
    ch_names : tuple of str
        Rows, some of `CH_NAMES`.
    """

    scenario: Scenario
    seed: int
    n_epochs: int
    sfreq: int
    age: float
    planned_epochs: int
    ch_names: tuple[str, ...]

    @property
    def epoch_samples(self) -> int:
        """Samples of an epoch."""
        return EPOCH_S * self.sfreq

    @property
    def n_samples(self) -> int:
        """Samples of the recording."""
        return self.n_epochs * self.epoch_samples

    @property
    def montage(self) -> Montage:
        """Rows of the recording."""
        return Montage.from_names(self.ch_names, rail_uv=RAIL_UV)

    @property
    def fault_epochs(self) -> range:
        """Epochs in which the scenario's fault is there; empty without one."""
        if self.scenario.fault is None:
            return range(0)
        begin = min(self.planned_epochs, self.n_epochs) // 2
        if not self.scenario.fault_min:
            return range(begin, self.n_epochs)
        longest = max(1, self.n_epochs // 5)
        return range(begin, begin + min(self.scenario.fault_min * 60 // EPOCH_S, longest))


def parse_settings(params: Mapping[str, str]) -> Settings:
    """Read the parameters of a simulated night.

    Parameters
    ----------
    params : mapping of str to str
        Any of ``scenario``, ``seed``, ``hours`` (0.1-24), ``sfreq`` (80-1000 Hz, whole), ``age``
        (5-95 years), ``planned_minutes`` (1-1440) and ``channels`` (names joined by commas).

    Raises
    ------
    SourceError
        When a parameter is unknown or out of its limits.
    """
    unknown = sorted(set(params) - set(OPTIONS))
    if unknown:
        raise SourceError(
            f"simulator: unknown parameter {unknown[0]!r}; it takes {', '.join(OPTIONS)}"
        )
    given = {**OPTIONS, **params}
    scenario = _scenario(given["scenario"])
    hours = _number(given, "hours")
    share = _PLANNED_SHARE if scenario.sleeps_on else 1.0
    planned_min = (
        _number(given, "planned_minutes") if given["planned_minutes"] else 60 * hours * share
    )
    return Settings(
        scenario=scenario,
        seed=int(_number(given, "seed")),
        n_epochs=round(hours * 3600 / EPOCH_S),
        sfreq=int(_number(given, "sfreq")),
        age=_number(given, "age"),
        planned_epochs=round(planned_min * 60 / EPOCH_S),
        ch_names=_channels(given["channels"]),
    )


def _number(given: Mapping[str, str], name: str) -> float:
    low, high, unit = _LIMITS[name]
    kind = "whole number" if name in _WHOLE else "number"
    try:
        value = float(given[name])
    except ValueError:
        value = float("nan")
    if not low <= value <= high or (name in _WHOLE and not value.is_integer()):
        raise SourceError(
            f"simulator: {name} is a {kind} from {low:g} to {high:g} {unit}".rstrip()
            + f", not {given[name]!r}"
        )
    return value


def _scenario(name: str) -> Scenario:
    if name not in SCENARIOS:
        raise SourceError(f"simulator: scenario is one of {', '.join(SCENARIOS)}, not {name!r}")
    return SCENARIOS[name]


def _channels(names: str) -> tuple[str, ...]:
    chosen = tuple(name.strip() for name in names.split(","))
    for name in chosen:
        if name not in CH_NAMES or chosen.count(name) > 1:
            raise SourceError(
                f"simulator: channels are some of {', '.join(CH_NAMES)}, each once, not {names!r}"
            )
    return chosen
