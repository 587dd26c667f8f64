"""The fitted numbers, kept beside the code as JSON and read once."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class HypnogramModel:
    """Distributions of bouts, fitted by `models/fit_hypnograms.py`.

    Parameters
    ----------
    quantiles : ndarray, shape (n_quantiles,)
        Probabilities at which lengths are given, 0 to 1.
    dwell : ndarray, shape (n_contexts, 5, n_quantiles)
        Length of a bout in epochs, by its context and stage.
    transition : ndarray, shape (n_contexts, 5, 5)
        Probability of the next stage, by the context at the bout's end and its stage.
    latency : ndarray, shape (n_quantiles,)
        Epochs from lights-off to sleep.
    """

    quantiles: NDArray[np.float64]
    dwell: NDArray[np.float64]
    transition: NDArray[np.float64]
    latency: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SpectrumModel:
    """Log band powers of each stage, fitted by `models/fit_spectra.py`.

    The 15 values are 3 derivations (frontal and occipital EEG, EOG) x 5 bands, natural logarithms
    relative to the mean over bands of the same derivation's N2 in the same night.

    Parameters
    ----------
    mean : ndarray, shape (5, 15)
        Mean of each stage.
    person : ndarray, shape (5, 15, n_traits)
        What each of a sleeper's traits, which are standard normal, adds to each stage's mean.
    spread : ndarray, shape (5, 15, 15)
        Lower Cholesky factor of the covariance of a stage's epochs within a night.
    """

    mean: NDArray[np.float64]
    person: NDArray[np.float64]
    spread: NDArray[np.float64]


@cache
def hypnogram_model() -> HypnogramModel:
    """Return the distributions of bouts."""
    numbers = _read("hypnograms.json")
    names = ("quantiles", "dwell", "transition", "latency")
    return HypnogramModel(**{name: np.array(numbers[name], dtype=np.float64) for name in names})


@cache
def spectrum_model() -> SpectrumModel:
    """Return the log band powers of each stage."""
    numbers = _read("spectra.json")
    return SpectrumModel(**{name: np.array(numbers[name]) for name in ("mean", "person", "spread")})


def _read(name: str) -> Any:
    return json.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
