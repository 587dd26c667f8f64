"""The figures of a stager: of every set-up, of its calibration, of the live stage."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from models.figures import Scored, agreement, per_subject, reliability
from models.predict import MAIN, Predictions
from models.stability import live, live_figures

TEMPERATURES = (0.5, 2.0)
"""Bounds of the temperature."""


def report(predictions: Predictions) -> dict[str, Any]:
    """Figures of every set-up, as JSON values.

    Returns
    -------
    dict
        `models.figures.agreement` of each of `models.predict.SETUPS`. ``fpz``, ``pz`` and ``all``
        have ``subjects`` (κ of each), ``reliability`` (a curve) and ``live``
        (`models.stability.live_figures`) besides. ``ece`` is the worst of these three.
    """
    figures: dict[str, Any] = {
        name: agreement(recordings) for name, recordings in predictions.items()
    }
    for name in MAIN:
        recordings = predictions[name]
        figures[name] |= {
            "subjects": per_subject(recordings),
            "reliability": reliability(Scored.pool(recordings)),
            "live": live_figures([live(staged) for staged in recordings]),
        }
    return figures | {"ece": worst_error(figures)}


def worst_error(figures: Mapping[str, Any]) -> float | None:
    """Return the greatest expected calibration error of the set-ups in `MAIN`."""
    errors = (figures[name]["ece"] for name in MAIN)
    return max((error for error in errors if error is not None), default=None)


def fit_temperature(predictions: Predictions) -> float:
    """Find the temperature of least negative log likelihood over `MAIN`, to two places."""
    scored = Scored.pool(staged for name in MAIN for staged in predictions[name])
    logits = np.log(np.maximum(scored.proba, np.finfo(np.float32).tiny))
    truth = logits[np.arange(len(logits)), scored.labels]

    def surprise(temperature: float) -> float:
        total = logsumexp(logits / temperature, axis=1)
        return float(np.mean(total - truth / temperature))

    return round(float(minimize_scalar(surprise, bounds=TEMPERATURES, method="bounded").x), 2)
