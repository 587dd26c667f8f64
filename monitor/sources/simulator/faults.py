"""What faults do to the signal of an epoch."""

import numpy as np
from numpy.typing import NDArray

from monitor.domain.montage import ChannelKind, Montage
from monitor.sources.simulator.settings import RAIL_UV

_QUIET_UV = 1.0
"""RMS of suppressed EEG in µV: it stays within the ±5 µV that define suppression."""
_BURST_GAIN = 1.5
_QUIET_S, _BURST_S = (4.0, 9.0), (0.8, 2.0)
"""Range of the lengths of suppressions and bursts; about four fifths are suppressed. A choice."""


def railed(signal: NDArray[np.float64], montage: Montage) -> NDArray[np.float64]:
    """Return an epoch whose first EEG channel, if there is one, stands at the rail."""
    spoilt = signal.copy()
    spoilt[montage.picks(ChannelKind.EEG)[:1], :] = RAIL_UV
    return spoilt


def suppressed(
    rng: np.random.Generator, signal: NDArray[np.float64], montage: Montage, sfreq: float
) -> NDArray[np.float64]:
    """Return an epoch in which the brain is silent but for short bursts; muscles are not heard."""
    spoilt, rows = signal.copy(), montage.picks(ChannelKind.EEG, ChannelKind.EOG)
    quiet = _QUIET_UV / signal[rows, :].std(axis=1, keepdims=True)
    bursting = _bursts(rng, signal.shape[1], sfreq)
    spoilt[rows, :] *= quiet + (_BURST_GAIN - quiet) * bursting
    return spoilt


def _bursts(rng: np.random.Generator, n_samples: int, sfreq: float) -> NDArray[np.float64]:
    """Return 1 in bursts and 0 in suppression, beginning suppressed, with smooth flanks."""
    gate, at = np.zeros(n_samples), 0
    while (at := at + round(rng.uniform(*_QUIET_S) * sfreq)) < n_samples:
        bell = np.sin(np.linspace(0, np.pi, round(rng.uniform(*_BURST_S) * sfreq))) ** 0.5
        gate[at : at + len(bell)] = bell[: n_samples - at]
        at += len(bell)
    return gate
