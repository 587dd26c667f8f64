"""The signal itself: decimated on a grid of its own, once a second, only while looked at."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from service_fakes import START

from monitor.domain.config import SessionConfig
from monitor.domain.inputs import Chunk, Gap, Tick
from monitor.domain.montage import Montage
from service.contract import Signal
from service.entries import Telemetry, iso
from service.traces import EVERY_S, HELD_S, Traces

SFREQ = 250.0
CONFIG = SessionConfig("bed-7", "night", START, SFREQ, Montage.from_names(["C3-M2", "E1-M2"]))
BLOCK = 5


class Looking:
    def __init__(self, seen: bool = True) -> None:
        self.seen = seen

    def __call__(self) -> bool:
        return self.seen


def ramp(first: int, n_samples: int) -> Chunk:
    """Samples that say their number, and in the second channel ten times that."""
    numbers = np.arange(first, first + n_samples, dtype=float)
    return Chunk(np.array([numbers, 10 * numbers]), first)


def read(message: Telemetry | None) -> Signal:
    assert message is not None
    return Signal.model_validate_json(message.text)


def test_a_value_is_the_mean_of_a_block_and_tells_its_place():
    told = read(Traces(CONFIG, Looking()).push(ramp(0, 250), 0.0))
    assert (told.dreamer, told.data.session, told.data.ch_names) == (
        "bed-7",
        "night",
        ["C3-M2", "E1-M2"],
    )
    assert (told.data.first_sample, told.data.samples_per_value, told.data.sfreq) == (0, 5, 50.0)
    assert told.data.data[0][:3] == [2.0, 7.0, 12.0]
    assert told.data.data[1][-1] == 2_470.0
    assert told.at == iso(START + 1)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=40))
def test_however_it_is_cut_what_is_told_fits_together(sizes):
    traces, first, now, expected = Traces(CONFIG, Looking()), 0, 0.0, 0
    for size in sizes:
        message = traces.push(ramp(first, size), now)
        first, now = first + size, now + EVERY_S
        if message is None:
            assert first // BLOCK == expected // BLOCK, "a whole block waits"
            continue
        data = read(message).data
        assert data.first_sample == expected
        blocks = data.first_sample + BLOCK * np.arange(len(data.data[0]))
        assert data.data[0] == list(blocks + 2.0)
        expected = first // BLOCK * BLOCK


def test_a_fast_replay_tells_the_newest_seconds_once_a_second():
    traces = Traces(CONFIG, Looking())
    pushed = [traces.push(ramp(n * 250, 250), n / 240) for n in range(240 * 3)]
    told = [read(message).data for message in pushed if message]
    assert len(told) == 3
    assert [data.first_sample for data in told[1:]] == [231 * 250, 471 * 250]
    assert {len(data.data[0]) for data in told[1:]} == {HELD_S * 50}


def test_what_is_missing_is_null():
    traces = Traces(CONFIG, Looking())
    broken = ramp(0, 250)
    broken.data[1, 7], broken.data[0, 11:13] = np.nan, (np.inf, -np.inf)
    data = read(traces.push(broken, 0.0)).data.data
    assert data[1][:3] == [20.0, None, 120.0]
    assert data[0][:3] == [2.0, 7.0, None]
    data = read(traces.push(Gap(250, 250, "signal lost"), 1.0)).data.data
    assert data == [[None] * 50] * 2


def test_of_a_gap_of_a_week_the_end_is_told():
    lost = read(Traces(CONFIG, Looking()).push(Gap(0, 7 * 86_400 * 250, "lost"), 0.0)).data
    assert lost.first_sample == (7 * 86_400 - 10) * 250
    assert len(lost.data[0]) == 500


def test_while_nobody_looks_nothing_is_held_and_then_it_begins_with_what_comes():
    looking = Looking(seen=False)
    traces = Traces(CONFIG, looking)
    assert traces.push(ramp(0, 500), 0.0) is None
    looking.seen = True
    assert read(traces.push(ramp(500, 250), 5.0)).data.first_sample == 500
    looking.seen = False
    assert traces.push(ramp(750, 250), 7.0) is None
    looking.seen = True
    assert read(traces.push(ramp(1_000, 253), 8.0)).data.first_sample == 1_000


def test_signal_that_does_not_follow_begins_anew():
    traces = Traces(CONFIG, Looking())
    assert traces.push(ramp(0, 3), 0.0) is None
    data = read(traces.push(ramp(7, 20), 1.0)).data
    assert (data.first_sample, data.data[0]) == (10, [12.0, 17.0, 22.0])


@pytest.mark.parametrize(("sfreq", "block"), [(80.0, 2), (100.0, 2), (125.0, 2), (256.0, 5)])
def test_the_block_is_a_whole_number_of_samples(sfreq, block):
    config = SessionConfig("bed-7", "night", START, sfreq, CONFIG.montage)
    told = read(Traces(config, Looking()).push(ramp(0, 400), 0.0)).data
    assert (told.samples_per_value, told.sfreq) == (block, sfreq / block)


def test_time_alone_is_not_told():
    assert Traces(CONFIG, Looking()).push(Tick(500), 0.0) is None
