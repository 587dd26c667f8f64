"""Counting lost samples: exact for any loss, burst, drift and cutting into batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from monitor.sources.loss import HOLD_S, MAX_DRIFT, MAX_SILENCE_S, NUMBERINGS, counter_of

SFREQ = {"cyton": 250.0, "synthetic": 250.0, "daisy": 125.0, "ganglion": 200.0}


@dataclass(frozen=True)
class Night:
    """What the computer reads of `n` samples sent, and what of them was lost before each row."""

    ids: NDArray[np.float64]
    times: NDArray[np.float64]
    lost: NDArray[np.int64]
    sent_s: NDArray[np.float64] | None = None


def ids_of(family: str, index: NDArray[np.int64]) -> NDArray[np.int64]:
    rule = NUMBERINGS[family]
    return index // rule.samples * rule.spacing % rule.ids


def read_times(sent_s: NDArray[np.float64], reads_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each sample is read at the first read after it was sent."""
    at = np.searchsorted(reads_s, sent_s)
    return 1.7e9 + reads_s[np.minimum(at, len(reads_s) - 1)]


def night_of(
    family: str,
    losses: list[tuple[int, int]],
    *,
    tail: int = 1000,
    drift: float = 0.0,
    every_s: float = 0.04,
    hiccups: Sequence[tuple[float, float]] = (),
    first: int = 17,
) -> Night:
    """Build a night of `losses`: so many samples received, then so many lost."""
    before = [np.full(n, 0) for n, _ in losses]
    lost = np.concatenate([*before, np.full(tail, 0)])
    lost[np.cumsum([n for n, _ in losses], dtype=int)] = [n for _, n in losses]
    index = np.arange(len(lost)) + np.cumsum(lost)
    sent_s = index / (SFREQ[family] * (1 + drift))
    reads = np.arange(0, sent_s[-1] + 2 * every_s, every_s)
    for at, length in hiccups:
        busy = (reads > at) & (reads < at + length)
        reads = reads[~busy | (reads > sent_s[-1] - 2)]  # the end is quiet: nothing stays held
    packages = index + first * NUMBERINGS[family].samples
    return Night(ids_of(family, packages).astype(float), read_times(sent_s, reads), lost, sent_s)


def counted(night: Night, family: str, cuts: list[int]) -> NDArray[np.int64]:
    counter = counter_of(family, SFREQ[family])
    bounds = np.unique(np.clip([0, *cuts, len(night.ids)], 0, len(night.ids)))
    out = [counter.push(night.ids[a:b], night.times[a:b]) for a, b in pairwise(bounds)]
    return np.concatenate([*out, counter.flush()])


@pytest.mark.parametrize("lost", [1, 44, 45, 255, 256, 257, 512, 3000])
@pytest.mark.parametrize("drift", [-MAX_DRIFT, 0.0, 0.0036, MAX_DRIFT])
def test_a_loss_is_counted_to_the_sample(lost: int, drift: float) -> None:
    night = night_of("cyton", [(3000, lost), (3000, lost)], drift=drift)
    np.testing.assert_array_equal(counted(night, "cyton", []), night.lost)


@pytest.mark.parametrize(
    ("family", "losses"),
    [
        ("synthetic", [1, 255, 256, 257, 3000]),
        ("daisy", [1, 127, 128, 129, 1500]),
        ("ganglion", [2, 198, 200, 202, 2400]),
    ],
)
def test_each_family_by_its_own_numbers(family: str, losses: list[int]) -> None:
    night = night_of(family, [(2000, n) for n in losses])
    np.testing.assert_array_equal(counted(night, family, list(range(0, 40_000, 7))), night.lost)


BEHIND_S = 0.5
"""Further behind than this, before a loss, it may be counted for one cycle more."""


def behind_before_losses(night: Night) -> float:
    """How long after it was sent the last sample before any loss was read, at worst, in s."""
    last = np.flatnonzero(night.lost) - 1
    return float((night.times - 1.7e9 - night.sent_s)[last].max())


@st.composite
def nights(draw: st.DrawFn) -> Night:
    sizes = st.sampled_from([1, 45, 127, 128, 129, 255, 256, 257, 511, 512, 513, 3000])
    losses = draw(st.lists(st.tuples(st.integers(1500, 4000), sizes), min_size=1, max_size=6))
    hiccups = draw(st.lists(st.tuples(st.floats(2.5, 80.0), st.floats(0.0, 1.0)), max_size=8))
    night = night_of(
        "cyton",
        losses,
        drift=draw(st.floats(-MAX_DRIFT, MAX_DRIFT)),
        every_s=draw(st.sampled_from([0.002, 0.04, 0.1, 0.5])),
        hiccups=hiccups,
        first=draw(st.integers(0, 255)),
    )
    assume(behind_before_losses(night) < BEHIND_S)
    return night


cuttings = st.lists(st.integers(0, 20_000), max_size=60)


@given(nights(), cuttings)
def test_any_night_is_counted_exactly_however_it_is_cut(night: Night, cuts: list[int]) -> None:
    whole = counted(night, "cyton", [])
    # A loss of 255 in the midst of one late burst takes a true sample for a repeated one.
    accounted = (whole >= 0).sum() + whole[whole > 0].sum()
    assert accounted == len(night.ids) + night.lost.sum()
    np.testing.assert_array_equal(counted(night, "cyton", cuts), whole)


@given(st.integers(0, 999), st.sampled_from([0.0, 0.3, HOLD_S, 5.0]), cuttings)
def test_a_busy_computer_loses_nothing(seed: int, hiccup: float, cuts: list[int]) -> None:
    starts = np.random.default_rng(seed).uniform(3, 36, 4)
    night = night_of("cyton", [], tail=10_000, hiccups=[(s, hiccup) for s in starts])
    assert not counted(night, "cyton", cuts).any()


@pytest.mark.parametrize("family", sorted(NUMBERINGS))
@pytest.mark.parametrize("drift", [-MAX_DRIFT, MAX_DRIFT])
def test_the_longest_silence_is_exact(family: str, drift: float) -> None:
    lost = round(MAX_SILENCE_S * SFREQ[family]) // 2 * 2
    night = night_of(family, [(4000, lost)], drift=drift)
    np.testing.assert_array_equal(counted(night, family, []), night.lost)


@given(st.lists(st.integers(1000, 5999), min_size=1, max_size=20, unique=True), cuttings)
def test_repeated_rows_are_left_out_and_nothing_else(rows: list[int], cuts: list[int]) -> None:
    night = night_of("cyton", [(3000, 45), (2000, 256)])
    times_sent = np.ones(len(night.ids), int)
    times_sent[rows] = 4
    again = Night(*(np.repeat(x, times_sent) for x in (night.ids, night.times, night.lost)))
    got = counted(again, "cyton", cuts)
    assert (got == -1).sum() == 3 * len(rows)
    np.testing.assert_array_equal(got[got >= 0], night.lost)


def test_a_frozen_number_is_one_sample_and_then_a_loss() -> None:
    night = night_of("cyton", [], tail=4000)
    night.ids[2000:2500] = night.ids[1999]
    got = counted(night, "cyton", list(range(0, 4000, 10)))
    assert (got[2000:2500] == -1).all()
    assert got[2500] == 500


def test_half_a_daisy_sample_is_a_lost_sample() -> None:
    # The driver sends the row with the number, and half the values, of the sample before.
    night = night_of("daisy", [], tail=1000)
    night.ids[500] = night.ids[499]
    got = counted(night, "daisy", [])
    assert (got[500], got[501]) == (-1, 1)
    assert (np.delete(got, [500, 501]) == 0).all()


def test_ganglion_impedance_packages_are_no_samples() -> None:
    night = night_of("ganglion", [(1000, 10)])
    ids = np.insert(night.ids, 600, [201, 202, 203, 204, 205])
    times = np.insert(night.times, 600, [night.times[600]] * 5)
    got = counted(Night(ids, times, night.lost), "ganglion", [599, 601, 603])
    assert (got[600:605] == -1).all()
    np.testing.assert_array_equal(np.delete(got, range(600, 605)), night.lost)


def test_ganglion_changes_its_compression() -> None:
    night = night_of("ganglion", [], tail=2000)
    night.ids[700:1300] += 100  # 19 bits a value instead of 18
    assert not counted(night, "ganglion", [701, 1299]).any()


def test_a_board_of_unknown_numbers_is_counted_by_the_clock() -> None:
    night = night_of("cyton", [(3000, 60), (3000, 1000)], hiccups=[(4.0, 1.0)])
    counter = counter_of(None, 250.0)
    got = np.concatenate([counter.push(np.zeros(len(night.ids)), night.times), counter.flush()])
    assert got[6000] == pytest.approx(1000, rel=0.05)
    assert got.sum() == got[6000]


def test_a_late_sample_is_held_until_it_is_clear_why() -> None:
    night = night_of("cyton", [(2000, 256)], tail=500)
    counter = counter_of("cyton", 250.0)
    assert not counter.push(night.ids[:2000], night.times[:2000]).any()
    assert counter.push(night.ids[2000:2100], night.times[2000:2100]).size == 0
    assert counter.held == 100
    decided = counter.push(night.ids[2100:], night.times[2100:])
    assert (decided[0], counter.held) == (256, 0)
    assert not decided[1:].any()


def test_flush_takes_the_held_for_lost() -> None:
    night = night_of("cyton", [(2000, 256)], tail=50)
    counter = counter_of("cyton", 250.0)
    counter.push(night.ids, night.times)
    assert counter.flush().sum() == 256
    assert counter.held == 0


def test_nothing_in_nothing_out() -> None:
    counter = counter_of("ganglion", 200.0)
    assert counter.push(np.zeros(0), np.zeros(0)).size == 0
    assert counter.flush().size == 0


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=60),
    st.sampled_from([*NUMBERINGS, None]),
    st.integers(1, 40),
    cuttings,
)
def test_any_times_give_an_answer_for_every_row(
    times: list[float], family: str | None, n_each: int, cuts: list[int]
) -> None:
    read = np.repeat(times, n_each)
    night = Night(np.arange(len(read)) % 100.0, read, np.zeros(0, np.int64))
    counter = counter_of(family, 250.0)
    bounds = np.unique(np.clip([0, *cuts, len(read)], 0, len(read)))
    out = [counter.push(night.ids[a:b], night.times[a:b]) for a, b in pairwise(bounds)]
    assert len(np.concatenate([*out, counter.flush()])) == len(read)


@given(cuttings)
def test_a_clock_that_stands_still_in_the_far_future_holds_no_night_back(cuts: list[int]) -> None:
    night = night_of("cyton", [], tail=15_000)
    night.times[1_000:] = 1e10
    counter = counter_of("cyton", 250.0)
    counter.push(night.ids, night.times)
    assert counter.held == 0
    np.testing.assert_array_equal(counted(night, "cyton", cuts), counted(night, "cyton", []))
