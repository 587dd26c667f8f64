"""From a window of signal to its stage: quality, features, model."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.domain.epoch import PHASES, Epoch, ScoredEpoch
from monitor.domain.montage import STAGED, ChannelKind, Montage
from monitor.domain.stage import STAGES, Stage
from monitor.signal.features import bands_of, density_of, spectrum
from monitor.signal.quality import assess_quality
from monitor.staging.bundle import ModelBundle
from monitor.staging.calibration import Calibration
from monitor.staging.stager import Stager


class Scorer:
    """Scores the windows of one dreamer.

    Parameters
    ----------
    bundle : ModelBundle
        The model.
    montage : Montage
        The rows of the signal.
    sfreq : float
        Sampling rate in Hz.
    calibration : Calibration or None
        Of the wearer, where there is one.
    spectra : bool
        Whether to tell the spectrum of each scored epoch too.
    """

    def __init__(
        self,
        bundle: ModelBundle,
        montage: Montage,
        sfreq: float,
        calibration: Calibration | None = None,
        spectra: bool = False,
    ) -> None:
        self._sfreq = sfreq
        self._spectra = spectra
        self._eeg = montage.picks(ChannelKind.EEG)
        self._staged = montage.picks(*STAGED)
        self._stager = Stager(bundle, montage.kinds, PHASES, calibration)

    def push(self, windows: Sequence[Epoch]) -> list[ScoredEpoch]:
        """Score some windows; those of each phase come in order.

        A channel weighs as much as its quality; with no usable EEG channel there is no stage.
        """
        # All signal first: the model's weights then stay in the processor's cache between its steps
        density = [density_of(window, self._sfreq, self._staged) for window in windows]
        return [self._score(*pair) for pair in zip(windows, density, strict=True)]

    def _score(self, window: Epoch, density: NDArray[np.float32]) -> ScoredEpoch:
        channels = assess_quality(window)
        weight = np.array([channel.score for channel in channels])
        proba = self._stager.push(bands_of(density, self._sfreq), weight, window.phase)
        quality = max(channels[i].score for i in self._eeg)
        stage, table = _name(proba)
        onset_s = float(window.onset_s)
        shown = self._spectra and window.phase == 0 and proba is not None
        seen = self._spectrum(density, weight) if shown else ()
        return ScoredEpoch(window.index, onset_s, stage, table, quality, channels, seen)

    def _spectrum(
        self, density: NDArray[np.float32], weight: NDArray[np.float64]
    ) -> tuple[float, ...]:
        """Return the spectrum of the best EEG channel; a stage needs one that is usable."""
        usable = [i for i in self._eeg if not np.isnan(density[i, 0])]
        return spectrum(density[max(usable, key=weight.__getitem__)], self._sfreq)

    def snapshot(self) -> dict[str, Any]:
        """Everything the next push depends on."""
        return self._stager.snapshot()

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Go on from a snapshot.

        Raises
        ------
        SnapshotError
            When the snapshot is of other channels or another model.
        """
        self._stager.restore(snapshot)


def _name(proba: NDArray[np.float64] | None) -> tuple[Stage, dict[str, float]]:
    """Name the likeliest stage; without probabilities there is none."""
    if proba is None:
        return Stage.UNSCORED, {}
    table = {str(stage): float(p) for stage, p in zip(STAGES, proba, strict=True)}
    return STAGES[int(np.argmax(proba))], table
