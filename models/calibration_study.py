"""Does a wearer's one night help on the other? Personal calibration, measured out of sample.

Predictions come from networks that saw no night of the subject. A calibration is fitted on one of
the subject's two nights and tried on the other, both ways. ``scored`` is what is shipped
(`models.calibrate`). Left out were a linear map, which gains more on the mean and harms more
wearers, and all that needs no human stages, which harms or does nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby, permutations
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from models.calibrate import STRENGTH, both, fit_correction
from models.figures import RESAMPLES, Scored, calibration_error, confusions, kappa, rounded
from models.predict import MAIN, Predictions, Staged
from monitor.domain.stage import STAGES
from monitor.staging.calibration import correct

Corrector: TypeAlias = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Probabilities in, corrected probabilities out, both of shape (n_epochs, 5)."""

_N = len(STAGES)
_ROUNDS = 50


def study(predictions: Predictions) -> dict[str, Any]:
    """Measure every method in every main set-up.

    Parameters
    ----------
    predictions : Predictions
        Of whole nights by networks that saw no night of their subjects.

    Returns
    -------
    dict
        For each of `models.predict.MAIN` and each of `METHODS`, over the subjects of two nights:
        ``subjects``, how many; ``kappa`` without and with calibration, pooled over epochs;
        ``change`` of it and its ``interval`` (95 %, bootstrap over subjects, paired); ``worse`` and
        ``better``, the shares of subjects whose own κ falls or rises by more than 0.01; and ``ece``
        without and with.
    """
    return {
        name: {method: _measure(predictions[name], fit) for method, fit in METHODS.items()}
        for name in MAIN
    }


def _measure(recordings: Sequence[Staged], fit: "Fit") -> dict[str, Any]:
    recordings = [staged for staged in recordings if len(both(staged.proba, staged.labels)[1])]
    prior = np.bincount(Scored.pool(recordings).labels, minlength=_N) + 1.0
    pairs = [
        (one, other)
        for _, nights in groupby(sorted(recordings, key=_subject), key=_subject)
        if len(two := list(nights)) == 2
        for one, other in permutations(two)
    ]
    if not pairs:
        return {"subjects": 0}
    before = Scored.pool(other for _, other in pairs)
    after = Scored.pool(
        Staged(other.subject, other.labels, fit(one, prior / prior.sum())(other.proba))
        for one, other in pairs
    )
    return _compare(before, after)


def _subject(staged: Staged) -> int:
    return staged.subject


def _compare(before: Scored, after: Scored) -> dict[str, Any]:
    counts = np.stack([confusions(before), confusions(after)])
    own = np.subtract(*kappa(counts)[::-1])
    n = counts.shape[1]
    drawn = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    drawn_kappa = kappa(np.einsum("rs,tsij->trij", drawn, counts))
    pooled = kappa(counts.sum(axis=1))
    return {
        "subjects": n,
        "kappa": [rounded(value) for value in pooled],
        "change": rounded(pooled[1] - pooled[0]),
        "interval": [
            rounded(value)
            for value in np.nanquantile(drawn_kappa[1] - drawn_kappa[0], [0.025, 0.975])
        ],
        "worse": rounded(np.mean(own < -0.01)),
        "better": rounded(np.mean(own > 0.01)),
        "ece": [rounded(calibration_error(scored)) for scored in (before, after)],
    }


Fit: TypeAlias = Callable[[Staged, NDArray[np.float64]], Corrector]
"""Fits to a night, told the share of each stage in the table."""


def _scored(strength: float) -> Fit:
    def fit(night: Staged, _: NDArray[np.float64]) -> Corrector:
        temperature, bias = fit_correction(*both(night.proba, night.labels), strength)
        return lambda proba: correct(proba, temperature, bias)

    return fit


def _linear_map(night: Staged, _: NDArray[np.float64]) -> Corrector:
    """Any linear map of the log probabilities, drawn to the identity."""
    proba, labels = both(night.proba, night.labels)
    log, truth = _log(proba), np.eye(_N)[labels]

    def parts(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return np.eye(_N) + x[_N:].reshape(_N, _N), x[:_N]

    def cost(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = parts(x)
        said = log_softmax(log @ weights + bias, axis=1)
        excess = np.exp(said) - truth
        slope = np.concatenate([excess.sum(axis=0), (log.T @ excess).ravel()])
        # log probabilities go down to -10, so the weights are held ten times as tight as the biases
        held = STRENGTH * np.repeat([1.0, 10.0], [_N, _N * _N])
        return (held * x) @ x - (truth * said).sum(), slope + 2 * held * x

    weights, bias = parts(minimize(cost, np.zeros(_N + _N * _N), jac=True).x)
    return lambda proba: correct(np.exp(log_softmax(_log(proba) @ weights, axis=1)), 1.0, bias)


def _unscored(share: float) -> Fit:
    """Shift the biases by a share of what the night's own stage shares say.

    The shares come from expectation maximisation without any label (Saerens et al. 2002).
    """

    def fit(night: Staged, prior: NDArray[np.float64]) -> Corrector:
        proba = night.proba[np.isfinite(night.proba).all(axis=1)]
        shares = prior
        for _ in range(_ROUNDS):
            shares = np.maximum(correct(proba, 1.0, np.log(shares / prior)).mean(axis=0), 1e-3)
        return lambda said: correct(said, 1.0, share * np.log(shares / prior))

    return fit


def _log(proba: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log(np.maximum(proba, np.finfo(np.float32).tiny))


METHODS: Mapping[str, Fit] = {
    "scored": _scored(STRENGTH),
    "scored, a tenth of the strength": _scored(STRENGTH / 10),
    "scored, ten times the strength": _scored(STRENGTH * 10),
    "scored, linear map": _linear_map,
    "unscored": _unscored(1.0),
    "unscored, a quarter of the way": _unscored(0.25),
}
