"""The impedance of a Cyton's electrodes, from the voltage that a known current takes.

The board sends an alternating current through the electrode of one channel; what that channel then
shows at the current's frequency is Ohm's law. Current, frequency and series resistor are those of
the Cyton, the formula that of the OpenBCI GUI.
"""

import numpy as np
from numpy.typing import NDArray

DRIVE_A = 6e-9
"""Amplitude of the current, A."""

DRIVE_HZ = 31.25
"""Frequency of the current: an eighth of the converter's 250 samples a second."""

SERIES_OHM = 2200.0
"""Resistor of the board in series with each electrode."""

SETTLE_S, MEASURE_S = 1.0, 2.0
"""How long the amplifier settles after switching, and is then listened to [own choice]."""

_CHANNELS = "12345678QWERTYUI"


def drive_command(channel: int, *, on: bool) -> str:
    """Return what has a Cyton drive the N input of a channel, counted from 0, or no longer."""
    return f"z{_CHANNELS[channel]}0{int(on)}Z"


def impedance_kohm(signal: NDArray[np.float64], sfreq: float) -> float:
    """Return the impedance in kΩ from a driven channel's signal.

    Parameters
    ----------
    signal : ndarray, shape (n_samples,)
        In µV.
    sfreq : float
        Sampling rate in Hz.

    Returns
    -------
    float
        Not below 0; NaN without signal.
    """
    if not signal.size:
        return float("nan")
    window = np.hanning(signal.size)
    phases = np.exp(-2j * np.pi * DRIVE_HZ / sfreq * np.arange(signal.size))
    volts = 1e-6 * 2 * abs(np.sum(window * (signal - signal.mean()) * phases)) / window.sum()
    return max(0.0, float(volts / DRIVE_A - SERIES_OHM)) / 1000
