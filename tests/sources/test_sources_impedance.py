import numpy as np
import pytest

from monitor.sources.impedance import DRIVE_A, DRIVE_HZ, drive_command, impedance_kohm

SFREQ = 250.0


def driven(kohm, seconds=2.0, noise_uv=0.0, offset_uv=0.0):
    """Return what a Cyton's channel shows while its electrode is driven."""
    time = np.arange(round(seconds * SFREQ)) / SFREQ
    volts = DRIVE_A * (1000 * kohm + 2200)
    noise = np.random.default_rng(1).normal(scale=noise_uv or 1e-9, size=time.size)
    return offset_uv + 1e6 * volts * np.sin(2 * np.pi * DRIVE_HZ * time) + noise


@pytest.mark.parametrize("kohm", [5.0, 50.0, 750.0, 5000.0])
def test_the_impedance_is_ohms_law_less_the_series_resistor(kohm):
    assert impedance_kohm(driven(kohm, offset_uv=40_000.0), SFREQ) == pytest.approx(kohm, rel=0.01)


def test_eeg_beside_it_does_little():
    assert impedance_kohm(driven(100.0, noise_uv=20.0), SFREQ) == pytest.approx(100, rel=0.05)


def test_none_is_never_less_than_nothing():
    assert impedance_kohm(np.zeros(500), SFREQ) == 0.0
    assert np.isnan(impedance_kohm(np.empty(0), SFREQ))


def test_commands_are_those_of_the_cyton():
    assert drive_command(0, on=True) == "z101Z"
    assert drive_command(7, on=False) == "z800Z"
    assert drive_command(8, on=True) == "zQ01Z"
