"""The figures of a stager: of every set-up, of its calibration, of the live stage."""

from collections.abc import Mapping
from typing import Any

from models.calibrate import fit_correction
from models.figures import Scored, agreement, per_subject, reliability
from models.predict import MAIN, Correction, Predictions
from models.stability import live, live_figures


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


def fit_model_correction(predictions: Predictions) -> Correction:
    """Find the correction of least negative log likelihood over `MAIN`, to three places."""
    scored = Scored.pool(staged for name in MAIN for staged in predictions[name])
    temperature, bias = fit_correction(scored.proba, scored.labels)
    return Correction(round(temperature, 3), tuple(round(value, 3) for value in bias.tolist()))
