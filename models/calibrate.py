"""Fitting a personal calibration to the stages that a human gave to a night of the wearer.

Fitted are a temperature and a bias for each stage, six numbers, and they are drawn towards doing
nothing, since one night is a small sample of a wearer. `models.calibration_study` tells what that
brings on another night, and what else was tried.
"""

import datetime

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from models.figures import Scored, confusions, kappa, rounded
from monitor.domain.errors import ModelError
from monitor.domain.stage import STAGES
from monitor.staging.bundle import ModelBundle
from monitor.staging.calibration import MAX_BIAS, TEMPERATURES, Calibration, correct

MIN_EPOCHS = 240
"""Least scored epochs, two hours: less holds too little of the stages of a night."""
MIN_STAGES, MIN_KAPPA = 3, 0.2
"""Least stages that the human gave, and least κ of the model with them before it is fitted [Landis
and Koch 1977 call a κ up to .2 slight]. Below, the stages are hardly those of this recording, or
are shifted in time, and to fit the wearer's nights to them would do harm."""
STRENGTH = 100.0
"""What a bias of 1, or a temperature of e, costs beside the negative log likelihood summed over the
epochs of the night [of those tried in `models.calibration_study`, the one that surely helps in
every set-up: a third of it gains a little more on the mean and harms more wearers]."""


def fit_calibration(
    proba: NDArray[np.floating],
    labels: NDArray[np.integer],
    bundle: ModelBundle,
    date: datetime.date,
) -> Calibration:
    """Fit a calibration to one night.

    Parameters
    ----------
    proba : ndarray, shape (n_epochs, 5)
        What the model said; NaN where it gave no stage.
    labels : ndarray, shape (n_epochs,)
        What a human said: 0 W, 1 N1, 2 N2, 3 N3, 4 R, -1 nothing.
    bundle : ModelBundle
        The model.
    date : datetime.date
        When.

    Raises
    ------
    ModelError
        When fewer than `MIN_EPOCHS` epochs have both, or the two can hardly be of one night: fewer
        than `MIN_STAGES` stages, or κ below `MIN_KAPPA`.
    """
    proba, labels = both(proba, labels)
    before = _kappa(proba, labels)
    _check_night(labels, before)
    temperature, bias = fit_correction(proba, labels)
    after = correct(proba, temperature, bias)
    return Calibration(
        model_sha256=bundle.card["sha256"],
        temperature=round(temperature, 4),
        bias={stage.value: round(b, 4) for stage, b in zip(STAGES, bias.tolist(), strict=True)},
        date=date.isoformat(),
        n_epochs=len(labels),
        kappa_before=before,
        kappa_after=_kappa(after, labels),
    )


def _check_night(labels: NDArray[np.integer], kappa_before: float | None) -> None:
    if len(labels) < MIN_EPOCHS:
        raise ModelError(
            f"{len(labels)} epochs have a human stage and usable signal, expected at least "
            f"{MIN_EPOCHS}"
        )
    if (stages := len(np.unique(labels))) < MIN_STAGES:
        raise ModelError(
            f"the human's stages are {stages} of W, N1, N2, N3 and R, expected at least "
            f"{MIN_STAGES}: does the hypnogram belong to this recording?"
        )
    if kappa_before is None or kappa_before < MIN_KAPPA:
        raise ModelError(
            f"κ of the model with the human's stages is {kappa_before}, expected at least "
            f"{MIN_KAPPA:g}: does the hypnogram belong to this recording?"
        )


def both(
    proba: NDArray[np.floating], labels: NDArray[np.integer]
) -> tuple[NDArray[np.floating], NDArray[np.integer]]:
    """Leave out the epochs that lack a label or a stage."""
    known = (labels >= 0) & np.isfinite(proba).all(axis=1)
    return proba[known], labels[known]


def fit_correction(
    proba: NDArray[np.floating], labels: NDArray[np.integer], strength: float = STRENGTH
) -> tuple[float, NDArray[np.float64]]:
    """Return the temperature and the biases that make the labels likeliest, drawn to 1 and 0.

    Parameters
    ----------
    proba : ndarray, shape (n_epochs, 5)
        Probability of W, N1, N2, N3, R.
    labels : ndarray, shape (n_epochs,)
        0 to 4.
    strength : float
        How strongly they are drawn: see `STRENGTH`.
    """
    log = np.log(np.maximum(proba, np.finfo(np.float32).tiny)).astype(np.float64)
    truth = np.eye(len(STAGES))[labels]

    def cost(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        sharpness = np.exp(-x[0])
        said = log_softmax(sharpness * log + x[1:], axis=1)
        excess = np.exp(said) - truth
        slope = np.array([-sharpness * (excess * log).sum(), *excess.sum(axis=0)])
        return strength * (x @ x) - (truth * said).sum(), slope + 2 * strength * x

    bounds = [tuple(np.log(TEMPERATURES)), *[(-MAX_BIAS, MAX_BIAS)] * len(STAGES)]
    found = minimize(cost, np.zeros(1 + len(STAGES)), jac=True, bounds=bounds).x
    return float(np.exp(found[0])), found[1:]


def _kappa(proba: NDArray[np.floating], labels: NDArray[np.integer]) -> float | None:
    """Cohen's κ of the likeliest stages and the labels; None where both are one stage."""
    night = Scored(proba, labels, np.zeros_like(labels))
    return rounded(kappa(confusions(night))[0])
