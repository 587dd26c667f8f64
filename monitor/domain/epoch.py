"""Epochs: thirty seconds of filtered signal, and what was made of them."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from monitor.domain.stage import EPOCH_S, Stage


@dataclass(frozen=True, slots=True, eq=False)
class Epoch:
    """Thirty seconds of filtered signal.

    Parameters
    ----------
    index : int
        Number since the session's start; epoch k covers seconds 30 k to 30 (k + 1).
    data : ndarray, shape (n_channels, n_samples)
        Filtered signal in µV; NaN wherever it may not be used.
    """

    index: int
    data: NDArray[np.float64]

    @property
    def usable(self) -> NDArray[np.float64]:
        """Share of usable samples of each channel, shape (n_channels,), 0 to 1."""
        return np.asarray(np.isfinite(self.data).mean(axis=1))


@dataclass(frozen=True, slots=True)
class ScoredEpoch:
    """The stage of one epoch.

    Parameters
    ----------
    index : int
        Number since the session's start.
    onset_s : float
        Seconds since the session's start.
    stage : Stage
        ``UNSCORED`` where the signal did not allow a stage.
    proba : dict of str to float
        Probability of W, N1, N2, N3, R; empty when unscored.
    quality : float
        Share of usable signal in the best EEG channel, 0 to 1.
    """

    index: int
    onset_s: float
    stage: Stage
    proba: dict[str, float] = field(default_factory=dict)
    quality: float = 0.0

    @property
    def end_s(self) -> float:
        """Seconds from the session's start to the end of the epoch."""
        return self.onset_s + EPOCH_S
