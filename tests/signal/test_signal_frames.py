from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.epoch import Epoch
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


def epochs_of(data: np.ndarray, sfreq: float, at: list[int], every_s: int) -> list[Epoch]:
    epocher = Epocher(every_s)
    return [e for frames in frames_of(data, sfreq, at) for e in epocher.push(marked(frames))]


def marked(frames: Frames) -> Frames:
    """Give every second its number as flags, so that a shift would show."""
    numbers = frames.first_second + np.arange(frames.n_seconds)
    flags = np.repeat(numbers[:, None], len(frames.data), axis=1).astype(np.uint16)
    return replace(frames, artefacts=flags)


@given(cuts=cuts)
def test_epochs_do_not_depend_on_the_chunks(cuts: list[int]) -> None:
    data = np.arange(2 * 7_000.0).reshape(2, -1)
    epochs = epochs_of(data, 100.0, cuts, every_s=30)
    assert [(epoch.index, epoch.phase, epoch.onset_s) for epoch in epochs] == [
        (0, 0, 0),
        (1, 0, 30),
    ]
    assert np.array_equal(np.concatenate([e.data for e in epochs], axis=1), data[:, :6_000])
    assert np.concatenate([e.artefacts for e in epochs])[:, 1].tolist() == list(range(60))


@given(cuts=cuts, sfreq=st.sampled_from([80.0, 82.4]))
def test_a_window_of_thirty_seconds_comes_every_five(cuts: list[int], sfreq: float) -> None:
    data = np.arange(2 * 6_000.0).reshape(2, -1)
    windows = epochs_of(data, sfreq, cuts, every_s=5)
    last_onset_s = int(6_000 / sfreq) - 30
    assert [window.onset_s for window in windows] == list(range(0, last_onset_s + 1, 5))
    for window in windows:
        assert window.index * 30 + window.phase * 5 == window.onset_s
        assert window.phase in range(6)
        edges = second_edges(window.onset_s, window.end_s, sfreq)
        assert np.array_equal(window.data, data[:, edges[0] : edges[-1]])
        assert window.artefacts[:, 0].tolist() == list(range(window.onset_s, window.end_s))


@given(
    stop=st.sampled_from([0, 99, 100, 3_050]) | st.integers(0, 7_000),
    every_s=st.sampled_from([30, 5]),
)
def test_framer_and_epocher_go_on_from_a_snapshot(stop: int, every_s: int) -> None:
    data = np.random.default_rng(0).normal(size=(2, 7_000))

    def run(framer: Framer, epocher: Epocher, part: np.ndarray) -> list[tuple[int, bytes, bytes]]:
        windows = epocher.push(marked(framer.push(part)))
        return [(w.onset_s, w.data.tobytes(), w.artefacts.tobytes()) for w in windows]

    framer, epocher = Framer(2, 100.0), Epocher(every_s)
    whole = run(Framer(2, 100.0), Epocher(every_s), data)
    before = run(framer, epocher, data[:, :stop])
    resumed_framer, resumed_epocher = Framer(2, 100.0), Epocher(every_s)
    resumed_framer.restore(framer.snapshot())
    resumed_epocher.restore(epocher.snapshot())
    assert before + run(resumed_framer, resumed_epocher, data[:, stop:]) == whole
