from pathlib import Path

import numpy as np
import pytest

from monitor.domain.epoch import Epoch
from monitor.signal.epocher import Epocher
from monitor.signal.features import BANDS_HZ, band_powers
from monitor.signal.filter import SosFilter
from monitor.signal.frames import Framer


def sine(freq: float, sfreq: float, amplitude: float = 10.0) -> Epoch:
    n = round(30 * sfreq)
    noise = np.random.default_rng(0).normal(0, 0.01, n)
    return Epoch(0, (amplitude * np.sin(2 * np.pi * freq * np.arange(n) / sfreq) + noise)[None])


@pytest.mark.parametrize("sfreq", [100.0, 102.4, 250.0])
@pytest.mark.parametrize("band", range(5))
def test_a_sine_lies_in_its_band_with_its_power_at_any_rate(band: int, sfreq: float) -> None:
    powers = band_powers(sine(np.mean(BANDS_HZ[band]), sfreq), sfreq)[0]
    assert powers.argmax() == band
    assert np.exp(powers[band]) == pytest.approx(10.0**2 / 2, rel=0.05)


def test_up_to_a_fifth_of_an_epoch_may_be_bad() -> None:
    epoch = sine(10.0, 100.0)
    epoch.data[0, 1_000:1_600] = np.nan
    whole = band_powers(sine(10.0, 100.0), 100.0)
    assert np.allclose(band_powers(epoch, 100.0)[0, 2], whole[0, 2], atol=0.05)
    epoch.data[0, 1_600] = np.nan
    assert np.isnan(band_powers(epoch, 100.0)).all()


def test_a_bad_channel_does_not_touch_its_neighbour() -> None:
    good = sine(10.0, 100.0).data
    both = Epoch(0, np.concatenate([good, np.full_like(good, np.nan)]))
    powers = band_powers(both, 100.0)
    assert powers[0].tobytes() == band_powers(Epoch(0, good), 100.0)[0].tobytes()
    assert np.isnan(powers[1]).all()


@pytest.mark.shared_data
def test_band_powers_agree_with_the_reference_table(shared_data: Path) -> None:
    with np.load(shared_data / "raw" / "sc4001_excerpt.npz") as file:
        signal, sfreq = file["x_uv"].astype(float)[None], float(file["sfreq"])
        reference, first = file["reference_log_power"], int(file["reference_first_epoch"])
    frames = Framer(1, sfreq).push(signal)
    clean = SosFilter(1, sfreq).push(frames, np.ones((frames.n_seconds, 1), dtype=bool))
    epochs = Epocher().push(clean)[first : first + len(reference)]
    ours = np.array([band_powers(epoch, sfreq)[0] for epoch in epochs])
    correlation = [np.corrcoef(ours[:, band], reference[:, band])[0, 1] for band in range(5)]
    assert min(correlation) >= 0.99
