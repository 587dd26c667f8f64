"""Boosted trees on the features the network sees: what a model without recurrence can do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from models.crops import EPOCHS_PER_BATCH, FULL, Batch, Variation, draw_batch, run_context
from models.data import KINDS, Night
from models.predict import side_by_side
from monitor.domain.montage import ChannelKind
from monitor.domain.stage import STAGES

VARIATION = replace(FULL, feature_noise=0.0)
"""Crops like the network's; trees cut features at thresholds and gain nothing from noise."""
ITERATIONS, LEAVES, LEARNING_RATE = 150, 31, 0.1
_EEG = [i for i, kind in enumerate(KINDS) if kind is ChannelKind.EEG]


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Two ensembles: for one channel alone, and for all in a row of which some may be missing.

    Parameters
    ----------
    single, several : HistGradientBoostingClassifier
        The ensembles.
    """

    single: HistGradientBoostingClassifier
    several: HistGradientBoostingClassifier

    def stage_all(
        self, recordings: Sequence[Night], columns: tuple[int, ...]
    ) -> list[NDArray[np.float64]]:
        """Stage recordings from some columns of the table; see `models.predict.StageAll`."""
        model = self.single if len(columns) == 1 else self.several
        return [_stage(model, night, columns) for night in recordings]


def fit_trees(
    nights: Sequence[Night], passes: int, seed: int, progress: Callable[[float], None]
) -> Trees:
    """Fit both ensembles on random crops, on one thread.

    Parameters
    ----------
    nights : sequence of Night
        To learn from.
    passes : int
        How often each epoch is drawn, on average.
    seed : int
        Of the crops and of the ensembles.
    progress : callable
        Told the share that is done, 0 to 1.
    """
    fitted = []
    for p_single in (1.0, 0.0):
        fitted.append(_fit(nights, passes, seed, replace(VARIATION, p_single=p_single)))
        progress(len(fitted) / 2)
    return Trees(*fitted)


def _fit(
    nights: Sequence[Night], passes: int, seed: int, variation: Variation
) -> HistGradientBoostingClassifier:
    rng = np.random.default_rng(seed)
    n_batches = max(1, passes * sum(len(night.labels) for night in nights) // EPOCHS_PER_BATCH)
    batches = (draw_batch(nights, rng, variation) for _ in range(n_batches))
    rows, labels = map(np.concatenate, zip(*map(_labelled, batches), strict=True))
    model = HistGradientBoostingClassifier(
        max_iter=ITERATIONS,
        max_leaf_nodes=LEAVES,
        learning_rate=LEARNING_RATE,
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(1):
        return model.fit(rows, labels)


def _labelled(batch: Batch) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Rows of the epochs that can be learnt from: a label, and an EEG channel to see it by."""
    seen = (batch.weight * (1 - batch.eog)).any(axis=-1)
    known = (batch.labels >= 0) & seen
    return _rows(batch.features, batch.weight)[known], batch.labels[known]


def _rows(features: NDArray[np.float32], usable: NDArray[np.float32]) -> NDArray[np.float32]:
    """Features of all channels in one row, those of unusable channels missing."""
    shown = np.where(usable[..., None] > 0, features, np.nan)
    return shown.reshape(*shown.shape[:-2], -1)


def _stage(
    model: HistGradientBoostingClassifier, night: Night, columns: tuple[int, ...]
) -> NDArray[np.float64]:
    """Probabilities of one recording; NaN where no EEG channel is usable."""
    width = columns if len(columns) == 1 else tuple(range(len(KINDS)))
    power = side_by_side([night], width)[:, 0]
    power[:, [i for i, column in enumerate(width) if column not in columns]] = np.nan
    features, usable = run_context(power)
    proba = np.zeros((len(power), len(STAGES)))
    with threadpool_limits(1):
        proba[:, model.classes_] = model.predict_proba(_rows(features, usable))
    eeg = [i for i, column in enumerate(width) if column in _EEG]
    proba[~usable[:, eeg].any(axis=1)] = np.nan
    return proba
