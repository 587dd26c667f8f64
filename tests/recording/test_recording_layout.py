"""Headers and annotations keep the rules of EDF+ whatever the names are."""

import re
from fractions import Fraction
from pathlib import Path

import edfio
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recording_reading import CYTON_UV, MONTAGE, START, counts, make
from recording_rules import check_rules

from monitor.domain.errors import InputError
from monitor.domain.inputs import Chunk
from monitor.domain.montage import Channel, ChannelKind, Montage, guess_kind
from service.recording.layout import labels, plan_layout

names = st.lists(st.text(max_size=30), min_size=1, max_size=4, unique=True)


@given(names, st.text(max_size=100), st.text("abcäß日 _", min_size=1, max_size=90), st.booleans())
def test_any_names_make_a_file_by_the_rules(
    tmp_path_factory: pytest.TempPathFactory,
    ch_names: list[str],
    dreamer: str,
    session: str,
    wide: bool,
) -> None:
    folder = tmp_path_factory.mktemp("names")
    montage = Montage(tuple(Channel(name, ChannelKind.EEG) for name in ch_names))
    recording = make(folder, montage, bits=24 if wide else 16, dreamer=dreamer)
    recording._base = folder / session  # the folder's own file system may have no such name
    header = recording._layout.header(START, dreamer, session)
    recording._base = folder / "night"
    recording.push(Chunk(np.zeros((len(ch_names), 150)), 0))
    recording.close()
    path = recording.paths[0]
    path.write_bytes(header[:236] + b"2       " + header[244:] + path.read_bytes()[len(header) :])
    check_rules(path)


def test_edfio_reads_what_the_header_says(tmp_path: Path) -> None:
    recording = make(tmp_path, dreamer="Zoë of bed 7")
    recording.push(Chunk(counts(300), 0))
    recording.close()
    file = edfio.read_bdf(recording.paths[0])
    assert file.patient.code == "Zoe_of_bed_7"
    assert file.recording.hospital_administration_code == "night"
    assert file.recording.equipment_code == "dreamwatch"
    assert file.recording.additional[-1] == "+0.250000s"
    assert [signal.label for signal in file.signals] == ["EEG C3-M2", "EOG-L"]
    assert [signal.transducer_type for signal in file.signals] == [
        "electrode, full scale 187500 uV"
    ] * 2
    steps = np.rint(counts(300) / CYTON_UV)
    assert np.array_equal([signal.digital for signal in file.signals], steps)


@pytest.mark.parametrize(
    ("zone", "day", "time"),
    [("UTC", "31.12.25", "23.59.59"), ("Asia/Tokyo", "01.01.26", "08.59.59")],
)
def test_the_start_is_told_in_local_time(
    monkeypatch: pytest.MonkeyPatch, zone: str, day: str, time: str
) -> None:
    import time as clock

    monkeypatch.setenv("TZ", zone)
    clock.tzset()
    header = plan_layout(MONTAGE, 250, 24).header(START - 1, "bed-7", "night")
    monkeypatch.undo()
    clock.tzset()
    assert header[168:184].decode() == day + time


@pytest.mark.parametrize(
    ("sfreq", "n_channels", "bits", "record_s"),
    [
        (250, 8, 24, 1), (125, 16, 24, 1), (256, 64, 16, 1), (250.5, 2, 24, 2), (500 / 3, 2, 24, 3),
        (333.3, 1, 16, 10), (1000, 64, 24, Fraction(1, 4)), (2048, 64, 24, Fraction(1, 8)),
    ],
)  # fmt: skip
def test_a_record_holds_whole_samples(
    sfreq: float, n_channels: int, bits: int, record_s: Fraction
) -> None:
    montage = Montage.from_names([f"C{i}" for i in range(n_channels)])
    layout = plan_layout(montage, sfreq, bits)
    assert layout.record_s == record_s
    assert layout.n_samples == pytest.approx(sfreq * record_s, rel=1e-9)


def test_a_rate_that_fits_no_record_is_named() -> None:
    with pytest.raises(InputError, match=r"sampling rate 256\.0123 Hz with 2 channels"):
        plan_layout(MONTAGE, 256.0123, 24)


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=6, unique=True))
def test_labels_differ_and_fit(ch_names: list[str]) -> None:
    found = labels(Montage.from_names(ch_names))
    assert len(set(found)) == len(ch_names)
    assert all(re.fullmatch(r"[!-~][ -~]{0,15}", label) for label in found)


@given(st.from_regex(r"[A-Za-z0-9é -]{0,20}(C3-M2|Cz|EOG|chin|eeg|E1)[A-Za-z0-9é -]{0,9}"))
def test_a_label_tells_the_kind(name: str) -> None:
    montage = Montage.from_names([name])
    kind = guess_kind(labels(montage)[0])
    assert montage.kinds[0] in (kind, ChannelKind.OTHER)
