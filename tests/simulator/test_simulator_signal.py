"""The signal of a simulated night: its spectra, its seams, and what goes wrong with it."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt, welch

from models import fit_spectra
from monitor.domain.inputs import Chunk
from monitor.domain.stage import STAGES
from monitor.sources.simulator import RAIL_UV, SimulatorSource, open_simulator
from monitor.sources.simulator.background import BANDS, Background

W, N1, N2, N3, R = range(5)
FRONTAL, OCCIPITAL, EOG, CHIN = range(4)
SFREQ = 100


def signal(source: SimulatorSource) -> NDArray[np.float64]:
    chunks = []
    while (inputs := source.read()) is not None:
        chunks += [item.data for item in inputs if isinstance(item, Chunk)]
    return np.concatenate(chunks, axis=1)


@cache
def night(seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Epochs in µV, (n_epochs, 4, n_samples), and their true stages."""
    source = open_simulator({"seed": str(seed), "sfreq": str(SFREQ)})
    epochs = signal(source).reshape(4, -1, 30 * SFREQ).transpose(1, 0, 2)
    return epochs, np.array([STAGES.index(stage) for stage in source.truth()])


def log_powers(epochs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The recipe of the table: ln of Welch's median power per band, shape (n_epochs, n_rows, 5)."""
    sos = butter(4, (0.5, 30), "bandpass", fs=SFREQ, output="sos")
    freqs, density = welch(
        sosfilt(sos, epochs), SFREQ, "hamming", nperseg=400, noverlap=200, average="median"
    )
    bands = [(freqs >= low) & (freqs <= high) for low, high in BANDS]
    powers = [np.trapezoid(density[..., band], freqs[band], axis=-1) for band in bands]
    return np.log(np.stack(powers, axis=-1))


@cache
def scored_powers(seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Log powers of the EEG and EOG, (n_epochs, 3, 5), and the true stages."""
    epochs, stages = night(seed)
    return log_powers(epochs[:, :CHIN]), stages


def relative(powers: NDArray[np.float64], stages: NDArray[np.int64]) -> NDArray[np.float64]:
    """Log powers relative to the level of N2."""
    return powers - powers[stages == N2].mean(axis=(0, 2))[:, None]


@pytest.mark.shared_data
def test_band_powers_of_each_stage_are_those_of_real_sleepers(shared_data: Path) -> None:
    with np.load(shared_data / "sleepedfx_sc_bandpower.npz") as table:
        stages = table["labels"].astype(np.int64)
        number = table["subject"].astype(np.int64) * 10 + table["night"]
        real = fit_spectra._relative(table["log_power"], stages, number).reshape(-1, 3, 5)
    values = np.concatenate([relative(*scored_powers(seed)) for seed in range(6)])
    code = np.concatenate([scored_powers(seed)[1] for seed in range(6)])
    for stage in range(5):
        ours, theirs = values[code == stage], real[stages == stage]
        assert np.abs(ours.mean(axis=0) - theirs.mean(axis=0)).max() < 0.7, STAGES[stage]
        ratio = ours.std(axis=0) / theirs.std(axis=0)
        assert 0.5 < ratio.min() <= ratio.max() < 1.7, (STAGES[stage], ratio)


def mean_powers(stage: int) -> NDArray[np.float64]:
    of_stage = [powers[stages == stage] for powers, stages in map(scored_powers, range(3))]
    return np.concatenate(of_stage).mean(axis=0)


def test_each_stage_has_the_waves_it_is_scored_by() -> None:
    delta, theta, alpha, sigma, beta = range(5)
    powers = {stage: mean_powers(stage) for stage in range(5)}
    assert powers[N3][FRONTAL, delta] > powers[N2][FRONTAL, delta] + 1
    assert powers[N2][FRONTAL, delta] > powers[N1][FRONTAL, delta]
    assert powers[N2][FRONTAL, sigma] > powers[R][FRONTAL, sigma] + 0.3
    assert powers[W][OCCIPITAL, alpha] > powers[N1][OCCIPITAL, alpha] + 0.3
    assert powers[W][FRONTAL, beta] > powers[N2][FRONTAL, beta] + 1
    awake = powers[W] - powers[W].mean(axis=1, keepdims=True)
    assert awake[OCCIPITAL, alpha] > awake[FRONTAL, alpha] + 0.3
    assert powers[R][EOG, delta] - powers[R][FRONTAL, delta] > (
        powers[N2][EOG, delta] - powers[N2][FRONTAL, delta] + 0.3
    )
    assert powers[N1][FRONTAL, theta] > powers[R][FRONTAL, theta] - 0.5


def test_muscle_tone_falls_from_wake_to_rem() -> None:
    tone = np.zeros(5)
    for stage in range(5):
        rms = [e[s == stage, CHIN].std(axis=-1) for e, s in map(night, range(3))]
        tone[stage] = np.median(np.concatenate(rms))
    assert (np.diff(tone) < 0).all(), tone


def test_there_is_no_seam_between_epochs() -> None:
    epochs, _ = night(1)
    steps = np.diff(epochs[:, OCCIPITAL].ravel())
    around = np.lib.stride_tricks.sliding_window_view(steps, SFREQ + 1)
    edges = np.arange(30 * SFREQ - 1, len(steps), 30 * SFREQ)
    usual = around[edges - SFREQ // 2].std(axis=1)
    ratio = np.abs(steps[edges]) / usual
    assert np.median(ratio) < 1
    assert ratio.max() < 5


def test_a_night_is_not_one_wave_repeated() -> None:
    epochs, _ = night(1)
    flat = epochs[:200, FRONTAL] / np.linalg.norm(epochs[:200, FRONTAL], axis=-1, keepdims=True)
    alike = np.abs(flat @ flat.T) - np.eye(200)
    assert alike.max() < 0.6


def test_background_has_the_powers_asked_for() -> None:
    background = Background(250, 8000)
    wanted = np.array([[300.0, 40, 20, 10, 8], [50, 20, 90, 8, 4], [400, 30, 5, 2, 0.5]])
    rng = np.random.default_rng(0)
    drawn = [background.noise(rng, W, wanted, 1.0)[:3] for _ in range(60)]
    powers = np.mean([background.band_powers(block) for block in drawn], axis=0)
    np.testing.assert_allclose(powers, wanted, rtol=0.15)


def suppression_ratio(row: NDArray[np.float64]) -> float:
    """Share of half-second steps of 63 s whose second stays within 5 µV of its linear fit."""
    seconds = np.lib.stride_tricks.sliding_window_view(row, SFREQ)[:: SFREQ // 2]
    t = np.arange(SFREQ) - (SFREQ - 1) / 2
    centred = seconds - seconds.mean(axis=1, keepdims=True)
    rest = centred - np.outer(centred @ t / (t @ t), t)
    return float((np.abs(rest).max(axis=1) < 5).mean())


@pytest.mark.parametrize("seed", range(3))
def test_suppressed_eeg_is_quiet_more_than_half_of_the_time(seed: int) -> None:
    params = {"scenario": "suppressed", "hours": "1", "planned_minutes": "40"}
    data = signal(open_simulator({**params, "seed": str(seed), "sfreq": str(SFREQ)}))
    before, after = np.split(data, [20 * 60 * SFREQ], axis=1)
    for row in (FRONTAL, OCCIPITAL):
        assert suppression_ratio(before[row]) < 0.05
        whole = after[row, : after.shape[1] // 6300 * 6300]
        assert min(map(suppression_ratio, whole.reshape(-1, 6300))) > 0.5
        assert np.ptp(after[row]) > 50


def test_electrode_off_rails_one_eeg_channel_and_comes_back() -> None:
    params = {"scenario": "electrode-off", "hours": "2", "sfreq": str(SFREQ), "seed": "1"}
    spoilt = signal(open_simulator(params))
    sound = signal(open_simulator({**params, "scenario": "normal"}))
    off = slice(60 * 60 * SFREQ, 80 * 60 * SFREQ)
    assert (spoilt[FRONTAL, off] == RAIL_UV).all()
    np.testing.assert_array_equal(np.delete(spoilt, FRONTAL, 0), np.delete(sound, FRONTAL, 0))
    np.testing.assert_array_equal(spoilt[:, off.stop :], sound[:, off.stop :])
    assert np.abs(sound).max() < RAIL_UV


@pytest.mark.parametrize("sfreq", [80, 100, 125, 250, 256, 1000])
def test_any_sampling_rate_gives_finite_microvolts(sfreq: int) -> None:
    source = open_simulator({"hours": "0.1", "sfreq": str(sfreq), "scenario": "cold-start"})
    data = signal(source)
    assert data.shape == (4, 360 * sfreq)
    assert np.isfinite(data).all()
    assert (np.abs(data).max(axis=1) < 1500).all()
    assert (data.std(axis=1) > 0.5).all()
