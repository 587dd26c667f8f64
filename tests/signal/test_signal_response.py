"""Responses to a cue: seen where they are planted, and not where nothing is."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import lfilter

from monitor.domain.epoch import ScoredEpoch
from monitor.domain.inputs import Chunk
from monitor.domain.montage import STAGED, Montage
from monitor.domain.response import Cue, Grade, Response
from monitor.domain.stage import STAGES, Stage
from monitor.signal.artefacts import ArtefactDetector
from monitor.signal.filter import SosFilter
from monitor.signal.frames import Framer, Frames
from monitor.signal.reactions import EVOKED_SHARE
from monitor.signal.response import MEMORY_S, ResponseMeter
from monitor.sources.simulator import open_simulator
from monitor.sources.simulator.reactions import Reaction, draw_reaction

START = 1_700_000_000.25
SFREQ = 100.0
MONTAGE = Montage.from_names(["C3-M2", "C4-M1", "Chin"])
CUE_S = 160.0
N_SECONDS = 230


def judged(data: NDArray[np.float64], montage: Montage, sfreq: float) -> tuple[Frames, Frames]:
    """Return the signal as a session hands it to the meter: raw, and filtered."""
    frames = ArtefactDetector(montage).push(Framer(len(data), sfreq).push(data))
    return frames, SosFilter(len(data), sfreq, montage.picks(*STAGED)).push(frames)


def make_meter(
    stages: Iterable[Stage], montage: Montage = MONTAGE, sfreq: float = SFREQ
) -> ResponseMeter:
    """Return a meter that knows these stages since the start."""
    meter = ResponseMeter(montage, sfreq, START)
    for index, stage in enumerate(stages):
        meter.note(ScoredEpoch(index, 30.0 * index, stage))
    return meter


def cue_at(at_s: float, number: int = 1) -> Cue:
    return Cue(START + at_s, number, 30.0, 60.0)


def quiet(seed: int = 1, sfreq: float = SFREQ, n_seconds: int = N_SECONDS) -> NDArray[np.float64]:
    """Sleep of two EEG channels without any event, of about 10 µV RMS, and a quiet chin."""
    noise = np.random.default_rng(seed).standard_normal((3, round(n_seconds * sfreq)))
    signal = lfilter([1.0], [1.0, -0.95], noise, axis=1) * 3
    signal[2] = noise[2] * 2
    return signal


def grade(
    data: NDArray[np.float64],
    stage: Stage = Stage.N2,
    after: Stage | None = None,
    cue: Cue | None = None,
    montage: Montage = MONTAGE,
    sfreq: float = SFREQ,
) -> Response:
    """Grade a cue at `CUE_S`, in the sixth epoch: one stage before, perhaps another after."""
    stages = [stage] * 5 + [after or stage] * 2
    meter = make_meter(stages, montage, sfreq)
    meter.push(*judged(data, montage, sfreq))
    return meter.grade(cue or cue_at(CUE_S))


def bump(data: NDArray[np.float64], at_s: float, uv: float = 150.0, sfreq: float = SFREQ) -> None:
    """Add a slow wave of half a second to the EEG."""
    first, wave = round(at_s * sfreq), uv * np.hanning(round(0.5 * sfreq))
    data[:2, first : first + len(wave)] += wave


def rhythm(
    data: NDArray[np.float64],
    at_s: float,
    seconds: float,
    hz: float = 10.0,
    uv: float = 40.0,
    chin_uv: float = 0.0,
) -> None:
    """Add a rhythm to the EEG, and noise to the chin."""
    first, n_samples = round(at_s * SFREQ), round(seconds * SFREQ)
    span = slice(first, first + n_samples)
    data[:2, span] += uv * np.sin(2 * np.pi * hz * np.arange(n_samples) / SFREQ)
    data[2, span] += chin_uv * np.random.default_rng(0).standard_normal(n_samples)


# --- each grade, by what defines it ---------------------------------------------------------------


def test_nothing_is_told_as_nothing_with_what_was_measured() -> None:
    response = grade(quiet())
    assert (response.grade, response.stage) == (Grade.NONE, Stage.N2)
    assert response.value is not None
    assert response.value > EVOKED_SHARE == response.limit


@pytest.mark.parametrize("sfreq", [100.0, 128.5, 250.0, 500.0])
@pytest.mark.parametrize("at_s", [CUE_S, 160.37])
def test_a_slow_wave_half_a_second_after_the_cue_is_an_evoked_complex(
    sfreq: float, at_s: float
) -> None:
    data = quiet(sfreq=sfreq)
    bump(data, at_s + 0.5, sfreq=sfreq)
    response = grade(data, cue=cue_at(at_s), sfreq=sfreq)
    assert response.grade is Grade.R1
    assert response.value is not None
    assert response.value <= EVOKED_SHARE


@pytest.mark.parametrize("late_s", [-1.0, 2.0, 10.0])
def test_a_slow_wave_at_another_time_is_none(late_s: float) -> None:
    data = quiet()
    bump(data, CUE_S + late_s)
    assert grade(data).grade is Grade.NONE


def test_what_comes_by_itself_as_often_is_no_evoked_complex() -> None:
    data = quiet()
    for k in range(20):
        bump(data, CUE_S + 0.5 - 6 * k)
    assert grade(data).grade is Grade.NONE


def test_what_earlier_cues_evoked_does_not_hide_what_this_one_does() -> None:
    data = quiet()
    for second in range(28):
        bump(data, CUE_S - 60 + second)
    bump(data, CUE_S + 0.5)
    assert grade(data, cue=cue_at(CUE_S, number=2)).grade is Grade.R1
    assert grade(data, cue=cue_at(CUE_S, number=1)).grade is Grade.NONE


@pytest.mark.parametrize("hz", [10.0, 20.0])
@pytest.mark.parametrize("stage", [Stage.N1, Stage.N2, Stage.N3])
def test_some_seconds_of_faster_eeg_are_an_arousal(stage: Stage, hz: float) -> None:
    data = quiet()
    rhythm(data, CUE_S + 4, 5.0, hz)
    response = grade(data, stage)
    assert (response.grade, response.limit, response.unit) == (Grade.R2, 3, "s")
    assert response.value == pytest.approx(5, abs=1)


@pytest.mark.parametrize(
    ("after_s", "seconds", "hz", "why"),
    [
        (4, 1.9, 10, "too short"),
        (25, 5, 10, "too late"),
        (4, 5, 13.5, "a spindle's frequency"),
        (4, 5, 2, "slower"),
    ],
)
def test_what_is_no_arousal(after_s: float, seconds: float, hz: float, why: str) -> None:
    data = quiet()
    rhythm(data, CUE_S + after_s, seconds, hz)
    assert grade(data).grade is Grade.NONE, why


def test_an_arousal_needs_ten_seconds_of_sleep_before_it() -> None:
    data = quiet()
    rhythm(data, CUE_S - 6, 5.0)
    rhythm(data, CUE_S + 4, 5.0)
    assert grade(data).grade is Grade.NONE


def test_in_rem_an_arousal_also_needs_the_chin() -> None:
    without, with_chin = quiet(), quiet()
    rhythm(without, CUE_S + 4, 5.0)
    rhythm(with_chin, CUE_S + 4, 5.0, chin_uv=20.0)
    assert grade(without, Stage.R).grade is Grade.NONE
    assert grade(with_chin, Stage.R).grade is Grade.R2


def test_in_rem_without_a_chin_an_arousal_cannot_be_told() -> None:
    two = Montage.from_names(["C3-M2", "C4-M1"])
    data = quiet()
    assert grade(data[:2], Stage.R, montage=two).grade is Grade.UNKNOWN
    assert grade(data[:2], Stage.N2, montage=two).grade is Grade.NONE
    data[2] = 0.0
    assert grade(data, Stage.R).grade is Grade.UNKNOWN, "a chin electrode that is off"


def test_fifteen_seconds_of_wake_eeg_are_an_awakening() -> None:
    data = quiet()
    rhythm(data, CUE_S + 30, 18.0)
    response = grade(data)
    assert (response.grade, response.text) == (Grade.R3, "wake EEG")


def test_an_epoch_of_wake_after_the_cue_is_an_awakening() -> None:
    data = quiet()
    assert grade(data, Stage.R, Stage.W).grade is Grade.R3
    meter = make_meter([Stage.N2] * 4 + [Stage.W, Stage.N2, Stage.N2])
    meter.push(*judged(data, MONTAGE, SFREQ))
    assert meter.grade(cue_at(CUE_S)).grade is not Grade.R3, "it was over before the cue"


def test_a_gross_movement_is_a_response_and_a_twitch_is_none() -> None:
    moved, twitched = quiet(), quiet()
    for data, seconds in ((moved, 8), (twitched, 2)):
        span = slice(round((CUE_S + 20) * SFREQ), round((CUE_S + 20 + seconds) * SFREQ))
        t = np.arange(span.stop - span.start) / SFREQ
        data[:2, span] += 250 * np.sin(2 * np.pi * 0.9 * t)
    assert grade(moved).text == "gross movement"
    assert grade(twitched).grade is Grade.NONE


# --- where nothing can be told --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first_s", "end_s"), [(159, 162), (161, 175), (170, 200), (0, 150)], ids=str
)
def test_bad_contact_is_never_no_response(first_s: int, end_s: int) -> None:
    data = quiet()
    data[:2, round(first_s * SFREQ) : round(end_s * SFREQ)] = np.nan
    assert grade(data).grade is Grade.UNKNOWN


def test_one_good_channel_is_enough() -> None:
    data = quiet()
    data[0] = np.nan
    assert grade(data).grade is Grade.NONE
    bump(data, CUE_S + 0.5)
    assert grade(data).grade is Grade.R1


def test_a_response_counts_however_bad_the_rest_is() -> None:
    data = quiet()
    bump(data, CUE_S + 0.5)
    data[:2, round((CUE_S + 20) * SFREQ) :] = np.nan
    assert grade(data).grade is Grade.R1


@pytest.mark.parametrize("stage", [Stage.W, Stage.UNSCORED])
def test_out_of_no_sleep_nothing_is_excluded(stage: Stage) -> None:
    assert grade(quiet(), stage, Stage.N1).grade is Grade.UNKNOWN


def test_too_little_before_the_cue_or_nothing_at_all() -> None:
    just_fell_asleep = [Stage.W, Stage.W, Stage.W, Stage.W, Stage.N2, Stage.N2, Stage.N2]
    meter = make_meter(just_fell_asleep)
    meter.push(*judged(quiet(), MONTAGE, SFREQ))
    assert meter.grade(cue_at(152.0)).grade is Grade.UNKNOWN
    assert make_meter([]).grade(cue_at(152.0)).grade is Grade.UNKNOWN
    assert make_meter([]).grade(cue_at(-500.0)).grade is Grade.UNKNOWN, "a session before this"


# --- stream --------------------------------------------------------------------------------------

seconds = st.lists(st.integers(1, N_SECONDS - 1), max_size=20)


@settings(max_examples=25)
@given(cuts=seconds, stop=st.integers(0, 219), later=st.integers(221, N_SECONDS))
def test_any_chunking_and_a_restart_change_nothing_and_the_future_is_not_looked_at(
    cuts: list[int], stop: int, later: int
) -> None:
    data = quiet(3)
    bump(data, CUE_S + 0.5, 90.0)
    raw, filtered = judged(data, MONTAGE, SFREQ)
    whole = make_meter([Stage.N2] * 7)
    whole.push(raw, filtered)
    meter = make_meter([Stage.N2] * 7)
    borders = sorted({0, stop, later, *(cut for cut in cuts if cut < later)})
    for first, end in pairwise(borders):
        meter.push(raw.cut(first, end), filtered.cut(first, end))
        if end == stop:
            saved, meter = meter.snapshot(), make_meter([])
            meter.restore(saved)
    for at_s in (CUE_S, 159.6):
        assert meter.grade(cue_at(at_s)) == whole.grade(cue_at(at_s))


def test_the_memory_is_bounded() -> None:
    meter = ResponseMeter(MONTAGE, SFREQ, START)
    raw, filtered = judged(quiet(), MONTAGE, SFREQ)
    for turn in range(8):
        for second in range(N_SECONDS):
            one = (frames.cut(second, second + 1) for frames in (raw, filtered))
            first = turn * N_SECONDS + second
            meter.push(*(Frames(first, f.edges, f.data, f.artefacts) for f in one))
            meter.note(ScoredEpoch(first, 30.0 * first, Stage.N2))
    saved = meter.snapshot()
    assert saved["kept"]["data"].shape == (2, MEMORY_S * SFREQ)
    assert saved["kept"]["first_second"] == 8 * N_SECONDS - MEMORY_S
    assert len(saved["tone"]) == MEMORY_S
    assert len(saved["epochs"]) <= 10


# --- how often it is right ------------------------------------------------------------------------


def cues_of(stages: list[Stage], wanted: set[Stage]) -> list[int]:
    """Seconds in sleep, some way into a stage; no epoch after them is W."""
    found = range(200, 30 * len(stages) - 90, 47)
    return [
        t
        for t in found
        if stages[t // 30 - 1] in wanted
        and len({stages[t // 30 - k] for k in (0, 1, 2, 3)}) == 1
        and Stage.W not in stages[t // 30 : t // 30 + 3]
    ]


def graded(
    data: NDArray[np.float64], montage: Montage, stages: list[Stage], at_s: float
) -> Response:
    """Grade a cue in a long recording, of which only what matters is worked on."""
    first = int(at_s) - 150
    raw, filtered = judged(
        data[:, round(first * SFREQ) : round((at_s + 61) * SFREQ)], montage, SFREQ
    )
    meter = make_meter(stages[: int(at_s + 60) // 30], montage)
    meter.push(
        *(Frames(first + f.first_second, f.edges, f.data, f.artefacts) for f in (raw, filtered))
    )
    return meter.grade(cue_at(at_s))


@pytest.fixture(scope="module")
def night() -> tuple[NDArray[np.float64], Montage, list[Stage]]:
    params = {"scenario": "cold-start", "hours": "2", "sfreq": "100", "seed": "4"}
    source = open_simulator(params)
    pieces: list[NDArray[np.float64]] = []
    while (items := source.read()) is not None:
        pieces += [item.data for item in items if isinstance(item, Chunk)]
    return np.concatenate(pieces, axis=1), source.montage, source.truth()


def shares(night, wanted: set[Stage], reaction: Reaction | None) -> tuple[Counter[Grade], int]:
    data, montage, stages = night
    grades: Counter[Grade] = Counter()
    cues = cues_of(stages, wanted)
    for t in cues:
        shown = data.copy()
        if reaction is not None:
            waves = draw_reaction(np.random.default_rng(t), reaction, SFREQ)
            shown[:, round(t * SFREQ) : round(t * SFREQ) + waves.shape[1]] += waves
        grades[graded(shown, montage, stages, t).grade] += 1
    return grades, len(cues)


NREM, REM = {Stage.N2, Stage.N3}, {Stage.R}


@pytest.mark.parametrize(
    ("wanted", "reaction", "found", "least"),
    [
        (NREM, Reaction.EVOKED, {Grade.R1}, 0.85),
        (REM, Reaction.EVOKED, {Grade.R1}, 0.85),
        (NREM, Reaction.AROUSAL, {Grade.R2, Grade.R3}, 0.9),
        (REM, Reaction.AROUSAL, {Grade.R2, Grade.R3}, 0.9),
        (NREM, None, {Grade.NONE, Grade.UNKNOWN}, 0.88),
        (REM, None, {Grade.NONE, Grade.UNKNOWN}, 0.88),
    ],
)
def test_simulated_responses_are_graded_right(night, wanted, reaction, found, least) -> None:
    grades, count = shares(night, wanted, reaction)
    assert count >= 15
    assert sum(grades[grade] for grade in found) / count >= least, (grades, count)
    assert grades[Grade.UNKNOWN] / count <= 0.1


@pytest.mark.shared_data
def test_in_real_sleep_a_cue_that_never_was_is_hardly_ever_answered(shared_data: Path) -> None:
    """Spontaneous arousals are among the answers: nobody scored them."""
    with np.load(shared_data / "raw" / "sc4001_excerpt.npz") as file:
        data = file["x_uv"][None].astype(float)
        stages = [STAGES[code] if code >= 0 else Stage.UNSCORED for code in file["stages"]]
    montage = Montage.from_names(["EEG Fpz-Cz"])
    sleep = [t for t in range(160, 30 * len(stages) - 90, 5) if stages[t // 30 - 1].is_sleep]
    stays = [t for t in sleep if Stage.W not in stages[t // 30 : t // 30 + 3]]
    grades = Counter(graded(data, montage, stages, t).grade for t in stays)
    count = sum(grades.values())
    assert count >= 300
    assert grades[Grade.R1] / count <= 0.05
    assert grades[Grade.R2] / count <= 0.05
    assert grades[Grade.R3] / count <= 0.06
    assert grades[Grade.UNKNOWN] / count <= 0.1
