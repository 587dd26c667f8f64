"""Epochs: thirty seconds of filtered signal, and what was made of them."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from monitor.domain.quality import UNUSABLE, ChannelQuality
from monitor.domain.stage import EPOCH_S, Stage

PHASE_S = 5
"""Step in seconds from one window of thirty to the next, live."""

PHASES = EPOCH_S // PHASE_S
"""Windows that begin within one epoch."""


@dataclass(frozen=True, slots=True, eq=False)
class Epoch:
    """Thirty seconds of filtered signal.

    Parameters
    ----------
    index : int
        Number since the session's start.
    data : ndarray of float32, shape (n_channels, n_samples)
        Filtered signal in µV; NaN in every second that may not be used, and in rows that are never
        staged.
    artefacts : ndarray of uint16, shape (n_seconds, n_channels)
        `Artefact` flags of every second.
    phase : int
        0 for the epochs that are scored; window p of `PHASES` begins p times `PHASE_S` later.
    """

    index: int
    data: NDArray[np.float32]
    artefacts: NDArray[np.uint16]
    phase: int = 0

    @property
    def onset_s(self) -> int:
        """Seconds from the session's start to its first sample."""
        return self.index * EPOCH_S + self.phase * PHASE_S

    @property
    def end_s(self) -> int:
        """Seconds from the session's start to its end."""
        return self.onset_s + EPOCH_S

    @property
    def usable(self) -> NDArray[np.float64]:
        """Share of usable seconds of each channel, shape (n_channels,), 0 to 1."""
        return np.asarray(((self.artefacts & int(UNUSABLE)) == 0).mean(axis=0))


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
        Score of the best EEG channel, 0 to 1.
    channels : tuple of ChannelQuality
        Of every channel, in the order of the montage.
    spectrum : tuple of float
        Power of the best EEG channel in bins of 1 Hz around 1 to 30 Hz, in dB re 1 µV²/Hz; empty
        when unscored and in sessions that are not live.
    """

    index: int
    onset_s: float
    stage: Stage
    proba: dict[str, float] = field(default_factory=dict)
    quality: float = 0.0
    channels: tuple[ChannelQuality, ...] = ()
    spectrum: tuple[float, ...] = ()

    @property
    def end_s(self) -> float:
        """Seconds from the session's start to the end of the epoch."""
        return self.onset_s + EPOCH_S
