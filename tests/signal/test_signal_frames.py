import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.signal.epocher import Epocher
from monitor.signal.frames import Framer, Frames, second_edges

cuts = st.lists(st.integers(0, 4_000), max_size=12)


def frames_of(data: np.ndarray, sfreq: float, at: list[int]) -> list[Frames]:
    framer = Framer(len(data), sfreq)
    pieces = np.split(data, sorted(cut for cut in at if cut < data.shape[1]), axis=1)
    return [framer.push(piece) for piece in pieces]


@given(cuts=cuts, sfreq=st.sampled_from([100.0, 102.4, 125.0, 199.9]))
def test_seconds_do_not_depend_on_the_chunks(cuts: list[int], sfreq: float) -> None:
    data = np.arange(4_000.0)[None]
    pieces = frames_of(data, sfreq, cuts)
    joined = np.concatenate([piece.data for piece in pieces], axis=1)
    edges = second_edges(0, int(4_000 / sfreq), sfreq)
    assert np.array_equal(joined, data[:, : edges[-1]])
    assert sum(piece.n_seconds for piece in pieces) == len(edges) - 1
    starts = [start for piece in pieces for start in piece.data[0, piece.edges[:-1]]]
    assert starts == edges[:-1].tolist()


def test_fractional_rate_never_drifts() -> None:
    edges = second_edges(0, 8 * 3600, 102.4)
    assert edges[-1] == round(8 * 3600 * 102.4)
    assert set(np.diff(edges)) == {102, 103}


@given(cuts=cuts)
def test_epochs_do_not_depend_on_the_chunks(cuts: list[int]) -> None:
    data = np.arange(2 * 7_000.0).reshape(2, -1)
    epocher = Epocher()
    epochs = [e for frames in frames_of(data, 100.0, cuts) for e in epocher.push(frames)]
    assert [epoch.index for epoch in epochs] == [0, 1]
    assert np.array_equal(np.concatenate([e.data for e in epochs], axis=1), data[:, :6_000])


@pytest.mark.parametrize("stop", [0, 99, 100, 3_050])
def test_framer_and_epocher_go_on_from_a_snapshot(stop: int) -> None:
    data = np.random.default_rng(0).normal(size=(2, 7_000))

    def run(framer: Framer, epocher: Epocher, part: np.ndarray) -> list[bytes]:
        return [epoch.data.tobytes() for epoch in epocher.push(framer.push(part))]

    framer, epocher = Framer(2, 100.0), Epocher()
    whole = run(Framer(2, 100.0), Epocher(), data)
    before = run(framer, epocher, data[:, :stop])
    resumed_framer, resumed_epocher = Framer(2, 100.0), Epocher()
    resumed_framer.restore(framer.snapshot())
    resumed_epocher.restore(epocher.snapshot())
    assert before + run(resumed_framer, resumed_epocher, data[:, stop:]) == whole
