"""Agreement and calibration: figures of what was said beside the truth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.predict import Staged
from monitor.domain.stage import STAGES

RESAMPLES = 2_000
"""Bootstrap samples of subjects behind an interval."""
BINS = 15
"""Equal bins of confidence for the reliability curve and the expected calibration error."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Epochs that have a label and were staged, of many recordings.

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
    def pool(cls, recordings: Iterable[Staged]) -> "Scored":
        """All such epochs of some recordings."""
        parts = [(s.proba, s.labels, np.full(len(s.labels), s.subject)) for s in recordings]
        nothing = (np.empty((0, len(STAGES))), np.empty(0, int), np.empty(0, int))
        proba, labels, subject = map(np.concatenate, zip(nothing, *parts, strict=True))
        known = (labels >= 0) & np.isfinite(proba).all(axis=1)
        return cls(proba[known], labels[known].astype(np.int64), subject[known].astype(np.int64))

    @property
    def hit(self) -> NDArray[np.bool_]:
        """Where the likeliest stage is the true one."""
        return np.asarray(self.proba.argmax(axis=1) == self.labels)


def agreement(recordings: Sequence[Staged]) -> dict[str, Any]:
    """Figures of one set-up, as JSON values.

    Returns
    -------
    dict
        ``kappa`` pooled over epochs and its ``interval`` (95 %, bootstrap over subjects), ``acc``,
        ``ece``, each None where it is not defined; ``f1``, ``precision`` and ``recall`` of each
        stage (0 where the stage is absent, as in scikit-learn); ``epochs`` of each stage;
        ``staged``, the share of labelled epochs that was staged; and ``confusion``, true stages
        down, staged across.
    """
    scored = Scored.pool(recordings)
    matrices = confusions(scored)
    total = matrices.sum(axis=0)
    hits, truth, said = np.diag(total), total.sum(axis=1), total.sum(axis=0)
    labelled = sum(int(np.count_nonzero(staged.labels >= 0)) for staged in recordings)
    return {
        "kappa": rounded(kappa(total)),
        "interval": _interval(matrices),
        "acc": rounded(scored.hit.mean()) if len(scored.hit) else None,
        "ece": rounded(calibration_error(scored)) if len(scored.hit) else None,
        "f1": _per_stage(2 * hits / np.maximum(truth + said, 1)),
        "precision": _per_stage(hits / np.maximum(said, 1)),
        "recall": _per_stage(hits / np.maximum(truth, 1)),
        "epochs": {str(stage): int(n) for stage, n in zip(STAGES, truth, strict=True)},
        "staged": rounded(len(scored.labels) / labelled) if labelled else None,
        "confusion": total.tolist(),
    }


def per_subject(recordings: Sequence[Staged]) -> dict[str, float | None]:
    """κ of each subject by number."""
    scored = Scored.pool(recordings)
    subjects = np.unique(scored.subject).tolist()
    values = kappa(confusions(scored))[: len(subjects)]
    return {str(who): rounded(value) for who, value in zip(subjects, values, strict=True)}


def reliability(scored: Scored) -> dict[str, list[float]]:
    """Reliability curve: mean ``confidence``, ``accuracy`` and ``count`` of bins that have any."""
    confidence = scored.proba.max(axis=1)
    bins = _bins(confidence)
    count = np.bincount(bins, minlength=BINS)
    some = count > 0
    curve = {
        name: np.bincount(bins, weights=values, minlength=BINS)[some] / count[some]
        for name, values in (("confidence", confidence), ("accuracy", scored.hit))
    }
    shown = {name: np.round(values, 4).tolist() for name, values in curve.items()}
    return shown | {"count": count[some].tolist()}


def calibration_error(scored: Scored) -> float:
    """Return the mean distance of confidence and accuracy over `BINS` (ECE)."""
    confidence = scored.proba.max(axis=1)
    gap = np.bincount(_bins(confidence), weights=confidence - scored.hit, minlength=BINS)
    return float(np.abs(gap).sum() / len(scored.hit))


def confusions(scored: Scored) -> NDArray[np.int64]:
    """Count each subject's epochs, shape (n_subjects, 5, 5): true stages down, staged across."""
    subjects, who = np.unique(scored.subject, return_inverse=True)
    n = len(STAGES)
    cells = (who * n + scored.labels) * n + scored.proba.argmax(axis=1)
    counts = np.bincount(cells, minlength=max(1, len(subjects)) * n * n)
    return counts.reshape(-1, n, n)


def kappa(confusion: NDArray[np.integer]) -> NDArray[np.float64]:
    """Cohen's κ of confusion matrices, shape (..., 5, 5); NaN where everything is one stage."""
    with np.errstate(invalid="ignore"):
        share = confusion / confusion.sum(axis=(-2, -1), keepdims=True)
        agreed = np.trace(share, axis1=-2, axis2=-1)
        chance = (share.sum(axis=-1) * share.sum(axis=-2)).sum(axis=-1)
        return np.asarray((agreed - chance) / (1 - chance))


def kappa_interval(matrices: NDArray[np.integer]) -> tuple[float, float]:
    """95 % interval of the pooled κ when the subjects, shape (n, 5, 5), are drawn anew."""
    drawn = np.random.default_rng(0).integers(len(matrices), size=(RESAMPLES, len(matrices)))
    weights = np.stack([np.bincount(row, minlength=len(matrices)) for row in drawn])
    values = kappa(np.tensordot(weights, matrices, axes=1))
    low, high = np.quantile(values[np.isfinite(values)], [0.025, 0.975])
    return float(low), float(high)


def rounded(value: float | np.floating | NDArray[np.floating]) -> float | None:
    """To four places; None where there is no value."""
    return round(float(value), 4) if np.isfinite(value) else None


def _interval(matrices: NDArray[np.integer]) -> list[float | None] | None:
    """Interval of κ, or None where one subject or one stage gives none."""
    if len(matrices) < 2 or not np.isfinite(kappa(matrices.sum(axis=0))):
        return None
    return [rounded(value) for value in kappa_interval(matrices)]


def _bins(confidence: NDArray[np.floating]) -> NDArray[np.intp]:
    return np.minimum((confidence * BINS).astype(int), BINS - 1)


def _per_stage(values: NDArray[np.floating]) -> dict[str, float | None]:
    return {str(stage): rounded(value) for stage, value in zip(STAGES, values, strict=True)}
