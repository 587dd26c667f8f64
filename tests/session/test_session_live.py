"""The live stage: every 5 s, beside the epochs and never instead of them."""

from dataclasses import replace
from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.config import SessionConfig
from monitor.domain.epoch import PHASE_S
from monitor.domain.errors import SnapshotError
from monitor.domain.events import EpochScored, Event, LiveStage
from monitor.domain.inputs import Chunk, End, Gap, Tick
from monitor.domain.montage import ChannelKind, Montage
from monitor.domain.stage import STAGES, Stage
from monitor.session import MonitorSession
from monitor.signal.artefacts import ArtefactDetector
from monitor.signal.epocher import Epocher
from monitor.signal.features import band_powers
from monitor.signal.filter import SosFilter
from monitor.signal.frames import Framer
from monitor.signal.quality import assess_quality
from monitor.sources.simulator.source import open_simulator
from monitor.staging.bundle import ModelBundle, load_bundle
from monitor.staging.stager import StagerState, step_stager

SFREQ, START = 100.0, 1_700_000_000.0
MONTAGE = Montage.from_names(["C3-M2", "O1-M2", "E1-M2"])
N_EPOCHS = 20


@pytest.fixture(scope="module")
def bundle() -> ModelBundle:
    return load_bundle()


@pytest.fixture(scope="module")
def signal() -> np.ndarray:
    source = open_simulator({"scenario": "normal", "hours": "0.2", "sfreq": "100", "seed": "5"})
    pieces: list[np.ndarray] = []
    while (items := source.read()) is not None:
        pieces += [item.data for item in items if isinstance(item, Chunk)]
    data = np.concatenate(pieces, axis=1)[:3, : int(N_EPOCHS * 30 * SFREQ)].copy()
    data[:2, 20_000:25_000] = 0.0
    return data


def session(bundle: ModelBundle, live: bool = True) -> MonitorSession:
    return MonitorSession(SessionConfig("bed-1", "s1", START, SFREQ, MONTAGE, live=live), bundle)


def stages(events: list[Event]) -> list[LiveStage]:
    return [event for event in events if isinstance(event, LiveStage)]


def epochs(events: list[Event]) -> list[EpochScored]:
    return [event for event in events if isinstance(event, EpochScored)]


def test_a_live_stage_comes_every_5_s_once_30_s_are_there(signal, bundle):
    told = stages(session(bundle).push(Chunk(signal, 0)))
    assert [event.at - START for event in told] == list(range(30, N_EPOCHS * 30 + 1, PHASE_S))
    assert all(len(event.channels) == 3 for event in told)


def test_at_the_end_of_an_epoch_both_say_the_same(signal, bundle):
    events = session(bundle).push(Chunk(signal, 0))
    live = {event.at: event for event in stages(events)}
    for event in epochs(events):
        assert live[event.at].proba == event.epoch.proba
        assert live[event.at].quality == event.epoch.quality
        assert live[event.at].channels == event.epoch.channels


def test_telling_the_live_stage_changes_no_epoch_but_for_its_spectrum(signal, bundle):
    live, quiet = (session(bundle, live).push(Chunk(signal, 0)) for live in (True, False))
    bare = [replace(e, epoch=replace(e.epoch, spectrum=())) for e in epochs(live)]
    assert bare == epochs(quiet)
    assert all(event.epoch.spectrum == () for event in epochs(quiet))


def test_a_scored_epoch_has_the_spectrum_of_its_best_eeg_channel(signal, bundle):
    waves = 10 * np.sin(2 * np.pi * 20 * np.arange(signal.shape[1]) / SFREQ)
    dead, told = np.zeros_like(waves), []
    for rows in ([signal[0], dead, waves], [dead, signal[0], waves]):
        scored = epochs(session(bundle).push(Chunk(np.array(rows), 0)))
        told.append([event.epoch.spectrum for event in scored])
    assert told[0] == told[1]
    assert {len(spectrum) for spectrum in told[0]} == {0, 30}
    only = session(bundle).push(Chunk(np.array([signal[0] + waves, dead, dead]), 0))
    for event, spectrum in zip(epochs(only), told[0], strict=True):
        assert bool(event.epoch.spectrum) == (event.epoch.stage is not Stage.UNSCORED)
        if spectrum and event.epoch.spectrum:
            assert event.epoch.spectrum[19] > spectrum[19] + 6


def test_bad_signal_is_never_covered_by_an_old_stage(signal, bundle):
    for event in stages(session(bundle).push(Chunk(signal, 0))):
        assert (event.stage is Stage.UNSCORED) == (not event.proba)
    silent = [e.at - START for e in stages(session(bundle).push(Chunk(signal, 0))) if not e.proba]
    assert silent == list(range(210, 276, PHASE_S))  # flat from 200 s to 250 s, and 2 s to settle


@given(steps=st.lists(st.integers(1, 40), min_size=1, max_size=10))
def test_the_live_stage_falls_silent_with_the_signal_once(steps, signal, bundle):
    watched = session(bundle)
    watched.push(Chunk(signal[:, :6_000], 0))
    at, told = 6_000, []
    for step in steps:
        at += int(step * SFREQ)
        told += stages(watched.push(Tick(at)))
    late = [at for at in np.cumsum(steps) if at > 10]
    assert [event.at - START - 60 for event in told] == late[:1]
    assert all(event.stage is Stage.UNSCORED and not event.proba for event in told)


def test_after_a_gap_there_is_no_stage_until_the_signal_is_usable_again(signal, bundle):
    watched = session(bundle)
    watched.push(Chunk(signal[:, :12_000], 0))
    events = watched.push(Gap(12_000, 3_000, "unplugged"))
    events += watched.push(Chunk(signal[:, 15_000:19_000], 15_000))
    runs = [
        (bool(proba), len(list(run)))
        for proba, run in groupby(stages(events), lambda e: bool(e.proba))
    ]
    assert runs == [(True, 1), (False, 10), (True, 3)]  # gap from 120 s to 150 s, at most 6 s bad


@settings(max_examples=8)
@given(cuts=st.lists(st.integers(1, 59_999), max_size=30), copies=st.integers(1, 4))
def test_batch_stream_and_any_chunking_give_the_same_stages(cuts, copies, signal, bundle):
    borders = [0, *sorted(set(cuts)), signal.shape[1]]
    streamed = session(bundle)
    events = [
        event
        for first, last in pairwise(borders)
        for event in streamed.push(Chunk(signal[:, first:last], first))
    ]
    frames = ArtefactDetector(MONTAGE).push(Framer(3, SFREQ).push(signal))
    windows = Epocher().push(SosFilter(3, SFREQ).push(frames))
    state = StagerState.empty(bundle, copies, 3)
    is_eog = np.tile([kind is ChannelKind.EOG for kind in MONTAGE.kinds], (copies, 1))
    for window, event in zip(windows, epochs(events), strict=True):
        powers = np.repeat(band_powers(window, SFREQ)[None], copies, axis=0)
        weight = np.array([channel.score for channel in assess_quality(window)])
        state, proba = step_stager(bundle, state, powers, is_eog, np.tile(weight, (copies, 1)))
        said = np.array(list(event.epoch.proba.values()) or [np.nan] * 5)
        np.testing.assert_allclose(proba, np.tile(said, (copies, 1)), atol=1e-5)
        if event.epoch.proba:
            assert event.epoch.stage is STAGES[int(proba[0].argmax())]


def test_the_end_of_a_session_ends_the_live_stage(signal, bundle):
    watched = session(bundle)
    watched.push(Chunk(signal[:, :6_000], 0))
    (told,) = stages(watched.push(End(6_000)))
    assert (told.stage, told.proba, told.since) == (Stage.UNSCORED, {}, told.at)
    assert stages(watched.push(Tick(9_000))) == []


def test_the_state_of_another_model_is_refused(signal, bundle):
    watched = session(bundle)
    watched.push(Chunk(signal[:, :6_000], 0))
    other = replace(bundle, card={**bundle.card, "sha256": "another"})
    with pytest.raises(SnapshotError, match="has model"):
        session(other).restore(watched.snapshot())
