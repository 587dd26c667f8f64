"""The whole path of a sample, from chunk to events, and what must always hold of it."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.config import SessionConfig
from monitor.domain.errors import InputError, NotAllowed, SnapshotError
from monitor.domain.events import (
    AlarmChanged,
    Coverage,
    CoverageChanged,
    EpochScored,
    Event,
    SamplesLost,
    WakeStep,
)
from monitor.domain.inputs import Chunk, End, Gap, Input, Tick, Wake
from monitor.domain.montage import Montage
from monitor.domain.stage import Stage
from monitor.session import MonitorSession
from monitor.sources.simulator.source import open_simulator
from monitor.staging.bundle import ModelBundle, load_bundle

SFREQ = 100.0
START = 1_700_000_000.0
MONTAGE = Montage.from_names(["C3-M2", "O1-M2", "E1-M2"])
MINUTES = 12
N_SAMPLES = int(MINUTES * 60 * SFREQ)


@pytest.fixture(scope="module")
def bundle() -> ModelBundle:
    return load_bundle()


@pytest.fixture(scope="module")
def signal() -> np.ndarray:
    """Twelve minutes of sleep with a lead that falls off and some samples that are no numbers."""
    source = open_simulator({"scenario": "cold-start", "hours": "0.2", "sfreq": "100", "seed": "3"})
    pieces: list[np.ndarray] = []
    while (items := source.read()) is not None:
        pieces += [item.data for item in items if isinstance(item, Chunk)]
    data = np.concatenate(pieces, axis=1)[:3, :N_SAMPLES].copy()
    data[0, 20_000:29_000] = 0.0
    data[1, 41_000:41_050] = np.nan
    data[:, 50_000:51_000] = np.inf
    return data


def session(bundle: ModelBundle, **changes: object) -> MonitorSession:
    config = {"dreamer": "bed-1", "session": "s1", "start": START, "planned_s": 120.0}
    return MonitorSession(
        SessionConfig(**{**config, "sfreq": SFREQ, "montage": MONTAGE, **changes}), bundle
    )


def inputs(signal: np.ndarray, cuts: Sequence[int] = (), lost: slice | None = None) -> list[Input]:
    """Cut the signal into chunks at these samples; report `lost` as a gap."""
    borders = {0, *cuts, signal.shape[1]}
    if lost is not None:
        borders = {b for b in borders if not lost.start < b < lost.stop} | {lost.start, lost.stop}
    items: list[Input] = []
    for first, last in pairwise(sorted(borders)):
        if lost is not None and first == lost.start:
            items.append(Gap(first, last - first, "test"))
        else:
            items.append(Chunk(signal[:, first:last], first))
    return items


def run(session: MonitorSession, items: Sequence[Input]) -> list[Event]:
    return [event for item in items for event in session.push(item)]


def test_where_nobody_is_watched_the_same_is_staged_and_nothing_follows(
    bundle: ModelBundle, signal: np.ndarray
) -> None:
    items = [*inputs(signal, lost=slice(30_000, 45_000)), End(N_SAMPLES)]
    watched = run(session(bundle), items)
    alone = session(bundle, watched=False)
    told = run(alone, items)
    assert told == [e for e in watched if not isinstance(e, AlarmChanged | WakeStep)]
    assert len(told) < len(watched)
    with pytest.raises(NotAllowed, match="nobody is watched here: Wake"):
        alone.push(Wake(command_id="1"))
    again = session(bundle, watched=False)
    again.restore(alone.snapshot())
    assert again.position == N_SAMPLES


samples = st.integers(1, N_SAMPLES - 1)
some_cuts = st.lists(samples, max_size=40)


@settings(max_examples=12)
@given(cuts=some_cuts, first=st.integers(1, N_SAMPLES - 9_000), length=st.integers(1, 8_000))
def test_any_chunking_gives_identical_events(
    cuts: list[int], first: int, length: int, signal: np.ndarray, bundle: ModelBundle
) -> None:
    lost = slice(first, first + length)
    whole = run(session(bundle), inputs(signal, lost=lost))
    assert run(session(bundle), inputs(signal, cuts, lost)) == whole
    assert sum(isinstance(event, EpochScored) for event in whole) == 2 * MINUTES


@settings(max_examples=12)
@given(when=samples, cuts=some_cuts, factor=st.sampled_from([0.0, -1.0, 30.0, np.nan]))
def test_the_future_changes_nothing_past(
    when: int, cuts: list[int], factor: float, signal: np.ndarray, bundle: ModelBundle
) -> None:
    other = signal.copy()
    other[:, when:] = np.where(np.isfinite(other[:, when:]), other[:, when:], 1.0) * factor

    def past(data: np.ndarray) -> list[Event]:
        events = run(session(bundle), inputs(data, cuts))
        return [event for event in events if event.at <= START + int(when / SFREQ)]

    assert past(other) == past(signal)


def test_sessions_do_not_know_each_other(signal: np.ndarray, bundle: ModelBundle) -> None:
    cuts = range(0, N_SAMPLES, 1_700)
    ours, theirs = inputs(signal, cuts), inputs(signal[::-1] * 0.5, cuts)
    one, two = session(bundle), session(bundle, dreamer="bed-2", session="s2")
    mixed: tuple[list[Event], list[Event]] = ([], [])
    for mine, other in zip(ours, theirs, strict=True):
        mixed[0].extend(one.push(mine))
        mixed[1].extend(two.push(other))
    assert mixed[0] == run(session(bundle), ours)
    assert mixed[1] == run(session(bundle, dreamer="bed-2", session="s2"), theirs)


@settings(max_examples=8)
@given(stop=st.integers(0, 30), cuts=st.lists(samples, min_size=30, max_size=30, unique=True))
def test_a_restart_at_any_point_changes_nothing(
    stop: int, cuts: list[int], signal: np.ndarray, bundle: ModelBundle
) -> None:
    items = [*inputs(signal, cuts), Tick(N_SAMPLES + 90_000)]
    whole = run(session(bundle), items)
    first = session(bundle)
    before = run(first, items[:stop])
    second = session(bundle)
    second.restore(first.snapshot())
    assert second.position == first.position
    assert before + run(second, items[stop:]) == whole


def test_what_cannot_be_scored_is_unscored(signal: np.ndarray, bundle: ModelBundle) -> None:
    events = run(session(bundle), inputs(signal, lost=slice(9_000, 18_000)))
    epochs = [event.epoch for event in events if isinstance(event, EpochScored)]
    assert [e.stage for e in epochs[3:6]] == [Stage.UNSCORED] * 3
    assert [e.quality for e in epochs[3:6]] == [0.0] * 3
    assert epochs[3].proba == {}
    assert epochs[16].stage is Stage.UNSCORED, "10 s of infinite samples are a third of an epoch"
    assert epochs[8].stage is not Stage.UNSCORED, "the other lead is still good"
    assert sum(epochs[8].proba.values()) == pytest.approx(1.0, abs=1e-5)


def test_a_gap_is_told_with_its_size_and_cause(signal: np.ndarray, bundle: ModelBundle) -> None:
    events = run(session(bundle), inputs(signal, lost=slice(10_050, 10_051)))
    lost = [event for event in events if isinstance(event, SamplesLost)]
    assert [(g.first_sample, g.n_samples, g.cause) for g in lost] == [(10_050, 1, "test")]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (Chunk(np.zeros((2, 10)), 0), r"shape \(3, n_samples\), not float64 of shape \(2, 10\)"),
        (Chunk(np.zeros(10), 0), "shape"),
        (Chunk(np.zeros((3, 10), dtype=complex), 0), "real numbers"),
        (Chunk(np.zeros((3, 10), dtype=object), 0), "real numbers"),
        (Chunk(np.zeros((3, 10)), 5), "expected sample 0, got 5"),
        (Gap(7, 3, "test"), "expected sample 0, got 7"),
        (Gap(0, 0, "test"), "a gap has 1 to"),
        (Gap(0, 10**12, "test"), "a gap has 1 to"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    item: Input, message: str, signal: np.ndarray, bundle: ModelBundle
) -> None:
    fresh = session(bundle)
    with pytest.raises(InputError, match=message):
        fresh.push(item)
    assert fresh.push(Chunk(np.empty((3, 0)), 0)) == []
    assert run(fresh, inputs(signal)) == run(session(bundle), inputs(signal))


def test_a_session_needs_eeg(bundle: ModelBundle) -> None:
    with pytest.raises(InputError, match="no EEG channel among EOG-L, Chin"):
        session(bundle, montage=Montage.from_names(["EOG-L", "Chin"]))


def coverage(events: list[Event]) -> list[tuple[float, Coverage]]:
    changes = [event for event in events if isinstance(event, CoverageChanged)]
    return [(event.at - START, event.coverage) for event in changes]


@pytest.mark.parametrize("step_s", [1, 7, 600])
def test_silence_is_not_monitored_after_15_s_however_time_is_told(
    step_s: int, signal: np.ndarray, bundle: ModelBundle
) -> None:
    watched = session(bundle)
    events = watched.begin() + run(watched, [Chunk(signal[:, :6_000], 0)])
    ticks = [Tick(int((60 + s) * SFREQ)) for s in range(step_s, 601, step_s)]
    events += run(watched, ticks)
    silent, seen = Coverage.NOT_MONITORED, Coverage.MONITORED
    assert coverage(events) == [(0, silent), (30, seen), (75, silent)]


def test_a_bad_epoch_degrades_and_three_end_the_watch(
    signal: np.ndarray, bundle: ModelBundle
) -> None:
    bad = signal.copy()
    for second in range(30, 200, 3):
        bad[:, second * 100] = np.nan
    watched = session(bundle)
    events = run(watched, inputs(bad))
    assert coverage(events)[:4] == [
        (30, Coverage.MONITORED),
        (60, Coverage.DEGRADED),
        (120, Coverage.NOT_MONITORED),
        (240, Coverage.MONITORED),
    ]


def test_an_ended_session_takes_time_and_commands_but_no_signal(
    signal: np.ndarray, bundle: ModelBundle
) -> None:
    ended = session(bundle)
    run(ended, inputs(signal))
    events = ended.push(End(N_SAMPLES))
    assert {event.type for event in events} >= {"session", "usage", "coverage"}
    assert ended.push(End(N_SAMPLES)) == []
    with pytest.raises(InputError, match="has ended"):
        ended.push(Chunk(signal[:, :10], N_SAMPLES))
    steps = ended.push(Wake(command_id="w1"))
    assert "wake" in {event.type for event in steps}
    assert coverage(ended.push(Tick(N_SAMPLES * 2))) == []


@pytest.mark.parametrize("change", [{"sfreq": 125.0}, {"dreamer": "bed-2"}, {"session": "s2"}])
def test_a_snapshot_of_another_session_is_refused(
    change: dict[str, object], bundle: ModelBundle
) -> None:
    (name, value), *_ = change.items()
    with pytest.raises(SnapshotError, match=f"the saved state has {name} .* expected {value!r}"):
        session(bundle, **change).restore(session(bundle).snapshot())


@pytest.mark.parametrize(
    "part", ["now", "watch", "detector", "filter", "scorer", "published", "alarms"]
)
def test_a_damaged_snapshot_is_refused(part: str, bundle: ModelBundle) -> None:
    saved = session(bundle).snapshot()
    for damage in ({k: v for k, v in saved.items() if k != part}, {**saved, part: {"x": 1}}):
        with pytest.raises(SnapshotError):
            session(bundle).restore(damage)


def test_a_wake_protocol_that_is_taken_over_is_told_after_the_start(bundle: ModelBundle) -> None:
    before = session(bundle)
    before.push(Wake(command_id="w1"))
    before.push(Tick(int(10 * SFREQ)))
    after = session(bundle, session="s2", start=START + 45.0)
    inherited = after.adopt_alarms(before.snapshot())
    begun = after.begin()
    assert [(e.type, e.at - START) for e in inherited] == [("wake", 30.0)]
    assert [e.type for e in begun] == ["session", "coverage", "wake"]
    step = begun[-1]
    assert isinstance(step, WakeStep)
    assert (step.step, step.at - START, step.reason.code) == ("LISTEN", 45.0, "adopted")
    assert session(bundle).begin()[2:] == []
