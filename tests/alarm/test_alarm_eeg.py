"""The alarms of the EEG: how long stages last, and through the whole path of a sample."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alarm.eeg import STRAY, Stages
from monitor.alarm.runs import MEMORY_EPOCHS
from monitor.domain.config import SessionConfig
from monitor.domain.events import AlarmChanged, Event
from monitor.domain.inputs import Chunk, Tick
from monitor.domain.montage import ChannelKind, Montage
from monitor.domain.stage import EPOCH_S, STAGES, Stage
from monitor.session import MonitorSession
from monitor.sources.simulator.source import open_simulator
from monitor.staging.bundle import ModelBundle, load_bundle

scorings = st.lists(
    st.tuples(st.sampled_from(STAGES), st.integers(1, 30)).map(lambda run: [run[0]] * run[1])
).map(lambda runs: [stage for run in runs for stage in run])

SFREQ = 100
SILENT_FROM_S = 270
LIMIT_S = 63 + 60
"""What the ratio looks back on, and the on-delay."""


@pytest.fixture(scope="module")
def bundle() -> ModelBundle:
    return load_bundle()


@cache
def night(scenario: str, seed: str, minutes: int, planned: int) -> tuple[np.ndarray, Montage]:
    length = {"hours": str(minutes / 60), "planned_minutes": str(planned)}
    params = {"scenario": scenario, "seed": seed, "sfreq": str(SFREQ), **length}
    source, pieces = open_simulator(params), []
    while (items := source.read()) is not None:
        pieces += [item.data for item in items if isinstance(item, Chunk)]
    return np.concatenate(pieces, axis=1), source.montage


def suppressed(floor: str) -> tuple[np.ndarray, Montage]:
    """Return a night that is suppressed from half-way to its planned end on."""
    signal, montage = night("suppressed", "1", 9, 10)
    if floor == "noise":
        signal = signal.copy()
        eeg = list(montage.picks(ChannelKind.EEG, ChannelKind.EOG))
        silent = signal[eeg, SILENT_FROM_S * SFREQ :]
        silent[:] = np.random.default_rng(0).normal(0, 0.8, silent.shape)
        signal[eeg, SILENT_FROM_S * SFREQ :] = silent
    return signal, montage


def session(montage: Montage, bundle: ModelBundle) -> MonitorSession:
    config = SessionConfig("bed-1", "s1", 0.0, float(SFREQ), montage, live=False)
    return MonitorSession(config, bundle)


def replay(
    signal: np.ndarray, montage: Montage, bundle: ModelBundle, cuts: Iterable[int] = ()
) -> list[Event]:
    """Push a night in pieces, with a restart at each cut."""
    running, events = session(montage, bundle), []
    for first, last in pairwise([0, *sorted(cuts), signal.shape[1]]):
        events += running.push(Chunk(signal[:, first:last], first))
        saved = running.snapshot()
        running = session(montage, bundle)
        running.restore(saved)
    return events


def raised(events: list[Event], *kinds: str) -> dict[str, float]:
    """When each kind, and source, was first raised."""
    alarms = [e for e in events if isinstance(e, AlarmChanged) and e.reason.code == "raised"]
    return {f"{e.kind} {e.source}".strip(): e.at for e in reversed(alarms) if e.kind in kinds}


def after(stages: Iterable[Stage], begin: int = 0) -> Stages:
    found = Stages()
    for i, stage in enumerate(stages):
        found = found.after(stage, float(EPOCH_S * (begin + i)))
    return found


def by_definition(stages: list[Stage], wanted: tuple[Stage, ...], share: float) -> float:
    """Return the longest stretch up to now that begins with a wanted stage and holds enough, s."""
    fits = [stage in wanted for stage in stages]
    begins = [i for i in range(len(fits)) if fits[i] and sum(fits[i:]) >= share * len(fits[i:])]
    return EPOCH_S * (len(fits) - begins[0]) if begins else 0.0


@given(scorings)
def test_a_stretch_is_what_it_is_defined_to_be(stages: list[Stage]) -> None:
    found = after(stages)
    each = [by_definition(stages, (s,), 1.0 if s is Stage.W else 1 - STRAY) for s in STAGES]
    assert found.same.scored_s == max(each)
    assert found.deep.scored_s == by_definition(stages, (Stage.N2, Stage.N3), 1 - STRAY)
    if found.same.scored_s:
        assert found.same.since == EPOCH_S * len(stages) - found.same.scored_s


@given(scorings, st.integers(0, 200), st.integers(1, 9))
def test_unscored_epochs_neither_add_nor_break(stages: list[Stage], at: int, n: int) -> None:
    holed = [*stages[:at], *[Stage.UNSCORED] * n, *stages[at:]]
    lengths = [(s.same.scored_s, s.deep.scored_s) for s in (after(stages), after(holed))]
    assert lengths[0] == lengths[1]
    assert after(holed).known == (bool(holed) and holed[-1] is not Stage.UNSCORED)


@given(scorings)
def test_stages_are_restored_from_json(stages: list[Stage]) -> None:
    found = after(stages)
    assert Stages.restored(json.loads(json.dumps(asdict(found)))) == found


def test_a_night_without_end_is_not_remembered_without_end() -> None:
    found = after([STAGES[i % 5] for i in range(2 * MEMORY_EPOCHS)])
    assert sum(run.epochs for run in found.runs) == MEMORY_EPOCHS


@pytest.mark.parametrize("floor", ["EEG", "noise"])
def test_a_suppressed_eeg_raises_its_alarm_in_time(floor: str, bundle: ModelBundle) -> None:
    at = raised(replay(*suppressed(floor), bundle), "EEG_SUPPRESSED", "ELECTRODE_OFF")
    assert SILENT_FROM_S + 60 < at["EEG_SUPPRESSED"] <= SILENT_FROM_S + LIMIT_S
    assert ("ELECTRODE_OFF Fpz-Cz" in at) == (floor == "noise"), "one cannot tell: both are told"


@settings(max_examples=6)
@given(st.lists(st.integers(0, 9 * 60 * SFREQ), max_size=6))
def test_any_chunking_and_any_restart_tell_the_same_alarms(bundle: ModelBundle, cuts) -> None:
    signal, montage = suppressed("noise")
    whole, pieces = replay(signal, montage, bundle), replay(signal, montage, bundle, cuts)
    alarms = [[e for e in events if isinstance(e, AlarmChanged)] for events in (whole, pieces)]
    assert alarms[0] == alarms[1]
    assert raised(whole, "EEG_SUPPRESSED")


def test_nothing_is_told_of_an_eeg_in_units_of_its_own(bundle: ModelBundle) -> None:
    signal, montage = suppressed("EEG")
    unknown = Montage.from_names(montage.ch_names)
    assert not raised(replay(signal, unknown, bundle), "EEG_SUPPRESSED", "EEG_ABNORMAL")


def test_a_suppressed_eeg_is_not_over_because_nothing_comes_any_more(bundle: ModelBundle) -> None:
    signal, montage = suppressed("EEG")
    running = session(montage, bundle)
    events = running.push(Chunk(signal, 0))
    events += running.push(Tick(signal.shape[1] + 3600 * SFREQ))
    told = [e for e in events if isinstance(e, AlarmChanged) and e.kind == "EEG_SUPPRESSED"]
    assert (told[-1].state, told[-1].present) == ("ACTIVE_UNACK", True)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_a_normal_night_raises_no_alarm_of_the_eeg(seed: str, bundle: ModelBundle) -> None:
    events = replay(*night("normal", seed, 120, 120), bundle)
    assert not raised(events, "EEG_SUPPRESSED", "EEG_ABNORMAL")


@pytest.mark.shared_data
def test_real_sleep_raises_no_alarm_of_the_eeg(shared_data, bundle: ModelBundle) -> None:
    real = np.load(shared_data / "raw" / "sc4001_excerpt.npz")
    montage = Montage.from_names(["Fpz-Cz"], rail_uv=2_000.0)
    assert int(real["sfreq"]) == SFREQ
    events = replay(real["x_uv"][None].astype(float), montage, bundle)
    assert not raised(events, "EEG_SUPPRESSED", "EEG_ABNORMAL")
