import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from monitor.sources.lsl_stamps import StampCounter

SFREQ = 250.0


def push(stamps: NDArray[np.float64], cuts: list[int]) -> NDArray[np.int64]:
    counter = StampCounter(SFREQ)
    return np.concatenate([counter.push(part) for part in np.split(stamps, sorted(cuts))])


def stamps_of(n_samples: int, losses: dict[int, int], drift: float = 0.0) -> NDArray[np.float64]:
    lost = np.zeros(n_samples, np.int64)
    for at, n in losses.items():
        lost[at] = n
    return 5e5 + np.cumsum(1 + lost) / SFREQ * (1 + drift)


@given(
    losses=st.dictionaries(st.integers(1, 2_500), st.integers(13, 100_000), max_size=4),
    cuts=st.lists(st.integers(0, 3_000), max_size=9),
    drift=st.floats(-1e-4, 1e-4),
)
def test_losses_are_counted_however_the_stream_is_cut_up(
    losses: dict[int, int], cuts: list[int], drift: float
) -> None:
    lost = push(stamps_of(3_000, losses, drift), cuts)
    assert len(lost) == 3_000
    want = np.zeros(3_000, np.int64)
    for at, n in losses.items():
        want[at] = n
    assert np.all(np.abs(lost - want) <= 1 + 1e-4 * want)
    assert set(np.flatnonzero(lost)) == set(losses)


@given(
    bursts=st.lists(st.integers(1, 200), min_size=5, max_size=20),
    cuts=st.lists(st.integers(0, 1_000), max_size=5),
)
def test_a_sender_that_stamps_whole_bursts_when_it_sends_them_has_lost_nothing(
    bursts: list[int], cuts: list[int]
) -> None:
    ends = np.cumsum(bursts)
    stamps = 77.0 + np.repeat(ends, bursts) / SFREQ
    assert not push(stamps, [min(cut, len(stamps)) for cut in cuts]).any()


def test_a_loss_is_told_a_second_after_it_and_a_steady_stream_at_once() -> None:
    counter = StampCounter(SFREQ)
    stamps = stamps_of(1_000, {400: 500})
    assert len(counter.push(stamps[:400])) == 400
    assert len(counter.push(stamps[400:600])) == 0
    lost = counter.push(stamps[600:700])
    assert lost[0] == 500
    assert len(lost) == 300
    assert len(counter.push(stamps[700:])) == 300


def test_a_pause_that_is_caught_up_is_no_loss() -> None:
    stamps = stamps_of(1_000, {})
    stamps[500:650] = stamps[650]
    assert not push(stamps, [510]).any()


def test_what_was_held_back_is_given_out_at_the_end() -> None:
    counter = StampCounter(SFREQ)
    assert len(counter.push(stamps_of(500, {400: 77}))) == 400
    assert counter.flush().tolist() == [77] + [0] * 99
    assert len(counter.flush()) == 0
