"""The ongoing signal of a block: coloured noise whose band powers are given.

Within the bands the spectrum keeps the form of its stage: a power law with the stage's rhythm on
top (alpha awake, theta in N1 and REM, slow oscillation in N2 and N3), filtered as an amplifier
does. Narrow-band noise waxes and wanes by itself, as these rhythms do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BANDS = ((0.5, 4.0), (4.0, 8.0), (8.0, 12.0), (12.0, 16.0), (16.0, 30.0))
"""Bands in Hz in which powers are given."""
N_DERIVATIONS = 3
"""Rows that follow band powers: frontal EEG, occipital EEG, EOG."""

_HIGH_PASS_HZ = 0.3
"""Lower limit of EEG recordings in the AASM manual."""
_EMG_HZ = 10.0
_EMG_RMS = (12.0, 5.0, 3.5, 3.0, 1.5)
"""Chin tone in µV by stage, highest awake and lowest in REM (AASM manual); sizes are a choice."""

# Part of each row's noise shared with the rows before it: neighbouring derivations see the same
# generators, and the EOG sees the frontal lobe. A choice.
_MIX = np.linalg.cholesky(np.array([[1.0, 0.4, 0.5], [0.4, 1.0, 0.2], [0.5, 0.2, 1.0]]))


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A stage's spectrum: falls as f to the minus `slope`; one peak over that.

    Heights are multiples of the power law at the peak, frontal and occipital; the form, not the
    power, follows from them.
    """

    slope: float
    peak_hz: float
    width_hz: float
    height: tuple[float, float]


_RHYTHMS = (
    Rhythm(1.3, 10.0, 0.8, (2.0, 6.0)),
    Rhythm(1.6, 5.5, 1.0, (1.0, 0.6)),
    Rhythm(1.8, 0.8, 0.3, (0.8, 0.6)),
    Rhythm(1.8, 0.8, 0.2, (4.0, 3.0)),
    Rhythm(1.7, 6.0, 1.2, (0.6, 0.4)),
)


class Background:
    """Coloured noise for blocks of one length.

    Parameters
    ----------
    sfreq : float
        Sampling rate in Hz.
    n_samples : int
        Length of a block.
    """

    def __init__(self, sfreq: float, n_samples: int) -> None:
        self._n_samples = n_samples
        freqs = np.asarray(np.fft.rfftfreq(n_samples, 1 / sfreq), dtype=np.float64)
        self._in_band = np.array([(freqs >= low) & (freqs < high) for low, high in BANDS], float).T
        self._hats = _hats(freqs)
        self._shapes = [_shape(rhythm, freqs) for rhythm in _RHYTHMS]
        emg = freqs**4 / (freqs**4 + _EMG_HZ**4)
        self._emg = emg / emg.sum()

    def band_powers(self, signal: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the power in µV² of each row in each band, shape (n_rows, 5)."""
        power = 2 * np.abs(np.fft.rfft(signal)) ** 2 / self._n_samples**2
        return np.asarray(power @ self._in_band)

    def noise(
        self, rng: np.random.Generator, stage: int, powers: NDArray[np.float64], tone: float
    ) -> NDArray[np.float64]:
        """Draw one block.

        Parameters
        ----------
        rng : numpy.random.Generator
            Where chance comes from.
        stage : int
            Position in `STAGES`; decides the form within the bands, and the chin's tone.
        powers : ndarray, shape (3, 5)
            Power in µV² of each derivation in each band.
        tone : float
            Factor on the chin's tone.

        Returns
        -------
        ndarray, shape (4, n_samples)
            µV: the three derivations and the chin EMG.
        """
        spectrum = np.empty((N_DERIVATIONS + 1, len(self._emg)))
        spectrum[:-1] = self._fitted(self._shapes[stage], powers)
        spectrum[-1] = self._emg * (_EMG_RMS[stage] * tone) ** 2
        draws = rng.standard_normal((2, *spectrum.shape))
        draws[:, :-1] = _MIX @ draws[:, :-1]
        waves = np.sqrt(spectrum) * (draws[0] + 1j * draws[1]) * (self._n_samples / 2)
        return np.fft.irfft(waves, self._n_samples)

    def _fitted(
        self, shape: NDArray[np.float64], powers: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Bend a spectrum smoothly until its band powers are the wanted ones."""
        for _ in range(3):
            gains = np.log(powers / (shape @ self._in_band))
            shape = shape * np.exp(gains @ self._hats)
        return shape


def _hats(freqs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weight of each band's gain at each frequency: triangles over the logarithm of frequency."""
    centres = np.log([np.sqrt(low * high) for low, high in BANDS])
    octave = np.log(np.maximum(freqs, freqs[1]))
    return np.array([np.interp(octave, centres, row) for row in np.eye(len(BANDS))])


def _shape(rhythm: Rhythm, freqs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the spectral form of one stage in each derivation, shape (3, n_freqs)."""
    law = np.maximum(freqs, freqs[1]) ** -rhythm.slope
    bump = rhythm.peak_hz**-rhythm.slope * np.exp(
        -0.5 * ((freqs - rhythm.peak_hz) / rhythm.width_hz) ** 2
    )
    high_pass = freqs**4 / (freqs**4 + _HIGH_PASS_HZ**4)
    heights = np.array([*rhythm.height, rhythm.height[0] / 2])
    return np.asarray((law + heights[:, None] * bump) * high_pass)
