"""Fit the simulator's band powers per stage to a table of scored epochs.

Run as ``python -m models.fit_spectra sleepedfx_sc_bandpower.npz``. The table (Sleep-EDF Expanded,
PhysioNet, ODC-By 1.0) holds ``log_power (n, 3, 5)``, ``labels``, ``subject`` and ``night``. Its
amplitudes are unknown up to one constant per night and derivation, so everything is taken
relative to the mean over bands of the same derivation's N2 in the same night.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.domain.stage import STAGES, Stage
from monitor.sources.simulator import parameters

FILE = Path(parameters.__file__).with_name("spectra.json")
N2 = STAGES.index(Stage.N2)
OUTLIER = 3.0
"""Standard deviations at which epochs are clipped before covariances are taken."""
MIN_EPOCHS = 10
"""Epochs of a stage from which a night's own mean is taken; with fewer it is everybody's."""
TRAITS = 12
"""Independent ways in which sleepers differ."""


def fit(
    log_power: NDArray[np.float64], stages: NDArray[np.int64], night: NDArray[np.int64]
) -> dict[str, Any]:
    """Fit the model; see `monitor.sources.simulator.parameters.SpectrumModel`.

    Parameters
    ----------
    log_power : ndarray, shape (n_epochs, 3, 5)
        Natural logarithm of band power.
    stages : ndarray, shape (n_epochs,)
        Codes 0-4, or -1 for epochs to leave out.
    night : ndarray, shape (n_epochs,)
        A number for each night; its epochs stand together.
    """
    values = _relative(log_power, stages, night)
    mean = np.array([values[stages == code].mean(axis=0) for code in range(len(STAGES))])
    rest = values - mean[stages]
    own = _own_means(rest, stages, night)
    rest -= own[np.unique(night, return_inverse=True)[1], stages]
    return {
        "from": f"{len(own)} nights, {int((stages >= 0).sum())} epochs",
        "mean": mean.round(2).tolist(),
        "person": _traits(own).round(3).tolist(),
        "spread": [_factor(rest[stages == code]).round(3).tolist() for code in range(len(STAGES))],
    }


def _relative(
    log_power: NDArray[np.float64], stages: NDArray[np.int64], night: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return log powers relative to the level of N2 in the same night, shape (n_epochs, 15)."""
    values = log_power.astype(np.float64)
    for number in np.unique(night):
        own = values[(night == number) & (stages == N2)]
        values[night == number] -= own.mean(axis=(0, 2))[:, None]
    return values.reshape(len(values), -1)


def _own_means(
    rest: NDArray[np.float64], stages: NDArray[np.int64], night: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return how each night's stages differ from everybody's, shape (n_nights, 5, 15)."""
    numbers = np.unique(night)
    own = np.zeros((len(numbers), len(STAGES), rest.shape[1]))
    for row, number in enumerate(numbers):
        for code in range(len(STAGES)):
            chosen = (night == number) & (stages == code)
            if chosen.sum() >= MIN_EPOCHS:
                own[row, code] = rest[chosen].mean(axis=0)
    return own


def _traits(own: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the main directions of difference between nights, shape (5, 15, TRAITS)."""
    flat = own.reshape(len(own), -1)
    _, sizes, directions = np.linalg.svd(flat - flat.mean(axis=0), full_matrices=False)
    loadings = directions[:TRAITS].T * sizes[:TRAITS] / np.sqrt(len(own))
    return np.asarray(loadings.reshape(*own.shape[1:], TRAITS))


def _factor(rest: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Cholesky factor of the covariance of epochs, outliers clipped."""
    limit = OUTLIER * rest.std(axis=0)
    return np.asarray(np.linalg.cholesky(np.cov(np.clip(rest, -limit, limit).T)))


def main(path: Path) -> None:
    """Write the fitted numbers beside the simulator."""
    with np.load(path) as table:
        night = table["subject"].astype(np.int64) * 10 + table["night"]
        fitted = fit(table["log_power"], table["labels"].astype(np.int64), night)
    FILE.write_text(json.dumps(fitted) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
