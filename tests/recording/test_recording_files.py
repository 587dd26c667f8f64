"""What is recorded is read back: the same signal, the same gaps, in files that keep the rules."""

from itertools import pairwise
from pathlib import Path

import mne
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recording_reading import (
    MONTAGE,
    START,
    counts,
    make,
    open_mne,
    read_back,
    signal_and_gaps,
)
from recording_rules import check_rules

from monitor.domain.epoch import ScoredEpoch
from monitor.domain.errors import InputError
from monitor.domain.events import CommandDone, EpochScored, Event, Reason, SamplesLost, WakeStep
from monitor.domain.inputs import Chunk, Gap, Input, Tick
from monitor.domain.montage import Montage
from monitor.domain.stage import Stage
from monitor.sources.annotations import END_TEXT, read_annotations
from monitor.sources.edf import open_edf
from service.recording.recording import LONGEST_GAP_S

causes = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=30)
stretches = st.lists(st.tuples(st.integers(1, 350), st.none() | causes), min_size=1, max_size=8)


def build(plan: list[tuple[int, str | None]], data: np.ndarray) -> list[Input]:
    """Turn stretches into inputs: signal, or a gap with this cause."""
    items: list[Input] = []
    first = 0
    for n_samples, cause in [(1, None), *plan]:
        chunk = Chunk(data[:, first : first + n_samples], first)
        items.append(chunk if cause is None else Gap(first, n_samples, cause))
        first += n_samples
    return items


@given(stretches, st.lists(st.integers(0, 2_800), max_size=9), st.booleans())
def test_what_is_recorded_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, plan: list, holes: list[int], wide: bool
) -> None:
    data = counts(2_801) if wide else np.round(counts(2_801) / 60, 1)
    data[:, holes] = np.nan
    data[0, :: 7 * (1 + len(holes))] = np.inf
    montage = MONTAGE if wide else Montage.from_names(MONTAGE.ch_names)
    items = build(plan, data)
    recording = make(tmp_path_factory.mktemp("trip"), montage, bits=24 if wide else 16)
    for item in items:
        recording.push(item)
    recording.close()
    told = check_rules(recording.paths[0])
    assert recording.trouble == ""
    found, gaps = signal_and_gaps(read_back(recording.paths[0]))
    expected, lost = signal_and_gaps(items)
    expected[~np.isfinite(expected)] = np.nan
    assert gaps == lost
    assert sum(text.startswith("Gap: ") for _, _, text in told) == len(lost)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 if wide else 0.0501)


@given(st.sets(st.integers(1, 1_233), max_size=30))
def test_any_chunking_makes_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, cuts: set[int]
) -> None:
    files = []
    for borders in ([0, 1_234], sorted({0, 1_234, *cuts})):
        recording = make(tmp_path_factory.mktemp("cut"))
        for first, last in pairwise(borders):
            recording.push(Chunk(counts(1_234)[:, first:last], first))
        recording.close()
        files.append(recording.paths[0].read_bytes())
    assert files[0] == files[1]


def scored(index: int, stage: Stage) -> EpochScored:
    return EpochScored(START + 30 * (index + 1), ScoredEpoch(index, 30.0 * index, stage))


EVENTS: list[Event] = [
    scored(0, Stage.N2),
    scored(1, Stage.UNSCORED),
    WakeStep(START + 61.5, "CUE", 1, 3, 65, None, Reason("planned", "")),
    CommandDone(START + 62.25, "c1", "respond", "Zoë"),
    SamplesLost(START + 63, 1, 2, "told by the gap itself"),
]


def test_mne_reads_the_annotations(tmp_path: Path) -> None:
    recording = make(tmp_path)
    recording.push(Chunk(counts(6_050), 0))
    recording.push(Gap(6_050, 45, "packets lost"))
    recording.note(EVENTS)
    recording.push(Chunk(counts(1_010), 6_095))
    recording.close()
    raw = open_mne(recording.paths[0])
    assert raw.info["sfreq"] == 100
    assert raw.ch_names == ["EEG C3-M2", "EOG-L"]
    annotations = mne.read_annotations(recording.paths[0])
    told = zip(annotations.onset, annotations.duration, annotations.description, strict=True)
    expected = [
        (0, 30, "Sleep stage N2"),
        (30, 30, "Sleep stage ?"),
        (60.5, 0.45, "Gap: 45 samples lost (packets lost)"),
        (61.5, 0, "Cue 1 of 3 65 dBA"),
        (62.25, 0, "Command respond by Zoë"),
        (71.05, 0, END_TEXT),
    ]
    assert [(round(o, 7), d, t) for o, d, t in told] == expected
    check_rules(recording.paths[0])


def test_a_record_is_in_the_file_as_soon_as_it_is_full(tmp_path: Path) -> None:
    recording = make(tmp_path)
    data = counts(1_000)
    for first in range(0, 1_000, 50):
        recording.push(Chunk(data[:, first : first + 50], first))
        if first + 50 < 100:
            continue
        check_rules(recording.paths[0])
        source = open_edf(str(recording.paths[0]), {})
        assert source.n_samples == (first + 50) // 100 * 100
        source.close()


def test_a_long_gap_ends_the_file_and_the_next_begins_at_the_right_time(tmp_path: Path) -> None:
    recording = make(tmp_path)
    recording.push(Chunk(counts(250), 0))
    lost = round(LONGEST_GAP_S * 100) + 100
    recording.push(Gap(250, lost - 100, "dongle unplugged"))
    recording.push(Gap(150 + lost, 100, "board off"))
    recording.push(Chunk(counts(300), 250 + lost))
    recording.close()
    assert [path.name for path in recording.paths] == ["night.bdf", "night.part2.bdf"]
    seconds = START + (250 + lost) / 100 - int(START)
    raw = open_mne(recording.paths[1])
    assert raw.info["meas_date"].timestamp() % 86_400 == int(seconds)
    field = recording.paths[1].read_bytes()[88:168].decode()
    assert f"+{seconds % 1:.6f}s" in field
    assert [text for *_, text in check_rules(recording.paths[1])] == [
        "Recording goes on after 100 samples without (board off)"
    ]


def test_a_session_that_goes_on_never_touches_its_first_file(tmp_path: Path) -> None:
    first = make(tmp_path)
    first.push(Chunk(counts(250), 0))
    before = first.paths[0].read_bytes()  # killed: never closed
    resumed = make(tmp_path)
    resumed.push(Gap(250, 4_000, "service stopped"))
    resumed.push(Chunk(counts(500, seed=1), 4_250))
    resumed.note([scored(0, Stage.N2), scored(1, Stage.N1)])
    resumed.close()
    assert first.paths[0].read_bytes() == before
    assert [path.name for path in resumed.paths] == ["night.part2.bdf"]
    told = check_rules(resumed.paths[0])
    assert (27.5, 30, "Sleep stage N1") in told
    assert (0, 40, "Gap: 4000 samples lost (service stopped)") in told
    found, gaps = signal_and_gaps(read_back(resumed.paths[0]))
    np.testing.assert_allclose(found[:, 4_000:], counts(500, seed=1), rtol=1e-9)
    assert gaps == [Gap(0, 4_000, "service stopped")]


def test_a_storm_of_gaps_stays_bounded_and_loses_no_sample(tmp_path: Path) -> None:
    recording = make(tmp_path)
    data = counts(12_000)
    for first in range(0, 12_000, 10):
        recording.push(Chunk(data[:, first : first + 9], first))
        recording.push(Gap(first + 9, 1, "packets lost"))
    recording.close()
    told = [text for *_, text in check_rules(recording.paths[0])]
    left_out = sum(int(text.split()[0]) for text in told if "left out" in text)
    assert left_out + sum(text.startswith("Gap: 1 sample lost") for text in told) == 1_200
    found, gaps = signal_and_gaps(read_back(recording.paths[0]))
    assert 0 < len(gaps) < 1_200
    data[:, 9::10] = np.nan
    np.testing.assert_allclose(found, data, rtol=1e-9)


def test_samples_beyond_the_range_stand_at_its_ends(tmp_path: Path) -> None:
    recording = make(tmp_path, Montage.from_names(["C3", "C4"], 3276.7), bits=16)
    recording.push(Chunk(np.array([[9e9, -9e9, 3276.7, -3276.7, 0.04]] * 2), 0))
    recording.close()
    found, _ = signal_and_gaps(read_back(recording.paths[0]))
    assert found[0] == pytest.approx([3276.7, -3276.6, 3276.7, -3276.6, 0.0])
    source = open_edf(str(recording.paths[0]), {})
    assert [channel.rail_uv for channel in source.montage.channels] == [3276.7] * 2
    source.close()


def test_seek_goes_on_within_a_gap(tmp_path: Path) -> None:
    recording = make(tmp_path)
    for item in (Chunk(counts(250), 0), Gap(250, 1_000, "off"), Chunk(counts(50), 1_250)):
        recording.push(item)
    recording.close()
    source = open_edf(str(recording.paths[0]), {})
    source.seek(300)
    assert source.read() == [Gap(300, 950, "off")]
    items = source.read()
    assert items is not None
    assert (items[0].first_sample, items[0].n_samples) == (1_250, 50)
    assert source.read() is None
    source.close()


def test_what_does_not_follow_is_refused(tmp_path: Path) -> None:
    recording = make(tmp_path)
    recording.push(Chunk(counts(250), 0))
    recording.push(Tick(9_999))
    with pytest.raises(InputError, match="expected sample 250 to record, got 251"):
        recording.push(Gap(251, 1, "x"))


def test_a_long_cause_is_cut_and_the_gap_still_read(tmp_path: Path) -> None:
    recording = make(tmp_path)
    recording.push(Chunk(counts(50), 0))
    recording.push(Gap(50, 45, "ö" * 500))
    recording.push(Chunk(counts(5), 95))
    recording.close()
    check_rules(recording.paths[0])
    _, gaps = signal_and_gaps(read_back(recording.paths[0]))
    assert [(gap.first_sample, gap.n_samples, gap.cause[:9]) for gap in gaps] == [(50, 45, "ö" * 9)]
    assert len(read_annotations(recording.paths[0])) == 1
