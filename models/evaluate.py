"""How well a model stages a table of nights: the same causal steps as live, many nights at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.data import KINDS, Night
from monitor.domain.montage import ChannelKind
from monitor.domain.stage import STAGES
from monitor.staging.bundle import ModelBundle
from monitor.staging.stager import StagerState, step_stager

SETUPS: Mapping[str, tuple[int, ...]] = {"fpz": (0,), "pz": (1,), "all": (0, 1, 2)}
"""Columns of the table that the stager may see."""
COLD_STARTS, COLD_EPOCHS, COLD_SEED = 4, 120, 0
"""Cold starts: crops a night, their length (one hour), and the seed of where they begin."""
RESAMPLES = 2_000
"""Bootstrap samples of subjects behind an interval."""
BINS = 15
"""Equal bins of confidence for the expected calibration error."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Scored epochs beside the truth; epochs without a label are left out.

    Parameters
    ----------
    proba : ndarray, shape (n_epochs, 5)
    labels : ndarray, shape (n_epochs,)
    subject : ndarray, shape (n_epochs,)
    """

    proba: NDArray[np.float64]
    labels: NDArray[np.int64]
    subject: NDArray[np.int64]

    @classmethod
    def join(cls, parts: Iterable["Scored"]) -> "Scored":
        """All epochs of several."""
        columns = zip(*((part.proba, part.labels, part.subject) for part in parts), strict=True)
        return cls(*map(np.concatenate, columns))

    def tempered(self, temperature: float) -> "Scored":
        """As if the logits had been divided by `temperature`."""
        power = np.maximum(self.proba, np.finfo(np.float32).tiny) ** (1 / temperature)
        return Scored(power / power.sum(axis=1, keepdims=True), self.labels, self.subject)


Predictions: TypeAlias = dict[str, Scored]
"""What a model said in each of `SETUPS` and in cold starts."""


def predict(
    bundle: ModelBundle, nights: Sequence[Night], progress: Callable[[float], None] = lambda _: None
) -> Predictions:
    """Stage every night in every set-up; `progress` is told the share that is done."""
    crops = [crop for night in nights for crop in _cold_starts(night)]
    rounds = {name: (nights, columns) for name, columns in SETUPS.items()}
    rounds["cold_start"] = (crops, SETUPS["fpz"])
    predictions = {}
    for name, (pieces, columns) in rounds.items():
        predictions[name] = _stage(bundle, pieces, columns)
        progress(len(predictions) / len(rounds))
    return predictions


def join_predictions(parts: Sequence[Predictions]) -> Predictions:
    """Predictions of several folds as one."""
    return {name: Scored.join(part[name] for part in parts) for name in parts[0]}


def _cold_starts(night: Night) -> list[Night]:
    """Pieces of a night that begin in mid-sleep."""
    rng = np.random.default_rng([COLD_SEED, night.subject, night.night])
    starts = rng.choice(np.flatnonzero(night.labels > 0), COLD_STARTS)
    pieces = [slice(start, start + COLD_EPOCHS) for start in starts.tolist()]
    return [
        Night(night.subject, night.night, night.log_power[piece], night.labels[piece])
        for piece in pieces
    ]


def _stage(bundle: ModelBundle, nights: Sequence[Night], columns: tuple[int, ...]) -> Scored:
    """Step through all nights side by side; a night that has ended has no usable channel."""
    n_epochs = max(len(night.labels) for night in nights)
    power = np.full((n_epochs, len(nights), len(columns), len(STAGES)), np.nan)
    for i, night in enumerate(nights):
        power[: len(night.labels), i] = night.log_power[:, columns]
    is_eog = np.tile([KINDS[i] is ChannelKind.EOG for i in columns], (len(nights), 1))
    state = StagerState.empty(bundle, len(nights), len(columns))
    rows = []
    for epoch in power:
        state, proba = step_stager(bundle, state, epoch, is_eog)
        rows.append(proba)
    staged = np.stack(rows, axis=1)
    return Scored.join(_scored(night, staged[i]) for i, night in enumerate(nights))


def _scored(night: Night, proba: NDArray[np.float32]) -> Scored:
    known = np.flatnonzero(night.labels >= 0)
    labels = night.labels[known].astype(np.int64)
    return Scored(proba[known].astype(np.float64), labels, np.full(len(known), night.subject))


def report(predictions: Predictions) -> dict[str, Any]:
    """Figures of every set-up, as JSON values.

    Returns
    -------
    dict
        ``fpz``, ``pz``, ``all`` and ``cold_start``, each with ``kappa``, ``interval`` (95 %,
        bootstrap over subjects), ``acc``, ``ece``, ``f1`` and ``recall``; and ``ece``, the worst of
        the first three.
    """
    figures: dict[str, Any] = {name: _figures(scored) for name, scored in predictions.items()}
    return figures | {"ece": max(figures[name]["ece"] for name in SETUPS)}


def _figures(scored: Scored) -> dict[str, Any]:
    subjects = np.unique(scored.subject)
    matrices = np.stack([_confusion(scored, scored.subject == who) for who in subjects])
    total = matrices.sum(axis=0)
    hits, truth, said = np.diag(total), total.sum(axis=1), total.sum(axis=0)
    return {
        "kappa": _round(kappa(total)),
        "interval": [_round(value) for value in kappa_interval(matrices)],
        "acc": _round(hits.sum() / total.sum()),
        "ece": _round(calibration_error(scored)),
        "f1": _per_stage(2 * hits / np.maximum(truth + said, 1)),
        "recall": _per_stage(hits / np.maximum(truth, 1)),
    }


def _confusion(scored: Scored, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return counts, shape (5, 5): true stages down, scored stages across."""
    n = len(STAGES)
    pairs = scored.labels[rows] * n + scored.proba[rows].argmax(axis=1)
    return np.bincount(pairs, minlength=n * n).reshape(n, n)


def kappa(confusion: NDArray[np.integer]) -> NDArray[np.float64]:
    """Cohen's κ of confusion matrices, shape (..., 5, 5)."""
    share = confusion / confusion.sum(axis=(-2, -1), keepdims=True)
    agreed = np.trace(share, axis1=-2, axis2=-1)
    chance = (share.sum(axis=-1) * share.sum(axis=-2)).sum(axis=-1)
    return np.asarray((agreed - chance) / (1 - chance))


def kappa_interval(matrices: NDArray[np.integer]) -> tuple[float, float]:
    """95 % interval of the pooled κ when the subjects, shape (n, 5, 5), are drawn anew."""
    drawn = np.random.default_rng(0).integers(len(matrices), size=(RESAMPLES, len(matrices)))
    weights = np.stack([np.bincount(row, minlength=len(matrices)) for row in drawn])
    low, high = np.quantile(kappa(np.tensordot(weights, matrices, axes=1)), [0.025, 0.975])
    return float(low), float(high)


def calibration_error(scored: Scored) -> float:
    """Return the mean distance of confidence and accuracy over `BINS` (ECE)."""
    confidence = scored.proba.max(axis=1)
    hit = scored.proba.argmax(axis=1) == scored.labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gap = np.bincount(bins, weights=confidence - hit, minlength=BINS)
    return float(np.abs(gap).sum() / len(hit))


def fit_temperature(predictions: Predictions) -> float:
    """Find the temperature of least negative log likelihood over `SETUPS`, to 0.01."""
    pooled = Scored.join(predictions[name] for name in SETUPS)
    candidates = np.round(np.arange(0.6, 2.0, 0.01), 2)
    return float(min(candidates, key=lambda t: _surprise(pooled.tempered(t))))


def _surprise(scored: Scored) -> float:
    return float(-np.log(scored.proba[np.arange(len(scored.labels)), scored.labels]).mean())


def _per_stage(values: NDArray[np.floating]) -> dict[str, float]:
    return {stage.value: _round(value) for stage, value in zip(STAGES, values, strict=True)}


def _round(value: float | np.floating | NDArray[np.floating]) -> float:
    return round(float(value), 4)
