"""Planted artefacts of every kind are found; clean signal and real recordings pass."""

from collections.abc import Callable
from functools import cache, reduce
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import butter, resample, sosfilt

from monitor.domain.contact import Contact
from monitor.domain.inputs import Chunk
from monitor.domain.montage import Channel, ChannelKind, Montage
from monitor.domain.quality import UNUSABLE, Artefact
from monitor.signal.artefacts import (
    FLAT_UV,
    OPEN_FOUND_S,
    OPEN_MEMORY_S,
    ArtefactDetector,
    is_usable,
)
from monitor.signal.contact import contact_of
from monitor.signal.features import MIN_USABLE
from monitor.signal.frames import Framer, Frames, second_edges
from monitor.sources.edf import open_edf
from monitor.sources.simulator import open_simulator

RAIL_UV = 1_000.0
EEG = Montage((Channel("C3-M2", ChannelKind.EEG),))
RATES = (80.0, 82.4, 100.0, 250.0, 2_048.0)
BURST_S = 2
"""Length of the bursts of muscle, one every ten seconds."""


def judged(signal: np.ndarray, sfreq: float, montage: Montage = EEG) -> np.ndarray:
    """Judge a recording; flags of shape (n_seconds, n_channels)."""
    frames = Framer(len(signal), sfreq).push(signal)
    return ArtefactDetector(montage).push(frames).artefacts


def share(artefacts: np.ndarray, artefact: Artefact) -> float:
    return float(((artefacts & int(artefact)) != 0).mean())


def simulated(params: dict[str, str]) -> np.ndarray:
    source, pieces = open_simulator(params), []
    while (items := source.read()) is not None:
        pieces += [item.data for item in items if isinstance(item, Chunk)]
    return np.concatenate(pieces, axis=1)


@cache
def asleep(sfreq: float) -> np.ndarray:
    """Three minutes of simulated EEG asleep, one channel."""
    params = {"scenario": "cold-start", "hours": "0.1", "sfreq": "500", "seed": "5"}
    signal = simulated({**params, "channels": "Fpz-Cz"})[:, : 180 * 500]
    return np.asarray(resample(signal, round(180 * sfreq), axis=1))


def times(eeg: np.ndarray, sfreq: float) -> np.ndarray:
    return np.arange(eeg.shape[1]) / sfreq


def noise(eeg: np.ndarray) -> np.ndarray:
    return np.random.default_rng(9).normal(size=eeg.shape)


def with_mains(freq: float) -> Callable[[np.ndarray, float], np.ndarray]:
    return lambda eeg, sfreq: eeg + 80 * np.sin(2 * np.pi * freq * times(eeg, sfreq))


def with_muscle(eeg: np.ndarray, sfreq: float) -> np.ndarray:
    band = butter(4, (20, min(100, 0.48 * sfreq)), "bandpass", fs=sfreq, output="sos")
    in_burst = times(eeg, sfreq) % 10 < BURST_S
    return eeg + 10 * np.sqrt(sfreq / 2) * sosfilt(band, noise(eeg)) * in_burst


def with_movement(eeg: np.ndarray, sfreq: float) -> np.ndarray:
    return eeg + 300 * np.sin(2 * np.pi * 1.0 * times(eeg, sfreq))


def clipped(eeg: np.ndarray, _sfreq: float) -> np.ndarray:
    return np.clip(4 * eeg, -40, 40)


def open_input(eeg: np.ndarray, sfreq: float) -> np.ndarray:
    return 3 * noise(eeg) + (
        200 * np.sin(2 * np.pi * 50.2 * times(eeg, sfreq)) if sfreq > 101 else 0
    )


PLANTED = {
    Artefact.MISSING: lambda eeg, _: np.where(np.arange(eeg.shape[1]) % 70, eeg, np.nan),
    Artefact.FLAT: lambda eeg, _: 0.4 * FLAT_UV * np.tanh(eeg),
    Artefact.NOISE: lambda eeg, _: 1_000 * noise(eeg),
    Artefact.DISCONNECTED: open_input,
    Artefact.MOVEMENT: with_movement,
    Artefact.MUSCLE: with_muscle,
}


@pytest.mark.parametrize("sfreq", RATES)
@pytest.mark.parametrize("artefact", PLANTED, ids=lambda artefact: artefact.name)
def test_what_is_planted_is_found(artefact: Artefact, sfreq: float) -> None:
    spoilt = PLANTED[artefact](asleep(sfreq), sfreq)
    found = judged(spoilt, sfreq)
    if artefact is Artefact.MUSCLE:
        found = found.reshape(-1, 10)[:, :BURST_S]
    assert share(found, artefact) >= 0.95
    assert share(found, UNUSABLE) == (share(found, artefact) if artefact & UNUSABLE else 0.0)


@pytest.mark.parametrize(
    ("freq", "sfreq"), [(50, 128.0), (60, 128.0), (49.8, 250.0), (60.2, 512.0)]
)
def test_either_mains_is_found_and_not_taken_for_muscle(freq: float, sfreq: float) -> None:
    found = judged(with_mains(freq)(asleep(sfreq), sfreq), sfreq)
    assert share(found, Artefact.MAINS) >= 0.95
    assert share(found, ~Artefact.MAINS) <= 0.05


@pytest.mark.parametrize("sfreq", RATES)
def test_clipping_is_found_where_it_is(sfreq: float) -> None:
    spoilt, edges = clipped(asleep(sfreq), sfreq), second_edges(0, 180, sfreq)
    at_rail = [np.add.reduceat((spoilt[0] == rail).astype(int), edges[:-1]) for rail in (-40, 40)]
    truth = np.max(at_rail, axis=0) / np.diff(edges)
    found = (judged(spoilt, sfreq)[:, 0] & Artefact.CLIPPED) != 0
    assert np.count_nonzero(truth >= 0.1) >= 60
    assert found[truth >= 0.1].mean() >= 0.9
    assert not found[truth == 0].any()


@pytest.mark.parametrize("sfreq", RATES)
def test_clean_sleep_is_left_alone_at_any_rate_offset_and_gain(sfreq: float) -> None:
    for signal in (asleep(sfreq), asleep(sfreq) - 150_000, asleep(sfreq) / 100):
        assert share(judged(signal, sfreq), reduce(int.__or__, Artefact)) <= 0.02


def test_a_rail_is_known_where_the_amplifier_is() -> None:
    montage = Montage((Channel("C3-M2", ChannelKind.EEG, RAIL_UV),))
    assert share(judged(asleep(100.0) + 0.95 * RAIL_UV, 100.0, montage), Artefact.RAILED) == 1
    assert share(judged(asleep(100.0) + 0.5 * RAIL_UV, 100.0, montage), Artefact.RAILED) == 0


def test_coarse_steps_of_a_converter_are_no_clipping() -> None:
    step = 10.0
    assert share(judged(np.round(asleep(250.0) / step) * step, 250.0), Artefact.CLIPPED) == 0


def test_what_is_a_channels_nature_is_not_held_against_it() -> None:
    chin, eye = (Montage((Channel("x", kind),)) for kind in (ChannelKind.EMG, ChannelKind.EOG))
    muscle, sway = (f(asleep(250.0), 250.0) for f in (with_muscle, with_movement))
    assert share(judged(muscle, 250.0, chin), Artefact.MUSCLE) == 0
    assert share(judged(20 * noise(muscle), 250.0, chin), Artefact.DISCONNECTED) == 0
    assert share(judged(sway, 250.0, eye), Artefact.MOVEMENT) == 0


def test_a_burst_of_muscle_is_no_open_input() -> None:
    signal = asleep(250.0).copy()
    burst = slice(60 * 250, 66 * 250)
    signal[:, burst] += with_muscle(40 * noise(signal), 250.0)[:, burst]
    assert share(judged(signal, 250.0), UNUSABLE) == 0


def test_an_electrode_that_touches_again_is_good_again_within_seconds() -> None:
    signal = asleep(250.0).copy()
    signal[:, : 90 * 250] = open_input(signal, 250.0)[:, : 90 * 250]
    found = judged(signal, 250.0)
    assert not usable_epochs(found)[:3].any()
    assert is_usable(found)[91:].all()


def white(uv: float, seed: int) -> np.ndarray:
    """Three minutes at 250 Hz of what an open input's amplifier gives."""
    return uv * np.random.default_rng(seed).normal(size=(1, 180 * 250))


@pytest.mark.parametrize("uv", [0.5, 5.0, 50.0])
@pytest.mark.parametrize("seed", range(5))
def test_an_input_open_from_the_start_gives_no_usable_epoch(uv: float, seed: int) -> None:
    montage = Montage.from_names(["C3-M2", "E1-M2"])
    both = np.concatenate([white(uv, seed), white(uv, seed + 100)])
    assert not usable_epochs(judged(both, 250.0, montage)).any()


@pytest.mark.parametrize("uv", [0.5, 5.0, 50.0])
@pytest.mark.parametrize("seed", range(5))
def test_an_electrode_that_falls_off_is_soon_found(uv: float, seed: int) -> None:
    signal, fall = asleep(250.0).copy(), 90
    signal[:, fall * 250 :] = white(uv, seed)[:, fall * 250 :]
    usable = is_usable(judged(signal, 250.0)[:, 0])
    assert usable[:fall].all()
    assert not usable[fall : fall + OPEN_MEMORY_S + 5].all()
    assert usable[fall + 15 :].mean() <= 0.1


def test_of_64_open_inputs_all_but_one_are_found_for_good_in_time() -> None:
    """For good: for as long as an alarm waits."""
    n, fall, delay_s = 64, 60, 10
    signal = np.tile(asleep(100.0), (n, 1))
    rng = np.random.default_rng(7)
    signal[:, fall * 100 :] = 5 * rng.normal(size=(n, signal.shape[1] - fall * 100))
    found = judged(signal, 100.0, Montage.from_names([f"C{i}" for i in range(n)]))
    is_open = (found[fall:] & Artefact.DISCONNECTED) != 0
    lasting = np.lib.stride_tricks.sliding_window_view(is_open, delay_s, axis=0).all(axis=2)
    begins = np.where(lasting.any(axis=0), lasting.argmax(axis=0), np.inf)
    assert np.median(begins) <= OPEN_MEMORY_S
    assert np.sort(begins)[-2] <= OPEN_FOUND_S


def test_a_cytons_filter_and_folded_harmonics_do_not_hide_an_open_input() -> None:
    """Its converter averages thrice; at 125 Hz, 100 Hz folds back to 25."""
    spectrum = np.fft.rfft(white(0.5, 2))
    droop = np.sinc(np.fft.rfftfreq(180 * 250)) ** 3
    assert not usable_epochs(judged(np.fft.irfft(spectrum * droop), 250.0)).any()
    signal = white(0.5, 3)[:, : 180 * 125]
    at = times(signal, 125.0)
    signal += 5 * np.sin(2 * np.pi * 100.06 * at)
    assert not usable_epochs(judged(signal, 125.0)).any()


@pytest.mark.parametrize("scenario", ["normal", "cold-start"])
@pytest.mark.parametrize("seed", range(1, 4))
def test_nothing_in_a_night_is_taken_for_an_open_input(scenario: str, seed: int) -> None:
    """Seconds may be: wake with muscle is rather even. Not for as long as an alarm waits."""
    names = "Fpz-Cz,Pz-Oz,E1-E2"
    params = {"scenario": scenario, "hours": "3", "sfreq": "100", "seed": str(seed)}
    found = judged(
        simulated({**params, "channels": names}), 100.0, Montage.from_names(names.split(","))
    )
    is_open = (found & Artefact.DISCONNECTED) != 0
    assert is_open.mean() <= 1e-3
    assert not np.lib.stride_tricks.sliding_window_view(is_open, 10, axis=0).all(axis=2).any()


@pytest.mark.parametrize("drift_uv", [0.0, 3.0, 10.0, 30.0])
@pytest.mark.parametrize("uv", [0.1, 0.3, 1.0, 3.0])
def test_neither_drift_nor_mains_hide_an_open_input(drift_uv: float, uv: float) -> None:
    signal = white(uv, 1)
    at = times(signal, 250.0)
    signal += drift_uv * np.sin(2 * np.pi * 0.2 * at) + 100 * np.sin(2 * np.pi * 50.02 * at)
    assert not usable_epochs(judged(signal, 250.0)).any()


def test_a_jump_between_two_seconds_is_seen_in_the_second() -> None:
    signal = asleep(250.0).copy()
    signal[:, 100 * 250 :] += 1e6
    assert np.flatnonzero(judged(signal, 250.0)) == [100]
    signal[:, 100 * 250 - 1] = np.nan
    missing, after = judged(signal, 250.0)[99:101, 0]
    assert (missing, after) == (Artefact.MISSING, 0), "nothing to jump from"


@given(
    cuts=st.lists(st.integers(1, 30_000), max_size=12),
    stop=st.integers(0, 12),
    sfreq=st.sampled_from([100.0, 102.4, 250.0]),
)
def test_the_flags_do_not_depend_on_the_chunks_nor_on_a_restart(
    cuts: list[int], stop: int, sfreq: float
) -> None:
    montage = Montage.from_names(["C3-M2", "Chin", "E1-M2"])
    eeg = asleep(250.0)[:, :30_000]
    signal = np.concatenate([open_input(eeg, sfreq), clipped(eeg, sfreq), noise(eeg)])
    signal[1, 7_000:7_100] = np.inf
    signal[2, 12_500:] += 1e5
    framer, detector = Framer(3, sfreq), ArtefactDetector(montage)
    pieces: list[Frames] = []
    for i, piece in enumerate(np.split(signal, sorted(cuts), axis=1)):
        if i == stop:
            saved, detector = detector.snapshot(), ArtefactDetector(montage)
            detector.restore(saved)
        pieces.append(detector.push(framer.push(piece)))
    joined = np.concatenate([piece.artefacts for piece in pieces])
    assert joined.tobytes() == judged(signal, sfreq, montage).tobytes()


@pytest.mark.parametrize(
    ("artefacts", "contact"),
    [
        (0, Contact.GOOD),
        (Artefact.MUSCLE | Artefact.MAINS, Contact.GOOD),
        (Artefact.SETTLING, Contact.GOOD),
        (Artefact.MISSING, Contact.MISSING),
        (Artefact.RAILED, Contact.RAILED),
        (Artefact.FLAT, Contact.FLAT),
        (Artefact.NOISE, Contact.NOISE),
        (Artefact.DISCONNECTED, Contact.DISCONNECTED),
    ],
)
def test_contact_follows_from_the_artefacts(artefacts: int, contact: Contact) -> None:
    assert contact_of(np.array([[artefacts]], dtype=np.uint16)).tolist() == [[contact]]


def usable_epochs(artefacts: np.ndarray) -> np.ndarray:
    """Tell which whole epochs have enough usable seconds, shape (n_epochs, n_channels)."""
    n_epochs = len(artefacts) // 30
    return (
        is_usable(artefacts[: 30 * n_epochs]).reshape(n_epochs, 30, -1).mean(axis=1) >= MIN_USABLE
    )


@pytest.mark.shared_data
@pytest.mark.parametrize("rail_uv", [None, 187_500.0])
def test_electrodes_on_nobody_give_no_usable_epoch(
    shared_data: Path, rail_uv: float | None
) -> None:
    (file,) = (shared_data / "openbci").glob("*.txt")
    signal = np.genfromtxt(file, delimiter=",", skip_header=6, usecols=range(1, 9)).T
    montage = Montage(tuple(Channel(f"C{i}", ChannelKind.EEG, rail_uv) for i in range(8)))
    again_and_again = judged(np.tile(signal, (1, 20)), 250.0, montage)
    assert not usable_epochs(again_and_again).any()
    assert share(again_and_again, UNUSABLE) >= 0.9


@pytest.mark.shared_data
def test_a_real_night_is_usable_and_little_of_it_spoilt(shared_data: Path) -> None:
    night = np.load(shared_data / "raw" / "sc4001_excerpt.npz")
    artefacts = judged(night["x_uv"][None].astype(float), float(night["sfreq"]))
    assert share(artefacts, UNUSABLE) == 0
    assert share(artefacts, ~UNUSABLE) <= 0.03
    assert share(judged(night["x_uv"][None] * 1e-2, 100.0), UNUSABLE) == 0


@pytest.mark.shared_data
def test_a_real_polysomnography_is_usable(shared_data: Path) -> None:
    source = open_edf(str(shared_data / "raw" / "short_psg.edf"), {}, chunk_s=300.0)
    (chunk,) = source.read() or []
    artefacts = judged(chunk.data, source.sfreq, source.montage)
    assert usable_epochs(artefacts).all()
    assert share(artefacts[:, :2], reduce(int.__or__, Artefact)) <= 0.06, "awake at lights-off"


@pytest.mark.shared_data
def test_another_laboratorys_uncalibrated_signal_is_usable(shared_data: Path) -> None:
    """Units of which EEG has 0.3 to 0.6; apnoea patients, with flat stretches after movements."""
    usable: dict[int, list[np.ndarray]] = {0: [], 3: []}
    for path in sorted((shared_data / "raw").glob("ucddb*_wake_n3.npz")):
        night = np.load(path)
        epochs = usable_epochs(judged(night["x"].reshape(1, -1).astype(float), 128.0))[:, 0]
        for stage, of_stage in usable.items():
            of_stage.append(epochs[night["stages"] == stage])
    assert np.concatenate(usable[3]).mean() >= 0.99
    assert np.concatenate([*usable[0], *usable[3]]).mean() >= 0.975
