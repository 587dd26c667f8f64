"""The simulator as a source: equal however read, scenarios, parameters."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from monitor.domain.errors import SourceError
from monitor.domain.inputs import Chunk, Gap, Input, Tick
from monitor.domain.montage import ChannelKind
from monitor.domain.stage import Stage
from monitor.sources.base import Source
from monitor.sources.simulator import SCENARIOS, SimulatorSource, open_simulator

SFREQ = 80
SHORT = {"hours": "0.2", "sfreq": str(SFREQ)}
N_SAMPLES = 720 * SFREQ


def rest(source: SimulatorSource) -> list[Input]:
    items: list[Input] = []
    while (inputs := source.read()) is not None:
        items += inputs
    return items


def samples(items: list[Input]) -> NDArray[np.float64]:
    return np.concatenate([item.data for item in items if isinstance(item, Chunk)], axis=1)


def test_chunks_are_seconds_that_follow_each_other() -> None:
    source: Source = open_simulator({"hours": "0.1", "sfreq": "250"})
    assert source.n_samples == 360 * 250
    assert source.live is False
    assert source.montage.kinds == (
        ChannelKind.EEG,
        ChannelKind.EEG,
        ChannelKind.EOG,
        ChannelKind.EMG,
    )
    for second in range(360):
        (chunk,) = source.read() or []
        assert isinstance(chunk, Chunk)
        assert chunk.first_sample == second * 250
        assert chunk.data.shape == (4, 250)
        assert chunk.data.dtype == np.float64
    assert source.read() is None
    assert source.read() is None


def test_a_reader_that_changes_a_chunk_changes_nothing_else() -> None:
    source, untouched = open_simulator(SHORT), open_simulator(SHORT)
    for _ in range(3):
        for item in source.read() or []:
            assert isinstance(item, Chunk)
            item.data[:] = np.nan
        untouched.read()
    np.testing.assert_array_equal(samples(rest(source)), samples(rest(untouched)))


@settings(max_examples=15)
@given(scenario=st.sampled_from(sorted(SCENARIOS)), at=st.integers(0, N_SAMPLES - 1))
def test_going_on_from_anywhere_equals_reading_from_the_start(scenario: str, at: int) -> None:
    params = {**SHORT, "scenario": scenario, "seed": "5"}
    whole, other = rest(open_simulator(params)), open_simulator(params)
    other.seek(at)
    tail = rest(other)
    data = {item.first_sample: item.data for item in whole if isinstance(item, Chunk)}
    for item in tail:
        if isinstance(item, Chunk):
            second, offset = divmod(item.first_sample, SFREQ)
            np.testing.assert_array_equal(item.data, data[second * SFREQ][:, offset:])
    covered = [item for item in tail if isinstance(item, Chunk | Gap)]
    assert covered[0].first_sample == at
    assert sum(item.n_samples for item in covered) == N_SAMPLES - at


@given(seeks=st.lists(st.integers(0, N_SAMPLES - 1), min_size=1, max_size=6))
@settings(max_examples=10)
def test_order_of_reading_does_not_matter(seeks: list[int]) -> None:
    params = {**SHORT, "seed": "2"}
    wandering = open_simulator(params)
    for at in seeks:
        wandering.seek(at)
        fresh = open_simulator(params)
        fresh.seek(at)
        for ours, theirs in zip(wandering.read() or [], fresh.read() or [], strict=True):
            assert isinstance(ours, Chunk)
            assert isinstance(theirs, Chunk)
            np.testing.assert_array_equal(ours.data, theirs.data)


def test_seeds_make_different_nights() -> None:
    first, second = (open_simulator({**SHORT, "seed": seed}) for seed in ("1", "2"))
    assert not np.array_equal(samples(rest(first)), samples(rest(second)))


def test_a_longer_night_begins_like_a_shorter_one() -> None:
    params = {"sfreq": "80", "scenario": "unresponsive", "planned_minutes": "30"}
    short, long = (open_simulator({**params, "hours": hours}) for hours in ("0.3", "0.6"))
    assert long.truth(36) == short.truth()
    np.testing.assert_array_equal(samples(rest(long))[:, : 1080 * SFREQ], samples(rest(short)))


def test_chosen_channels_are_the_same_rows() -> None:
    two = open_simulator({**SHORT, "channels": "E1-E2, Fpz-Cz"})
    assert two.montage.ch_names == ("E1-E2", "Fpz-Cz")
    every = samples(rest(open_simulator(SHORT)))
    np.testing.assert_array_equal(samples(rest(two)), every[[2, 0]])


@pytest.mark.parametrize("seed", range(8))
def test_long_rem_is_more_than_three_hours_of_eight(seed: int) -> None:
    stages = Counter(open_simulator({"scenario": "long-rem", "seed": str(seed)}).truth())
    assert stages[Stage.R] / 2 > 180


@pytest.mark.parametrize("planned", [30, 75, 400])
@pytest.mark.parametrize("scenario", ["unresponsive", "responsive", "suppressed"])
def test_those_who_sleep_on_are_asleep_from_half_of_the_plan_on(
    scenario: str, planned: int
) -> None:
    for seed in range(10):
        params = {"scenario": scenario, "seed": str(seed), "planned_minutes": str(planned)}
        night = open_simulator(params).truth()[planned:]
        assert Stage.W not in night
        assert Stage.N1 not in night


@pytest.mark.parametrize("seed", range(10))
def test_others_wake_shortly_before_the_planned_end(seed: int) -> None:
    night = open_simulator({"seed": str(seed), "planned_minutes": "420"}).truth()
    assert set(night[840:]) == {Stage.W}
    assert any(stage.is_sleep for stage in night[720:800])


@pytest.mark.parametrize("seed", range(8))
def test_cold_start_begins_in_sleep(seed: int) -> None:
    source = open_simulator({"scenario": "cold-start", "seed": str(seed), "hours": "4"})
    assert all(stage.is_sleep for stage in source.truth(10))
    assert len(source.truth()) == 480


def test_suppression_has_no_stage() -> None:
    source = open_simulator({**SHORT, "scenario": "suppressed", "planned_minutes": "8"})
    assert set(source.truth()[8:]) == {Stage.UNSCORED}
    assert Stage.UNSCORED not in source.truth(8)


def test_lost_signal_is_ticks_and_then_one_gap() -> None:
    params = {"scenario": "signal-lost", "hours": "1", "sfreq": "80"}
    items = rest(open_simulator(params))
    (gap,) = [item for item in items if isinstance(item, Gap)]
    begin, n_lost = 30 * 60 * SFREQ, 5 * 60 * SFREQ
    assert gap == Gap(begin, n_lost, "simulated loss")
    where = items.index(gap)
    ticks = items[where - 299 : where]
    assert ticks == [Tick(begin + second * SFREQ) for second in range(1, 300)]
    after = items[where + 1]
    assert isinstance(after, Chunk)
    assert after.first_sample == begin + n_lost
    assert samples(items).shape[1] == 3600 * SFREQ - n_lost


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"hours": "25"}, r"hours is a number from 0.1 to 24 h, not '25'"),
        ({"hours": "0"}, r"hours is a number from 0.1 to 24 h"),
        ({"hours": "nan"}, r"hours is a number"),
        ({"hours": "long"}, r"hours is a number .* not 'long'"),
        ({"sfreq": "79"}, r"sfreq is a whole number from 80 to 1000 Hz, not '79'"),
        ({"sfreq": "100.5"}, r"sfreq is a whole number"),
        ({"age": "4"}, r"age is a number from 5 to 95 years"),
        ({"seed": "-1"}, r"seed is a whole number from 0 "),
        ({"seed": "1.5"}, r"seed is a whole number"),
        ({"planned_minutes": "0"}, r"planned_minutes is a number from 1 to 1440 min"),
        ({"scenario": "noisy"}, r"scenario is one of normal, .* not 'noisy'"),
        ({"channels": "Cz"}, r"channels are some of Fpz-Cz, Pz-Oz, E1-E2, Chin"),
        ({"channels": "Chin,Chin"}, r"each once"),
        ({"speed": "2"}, r"unknown parameter 'speed'; it takes scenario, seed"),
    ],
)
def test_a_wrong_parameter_is_named_with_its_limits(params: dict[str, str], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        open_simulator(params)


def test_there_is_no_sample_before_the_first() -> None:
    with pytest.raises(SourceError, match="sample -1"):
        open_simulator(SHORT).seek(-1)
