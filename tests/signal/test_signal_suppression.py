"""Suppression and swing are what they are defined to be, and nothing that is not known counts."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.contact import Activity
from monitor.domain.inputs import Chunk
from monitor.domain.montage import Channel, ChannelKind, Montage
from monitor.signal.artefacts import ArtefactDetector
from monitor.signal.filter import SosFilter
from monitor.signal.frames import Framer, second_edges
from monitor.signal.suppression import KNOWN_SHARE, RENEW_S, SOUND_S, SuppressionMeter
from monitor.sources.edf import open_edf
from monitor.sources.simulator.source import open_simulator

RAIL_UV = 3276.7
SFREQ = 250.0
EEG = Montage((Channel("C3-M2", ChannelKind.EEG, RAIL_UV),))
TWO = Montage.from_names(["C3-M2", "C4-M1"], RAIL_UV)
ASLEEP_S = 180


class Path:
    """The part of the signal path that ends in the meter."""

    def __init__(self, montage: Montage, sfreq: float) -> None:
        n_channels = len(montage.channels)
        self.parts = (
            Framer(n_channels, sfreq),
            ArtefactDetector(montage),
            SosFilter(n_channels, sfreq),
            SuppressionMeter(montage, sfreq),
        )
        self.filtered: list[np.ndarray] = []

    def push(self, signal: np.ndarray) -> Activity:
        framer, detector, sos, meter = self.parts
        raw = detector.push(framer.push(signal))
        filtered = sos.push(raw)
        self.filtered.append(filtered.data)
        return meter.push(raw, filtered)


def measured(signal: np.ndarray, sfreq: float = SFREQ, montage: Montage = EEG) -> Activity:
    return Path(montage, sfreq).push(signal)


@cache
def asleep(sfreq: float = SFREQ) -> np.ndarray:
    """Return three minutes of simulated EEG asleep, one channel."""
    params = {"scenario": "cold-start", "hours": "0.1", "seed": "3", "channels": "Fpz-Cz"}
    source, pieces = open_simulator({**params, "sfreq": str(round(sfreq))}), []
    while (items := source.read()) is not None:
        pieces += [item.data for item in items if isinstance(item, Chunk)]
    return np.concatenate(pieces, axis=1)[:, : int(ASLEEP_S * sfreq)]


def then(quiet: np.ndarray, jump_uv: float = 0.0) -> np.ndarray:
    """Return three minutes asleep and then `quiet`, with a jump half a second into it."""
    quiet = quiet.copy()
    quiet[:, int(SFREQ / 2) :] += jump_uv
    return np.concatenate([asleep(), quiet], axis=1)


def noise(seconds: float, rms_uv: float = 1.0) -> np.ndarray:
    return np.random.default_rng(0).normal(0, rms_uv, (1, int(seconds * SFREQ)))


def off_line(second: np.ndarray) -> float:
    """Return how far a second gets from its linear fit."""
    t = np.arange(len(second))
    return float(np.abs(second - np.polyval(np.polyfit(t, second.astype(float), 1), t)).max())


def by_definition(raw: np.ndarray, filtered: np.ndarray, sfreq: float, end_s: int) -> float:
    """Suppression ratio of one row at the end of a second, as the specification words it.

    A second is quiet that is so before the filter or behind it.
    """
    edges = second_edges(0, end_s, sfreq)
    ends = np.sort(np.concatenate([edges[1:], (edges[:-1] + edges[1:]) // 2]))[-126:]
    begins = np.sort(np.concatenate([edges[:-1], (edges[:-1] + edges[1:]) // 2]))[-127:-1]
    known, quiet = 0, 0
    for begin, end in zip(begins, ends, strict=True):
        touched = filtered[edges[edges <= begin].max() : edges[edges >= end].min()]
        if np.isfinite(touched).all():
            second = slice(begin, begin + int(sfreq))
            known += 1
            quiet += min(off_line(signal[second]) for signal in (raw, filtered)) <= 5
    now = np.isfinite(filtered[edges[-2] : edges[-1]]).all()
    return quiet / known if now and known >= KNOWN_SHARE * 126 else float("nan")


@pytest.mark.parametrize("sfreq", [80.0, 82.4, 100.0, 250.0])
@pytest.mark.parametrize("lost_s", [0, 3, 20])
def test_the_ratio_is_what_it_is_defined_to_be(sfreq: float, lost_s: int) -> None:
    rng = np.random.default_rng(1)
    signal = np.repeat(rng.uniform(0.2, 4, 100), int(sfreq))[None]
    signal = signal * np.cumsum(rng.normal(size=signal.shape), axis=1) / 8
    signal[:, int(60 * sfreq) : int((60 + lost_s) * sfreq)] = np.nan
    path = Path(EEG, sfreq)
    activity = path.push(signal)
    (filtered,) = path.filtered
    expected = [by_definition(signal[0], filtered[0], sfreq, end_s) for end_s in (64, 70, 90, 98)]
    assert expected == pytest.approx(activity.suppression[[63, 69, 89, 97]], nan_ok=True)
    known = [value for value in expected if not np.isnan(value)]
    assert (known == []) == (lost_s == 20)
    assert lost_s == 20 or 0.05 < min(known) <= max(known) < 0.95


def troubled() -> np.ndarray:
    """Return sleep, silence, mains, a jump, missing samples and bursts, two channels."""
    parts = [asleep(), noise(40), asleep()[:, : int(20 * SFREQ)], noise(130, 0.8)]
    signal = np.concatenate(parts, axis=1)
    signal = np.vstack([signal, 0.05 * signal[:, ::-1]])
    t = np.arange(signal.shape[1]) / SFREQ
    signal[0, int(100 * SFREQ) :] += 30 * np.sin(2 * np.pi * 50 * t)[int(100 * SFREQ) :]
    signal[1, 40_100:40_200] = np.nan
    signal[:, 70_010:] += 700.0
    return signal


@given(
    cuts=st.lists(st.integers(0, 92_500), max_size=8),
    sfreq=st.sampled_from([250.0, 249.3]),
    restart=st.booleans(),
)
def test_any_chunking_and_any_restart_give_the_same(cuts, sfreq, restart) -> None:
    signal = troubled()
    whole = measured(signal, sfreq, TWO)
    path, pieces = Path(TWO, sfreq), []
    bounds = [0, *sorted(cuts), signal.shape[1]]
    for first, last in pairwise(bounds):
        pieces.append(path.push(signal[:, first:last]))
        if restart:
            saved = [part.snapshot() for part in path.parts]
            path = Path(TWO, sfreq)
            for part, snapshot in zip(path.parts, saved, strict=True):
                part.restore(snapshot)
    for name in ("suppression", "swing_uv"):
        joined = np.concatenate([getattr(piece, name) for piece in pieces])
        np.testing.assert_array_equal(joined, getattr(whole, name))
        assert 0.02 < np.isfinite(joined).mean() < 1


def test_the_median_swing_looks_back_five_minutes() -> None:
    t = np.arange(int(600 * SFREQ)) / SFREQ
    signal = np.where(t < 300, 20.0, 4.0)[None] * np.sin(2 * np.pi * 10 * t) + noise(600, 0.1)
    swing = measured(signal).swing_uv
    assert np.isnan(swing[: int(300 * KNOWN_SHARE)]).all()
    assert swing[299] == pytest.approx(40, abs=2)
    assert swing[449 - RENEW_S] == pytest.approx(40, abs=2)
    assert swing[450 + RENEW_S] == pytest.approx(8, abs=2)


def test_of_two_channels_the_least_suppressed_and_the_largest_counts() -> None:
    both = np.vstack([asleep(), 0.02 * asleep()])
    sound, alone = measured(both, montage=TWO), measured(both[1:])
    assert np.nanmax(sound.suppression) == 0
    assert np.nanmin(alone.suppression) == 1
    both[0] = RAIL_UV
    np.testing.assert_array_equal(measured(both, montage=TWO).suppression, alone.suppression)


@pytest.mark.parametrize(
    "channel",
    [Channel("C3-M2", ChannelKind.EEG), Channel("E1-M2", ChannelKind.EOG, RAIL_UV)],
)
def test_only_eeg_of_known_amplitude_is_measured(channel: Channel) -> None:
    activity = measured(0.02 * asleep(), montage=Montage((channel,)))
    assert np.isnan(activity.suppression).all()
    assert np.isnan(activity.swing_uv).all()


@pytest.mark.parametrize("mains_uv", [0, 5, 40])
@pytest.mark.parametrize("quiet", ["small EEG", "noise of the amplifier"])
def test_mains_hides_no_silence(quiet: str, mains_uv: float) -> None:
    silence = 0.02 * asleep() if quiet == "small EEG" else noise(ASLEEP_S)
    signal = then(silence)
    signal += mains_uv * np.sin(2 * np.pi * 50 * np.arange(signal.shape[1]) / SFREQ)
    ratio = measured(signal).suppression
    assert np.nanmax(ratio[:ASLEEP_S]) == 0
    assert (ratio[ASLEEP_S + 40 :] >= 0.5).mean() > 0.95
    assert np.nanmin(ratio[ASLEEP_S + 70 :]) > 0.9


@pytest.mark.parametrize(
    "fallen",
    [
        then(noise(120), jump_uv=800.0),
        then(noise(120), jump_uv=RAIL_UV),
        then(noise(120, rms_uv=8.0)),
        noise(300),
        then(noise(120))[:, int((ASLEEP_S - SOUND_S + 30) * SFREQ) :],
    ],
    ids=["a jump", "the rail", "loud noise", "never good", "good for half a minute"],
)
def test_a_lead_that_came_off_says_nothing(fallen: np.ndarray) -> None:
    assert np.isnan(measured(fallen).suppression[-40:]).all()


def test_a_silent_brain_is_heard_although_it_looks_like_an_open_input() -> None:
    path = Path(EEG, SFREQ)
    ratio = path.push(then(noise(120))).suppression
    unheard = np.isnan(path.filtered[0][0, -int(60 * SFREQ) :])
    assert unheard.mean() > 0.9, "else nothing is shown"
    assert np.nanmin(ratio[-50:]) == 1
    assert np.isfinite(ratio[-50:]).mean() > 0.9


@pytest.mark.parametrize("seed", ["1", "2"])
def test_a_suppressed_night_is_found_within_the_stretch_of_the_ratio(seed: str) -> None:
    params = {"scenario": "suppressed", "hours": "0.3", "planned_minutes": "10", "seed": seed}
    source, pieces = open_simulator({**params, "sfreq": "100"}), []
    while (items := source.read()) is not None:
        pieces += [item.data for item in items if isinstance(item, Chunk)]
    ratio = measured(np.concatenate(pieces, axis=1), 100.0, source.montage).suppression
    assert np.nanmax(ratio[:300]) < 0.1
    assert (ratio[363:] >= 0.5).all()


@pytest.mark.shared_data
def test_real_sleep_is_never_suppressed_nor_small(shared_data) -> None:
    night = np.load(shared_data / "raw" / "sc4001_excerpt.npz")
    activity = measured(night["x_uv"][None].astype(float), float(night["sfreq"]))
    assert np.nanmax(activity.suppression) == 0
    assert np.nanmin(activity.swing_uv) > 30
    assert np.isfinite(activity.suppression).mean() > 0.98


@pytest.mark.shared_data
def test_recordings_in_volts_are_measured(shared_data) -> None:
    source = open_edf(str(shared_data / "raw" / "short_psg.edf"), {}, 1.0)
    assert [channel.calibrated for channel in source.montage.channels][:3] == [True] * 3


def test_a_silence_counts_from_its_first_second_although_the_filter_still_rings() -> None:
    loud = 4 * asleep()
    silent = np.concatenate([loud, loud[:, -1:] + noise(20, 0.5)], axis=1)
    ratio = measured(silent).suppression[ASLEEP_S:]
    steps = 2 * np.arange(1, 21) - 1  # whole seconds of silence, half a second apart
    assert np.rint(126 * ratio) == pytest.approx(steps, abs=1)
