from pathlib import Path

import numpy as np
import pytest
from scipy.signal import welch

from monitor.domain.epoch import Epoch
from monitor.domain.quality import Artefact
from monitor.signal.epocher import Epocher
from monitor.signal.features import BANDS_HZ, SPECTRUM_HZ, band_powers, density_of, spectrum
from monitor.signal.filter import SosFilter
from monitor.signal.frames import Framer, second_edges


def sine(freq: float, sfreq: float, amplitude: float = 10.0) -> Epoch:
    n = round(30 * sfreq)
    noise = np.random.default_rng(0).normal(0, 0.01, n)
    return epoch_of((amplitude * np.sin(2 * np.pi * freq * np.arange(n) / sfreq) + noise)[None])


def epoch_of(data: np.ndarray) -> Epoch:
    """Make an epoch; seconds that hold NaN are missing."""
    edges = second_edges(0, 30, data.shape[1] / 30)
    missing = np.isnan(np.add.reduceat(data, edges[:-1], axis=1)).T
    return Epoch(0, data.astype(np.float32), np.uint16(Artefact.MISSING) * missing)


@pytest.mark.parametrize("sfreq", [100.0, 102.4, 250.0])
@pytest.mark.parametrize("band", range(5))
def test_a_sine_lies_in_its_band_with_its_power_at_any_rate(band: int, sfreq: float) -> None:
    powers = band_powers(sine(np.mean(BANDS_HZ[band]), sfreq), sfreq)[0]
    assert powers.argmax() == band
    assert np.exp(powers[band]) == pytest.approx(10.0**2 / 2, rel=0.05)


@pytest.mark.parametrize("sfreq", [100.0, 102.4, 250.0])
@pytest.mark.parametrize("freq", [1, 10, 29])
def test_a_spectrum_tells_the_mean_density_of_each_bin_in_decibels(freq: int, sfreq: float) -> None:
    told = spectrum(density_of(sine(freq, sfreq), sfreq)[0], sfreq)
    assert len(told) == len(SPECTRUM_HZ)
    assert SPECTRUM_HZ[np.argmax(told)] == freq
    assert told[freq - 1] == pytest.approx(10 * np.log10(10.0**2 / 2), abs=0.3)


def test_a_spectrum_agrees_with_welch() -> None:
    data = np.random.default_rng(3).normal(0, 20, 3_000)
    told = spectrum(density_of(epoch_of(data[None]), 100.0)[0], 100.0)
    freqs, density = welch(data, 100.0, "hamming", 400, average="median")
    bins = [(freqs >= hz - 0.5) & (freqs < hz + 0.5) for hz in SPECTRUM_HZ[:-1]]
    offset = told[:-1] - 10 * np.log10([density[inside].mean() for inside in bins])
    assert np.ptp(offset) <= 0.11, "but for the constant bias of a median"


def test_up_to_a_fifth_of_an_epoch_may_be_bad() -> None:
    whole, data = sine(10.0, 100.0), sine(10.0, 100.0).data
    data[0, 1_000:1_600] = np.nan
    powers = band_powers(epoch_of(data), 100.0)
    assert np.allclose(powers[0, 2], band_powers(whole, 100.0)[0, 2], atol=0.05)
    data[0, 1_600] = np.nan
    assert np.isnan(band_powers(epoch_of(data), 100.0)).all()


def test_a_bad_channel_does_not_touch_its_neighbour() -> None:
    good = sine(10.0, 100.0).data
    both = epoch_of(np.concatenate([good, np.full_like(good, np.nan)]))
    powers = band_powers(both, 100.0)
    assert powers[0].tobytes() == band_powers(epoch_of(good), 100.0)[0].tobytes()
    assert np.isnan(powers[1]).all()


def test_only_rows_that_are_picked_are_looked_at() -> None:
    epoch = epoch_of(np.random.default_rng(2).normal(0, 20, (3, 3_000)))
    powers = band_powers(epoch, 100.0, picks=(2,))
    assert powers[2].tobytes() == band_powers(epoch, 100.0)[2].tobytes()
    assert np.isnan(powers[:2]).all()


@pytest.mark.parametrize("sfreq", [100.0, 102.4, 256.0])
def test_the_spectrum_is_that_of_welch_with_a_median(sfreq: float) -> None:
    data = np.random.default_rng(1).normal(0, 20, (3, round(30 * sfreq))) + 50
    size = round(4 * sfreq)
    freqs, density = welch(data, sfreq, "hamming", size, average="median")
    bands = [(freqs >= low) & (freqs <= high) for low, high in BANDS_HZ]
    powers = [np.trapezoid(density[:, band], freqs[band], axis=1) for band in bands]
    offset = band_powers(epoch_of(data), sfreq) - np.log(powers).T
    assert np.ptp(offset) < 1e-4, "but for the constant bias of a median"


@pytest.mark.shared_data
def test_band_powers_agree_with_the_reference_table(shared_data: Path) -> None:
    with np.load(shared_data / "raw" / "sc4001_excerpt.npz") as file:
        signal, sfreq = file["x_uv"].astype(float)[None], float(file["sfreq"])
        reference, first = file["reference_log_power"], int(file["reference_first_epoch"])
    frames = Framer(1, sfreq).push(signal)
    epochs = Epocher().push(SosFilter(1, sfreq).push(frames))[first : first + len(reference)]
    ours = np.array([band_powers(epoch, sfreq)[0] for epoch in epochs])
    correlation = [np.corrcoef(ours[:, band], reference[:, band])[0, 1] for band in range(5)]
    assert min(correlation) >= 0.99
