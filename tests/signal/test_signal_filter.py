from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import butter, freqz_sos

from monitor.domain.errors import InputError
from monitor.domain.quality import Artefact
from monitor.signal.filter import PASSBAND_HZ, SETTLE_S, SosFilter
from monitor.signal.frames import Framer, Frames

SFREQ = 100.0


def seconds(data: np.ndarray) -> Frames:
    return Framer(len(data), SFREQ).push(data)


def filtered(data: np.ndarray, good: np.ndarray, cuts: list[int]) -> np.ndarray:
    """Filter in pieces that end at these seconds."""
    sos, out = SosFilter(len(data), SFREQ), []
    stops = [0, *sorted(set(cuts)), good.shape[0]]
    for first, last in pairwise(stops):
        piece = seconds(data[:, int(first * SFREQ) : int(last * SFREQ)])
        bad = np.uint16(Artefact.NOISE) * ~good[first:last]
        out.append(sos.push(replace(piece, artefacts=bad)).data)
    return np.concatenate(out, axis=1)


masks = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=20, max_size=20)


@given(mask=masks, cuts=st.lists(st.integers(1, 19), max_size=6))
def test_bitwise_the_same_under_any_chunking_and_any_loss(
    mask: list[tuple[bool, bool]], cuts: list[int]
) -> None:
    data = np.random.default_rng(1).normal(0, 50, size=(2, 2_000)).cumsum(axis=1)
    good = np.array(mask)
    whole = filtered(data, good, [])
    assert filtered(data, good, cuts).tobytes() == whole.tobytes()


@given(mask=masks, when=st.integers(0, 19))
def test_the_future_changes_nothing_past(mask: list[tuple[bool, bool]], when: int) -> None:
    data = np.random.default_rng(2).normal(0, 50, size=(2, 2_000))
    other = data.copy()
    other[:, int(when * SFREQ) :] *= -3
    past = slice(0, int(when * SFREQ))
    first, second = (filtered(x, np.array(mask), [])[:, past] for x in (data, other))
    assert first.tobytes() == second.tobytes()


def test_an_offset_makes_no_transient() -> None:
    out = filtered(np.full((1, 1_000), 187_000.0), np.ones((10, 1), dtype=bool), [])
    assert np.abs(out[0, int(SETTLE_S * SFREQ) :]).max() < 1e-6


def test_bad_and_settling_seconds_are_never_handed_on() -> None:
    data = np.random.default_rng(3).normal(0, 20, size=(2, 1_000))
    good = np.ones((10, 2), dtype=bool)
    good[5, 0] = False
    data[0, 500:600] = np.nan
    usable = np.isfinite(filtered(data, good, [])).reshape(2, 10, 100).all(axis=2)
    assert usable[0].tolist() == [False] * 2 + [True] * 3 + [False] * 3 + [True] * 2
    assert usable[1].tolist() == [False] * 2 + [True] * 8


def test_seconds_in_which_the_filter_settles_are_marked() -> None:
    frames = seconds(np.random.default_rng(3).normal(0, 20, size=(1, 1_000)))
    frames.artefacts[5] = Artefact.RAILED | Artefact.MAINS
    marks = SosFilter(1, SFREQ).push(frames).artefacts[:, 0]
    assert np.flatnonzero(marks & Artefact.SETTLING).tolist() == [0, 1, 6, 7]
    assert marks[5] == Artefact.RAILED | Artefact.MAINS


def test_rows_that_are_not_picked_are_not_handed_on_and_touch_no_other() -> None:
    frames = seconds(np.random.default_rng(3).normal(0, 20, size=(3, 1_000)))
    every, some = (SosFilter(3, SFREQ, picks).push(frames) for picks in (None, [0, 2]))
    assert some.data[[0, 2]].tobytes() == every.data[[0, 2]].tobytes()
    assert np.isnan(some.data[1]).all()
    assert not some.artefacts[:, 1].any(), "it is not the signal's fault"


def test_pass_band_holds_the_staging_bands() -> None:
    sos = butter(2, PASSBAND_HZ, "bandpass", fs=SFREQ, output="sos")
    gain = np.abs(freqz_sos(sos, [0.05, 0.5, 4, 16, 30, 50 - 1e-6], fs=SFREQ)[1])
    assert gain[0] < 0.05
    assert (gain[1:5] > 0.85).all()
    assert gain[5] < 1e-3


@pytest.mark.parametrize("sfreq", [0.0, 79.0, 1e6, float("nan")])
def test_a_rate_out_of_range_is_refused(sfreq: float) -> None:
    with pytest.raises(InputError, match="outside 80 to 2048 Hz"):
        SosFilter(1, sfreq)
