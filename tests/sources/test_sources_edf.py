from collections.abc import Callable
from pathlib import Path

import edfio
import mne
import numpy as np
import pytest

from monitor.domain.errors import SourceError
from monitor.domain.inputs import Chunk
from monitor.domain.montage import ChannelKind, guess_kind
from monitor.sources.edf import EdfSource, open_edf
from monitor.sources.spec import open_source, parse_spec

NAMES = {"EEG Fpz-Cz": 100, "EOG horizontal": 100, "EMG submental": 1, "Temp rectal": 1}


def write(path: Path, **rates: float) -> Path:
    """Write a minute in which channel k counts its samples, offset by 10 k."""
    signals = [
        edfio.EdfSignal(
            (np.arange(60 * rate) % 1_000 + 10 * k).astype(float),
            rate,
            label=label,
            physical_dimension="uV",
            physical_range=(-2_000, 2_000),
        )
        for k, (label, rate) in enumerate((rates or NAMES).items())
    ]
    edfio.Edf(signals).write(path)
    return path


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write(tmp_path / "night.edf")


def header_field(first: int, text: bytes) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        header = bytearray(path.read_bytes())
        header[first : first + len(text)] = text
        path.write_bytes(header)

    return damage


def read_all(source: EdfSource) -> np.ndarray:
    pieces = []
    while (items := source.read()) is not None:
        for item in items:
            assert isinstance(item, Chunk)
            assert item.first_sample == sum(piece.shape[1] for piece in pieces)
            pieces.append(item.data)
    return np.concatenate(pieces, axis=1)


def test_default_channels_are_those_of_the_eegs_rate(recording: Path) -> None:
    source = open_edf(str(recording), {})
    assert source.montage.ch_names == ("EEG Fpz-Cz", "EOG horizontal")
    assert source.montage.kinds == (ChannelKind.EEG, ChannelKind.EOG)
    assert (source.sfreq, source.n_samples) == (100.0, 6_000)


@pytest.mark.parametrize("chunk_s", [0.5, 1.0, 300.0])
def test_samples_are_microvolts_in_order_at_any_chunk(recording: Path, chunk_s: float) -> None:
    data = read_all(open_edf(str(recording), {"channels": "eog horizontal,fpz-cz"}, chunk_s))
    counted = np.arange(6_000) % 1_000
    assert np.abs(data - np.stack([counted + 10, counted])).max() < 0.05


def test_seek_goes_on_where_it_should(recording: Path) -> None:
    whole = read_all(open_edf(str(recording), {}))
    source = open_edf(str(recording), {})
    source.seek(4_321)
    items = source.read()
    assert items is not None
    assert items[0].first_sample == 4_321
    assert np.array_equal(items[0].data, whole[:, 4_321:4_421])


def test_bdf_is_read_with_its_24_bits(tmp_path: Path) -> None:
    wave = 100 * np.sin(np.arange(6_000) / 7)
    signal = edfio.BdfSignal(
        wave, 100, label="C3-M2", physical_dimension="uV", physical_range=(-200_000, 200_000)
    )
    edfio.Bdf([signal]).write(tmp_path / "night.bdf")
    data = read_all(open_edf(str(tmp_path / "night.bdf"), {}))
    assert np.abs(data[0] - wave).max() < 0.03


MIXED = [("C3-M2", 128, "uV"), ("EOG-L", 128, "mV"), ("Resp", 7, "V"), ("EMG chin", 128, "V")]
"""Label, rate and dimension of each signal; the records last 3 s."""


def write_mixed(path: Path) -> Path:
    """Write 60 s of noise in ranges that are neither symmetric nor alike."""
    rng = np.random.default_rng(0)
    is_bdf = path.suffix == ".bdf"
    signal_type, lowest = (edfio.BdfSignal, -(2**23)) if is_bdf else (edfio.EdfSignal, -(2**15))
    signals = [
        signal_type(
            rng.uniform(-3, 5 + k, 60 * rate),
            rate,
            label=label,
            physical_dimension=dimension,
            physical_range=(-3, 5 + k),
            digital_range=(lowest, 1_000 * (k + 1)),
        )
        for k, (label, rate, dimension) in enumerate(MIXED)
    ]
    (edfio.Bdf if is_bdf else edfio.Edf)(
        signals, data_record_duration=3, annotations=[edfio.EdfAnnotation(1, None, "lights off")]
    ).write(path)
    return path


def unchanged(path: Path) -> None:
    """Leave it as it is."""


def still_written(path: Path) -> None:
    """Leave the number of records unknown and the last record unfinished."""
    header_field(236, b"-1      ")(path)
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize("suffix", [".edf", ".bdf"])
@pytest.mark.parametrize(
    ("alter", "n_records"), [(unchanged, 20), (still_written, 19)], ids=["whole", "still written"]
)
def test_samples_are_those_which_mne_reads(
    tmp_path: Path, suffix: str, alter: Callable[[Path], None], n_records: int
) -> None:
    path = write_mixed(tmp_path / f"night{suffix}")
    alter(path)
    names = [label for label, rate, _ in MIXED if rate == 128]
    raw = (mne.io.read_raw_bdf if suffix == ".bdf" else mne.io.read_raw_edf)(
        path, include=names, verbose="error"
    )
    source = open_edf(str(path), {}, chunk_s=7.3)
    data = read_all(source)
    assert source.montage.ch_names == tuple(names)
    assert source.n_samples == data.shape[1] == n_records * 3 * 128
    np.testing.assert_allclose(data, 1e6 * raw.get_data(names), rtol=1e-12, atol=1e-9)


def test_a_file_without_one_whole_record_holds_no_signal(tmp_path: Path) -> None:
    path = write_mixed(tmp_path / "night.edf")
    header_field(236, b"-1      ")(path)
    path.write_bytes(path.read_bytes()[: 256 * 6 + 2_000])
    with pytest.raises(SourceError, match=r"night\.edf: holds no signal \(3536 bytes, 1536 are"):
        open_edf(str(path), {})


def test_a_record_count_too_low_hides_no_signal(recording: Path) -> None:
    header_field(236, b"10      ")(recording)
    assert open_edf(str(recording), {}).n_samples == 6_000


def test_numbers_may_have_a_decimal_comma(recording: Path) -> None:
    first = read_all(open_edf(str(recording), {}))
    header_field(256 + 4 * (16 + 80 + 8), b"-2000,0 ")(recording)
    assert np.array_equal(read_all(open_edf(str(recording), {})), first)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1_000])


def cut_in_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:700])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def other_format(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 no recording" * 100)


def zero_rate(path: Path) -> None:
    header = bytearray(path.read_bytes())
    samples = 256 + 4 * (256 - 32 - 8)
    header[samples : samples + 8] = b"0       "
    path.write_bytes(header)


def missing(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (truncate, "truncated: .* bytes, its header promises"),
        (cut_in_header, "truncated inside its header"),
        (empty, "is no EDF"),
        (other_format, "is no EDF"),
        (zero_rate, "sampling rate of 'EEG Fpz-Cz' is zero"),
        (header_field(244, b"one     "), "record duration is 'one', not a number"),
        (missing, "cannot be read: No such file"),
        (header_field(192, b"EDF+D"), r"is discontinuous \(EDF\+D\)"),
        (header_field(236, b"nan     "), "number of records is 'nan', not a number"),
        (header_field(244, b"inf     "), "record duration is 'inf', not a number"),
        (header_field(236, b"0       "), "holds no signal"),
        (header_field(236, b"-3      "), "holds no signal"),
        (header_field(256 + 4 * 104, b"low     "), "physical minimum is 'low', not a number"),
        (header_field(256 + 4 * 216 + 8, b"-7      "), "has a signal of -7 samples per record"),
        (header_field(184, b"9999    "), "header size is 9999 bytes, 4 signals: 1280"),
    ],
)
def test_a_damaged_file_gives_one_error_that_names_it(
    recording: Path, damage: Callable[[Path], None], message: str
) -> None:
    damage(recording)
    with pytest.raises(SourceError, match=rf"night\.edf: .*{message}|night\.edf: {message}"):
        open_edf(str(recording), {})


def test_a_missing_channel_is_told_with_what_there_is(recording: Path) -> None:
    with pytest.raises(SourceError, match=r"no channel 'C3'; it has EEG Fpz-Cz, EOG horizontal"):
        open_edf(str(recording), {"channels": "C3"})


def test_channels_of_two_rates_are_refused(recording: Path) -> None:
    with pytest.raises(SourceError, match="different sampling rates"):
        open_edf(str(recording), {"channels": "Fpz-Cz,EMG submental"})


def test_a_file_without_eeg_asks_for_channels(tmp_path: Path) -> None:
    path = write(tmp_path / "night.edf", Airflow=100)
    with pytest.raises(SourceError, match="no EEG channel among Airflow: name them with channels="):
        open_edf(str(path), {})


@pytest.mark.parametrize(
    ("dimension", "microvolts"),
    [
        (b"uV", 1), (b"UV", 1), (b"uv", 1), (b"\xb5V", 1), (b"\x83\xcaV", 1), (b"\xc2\xb5V", 1),
        (b"mV", 1e3), (b"MV", 1e3), (b"V", 1e6), (b"nV", 1e-3), (b"", 1),
    ],
)  # fmt: skip
def test_signal_is_microvolts_in_whatever_spelling(
    tmp_path: Path, dimension: bytes, microvolts: float
) -> None:
    path = write(tmp_path / "night.edf", **{"C3-M2": 100})
    n_signals = int(path.read_bytes()[252:256])
    header_field(256 + n_signals * (16 + 80), dimension.ljust(8))(path)
    data = read_all(open_edf(str(path), {}))
    assert np.abs(data / microvolts - np.arange(6_000) % 1_000).max() < 0.05


@pytest.mark.parametrize("name", ["night.bdf", "night.rec"])
def test_content_and_name_must_agree(recording: Path, name: str) -> None:
    with pytest.raises(SourceError, match=r"its content is EDF: let its name end \.edf"):
        open_edf(str(recording.rename(recording.with_name(name))), {})


def test_a_label_that_stands_twice_is_refused(recording: Path) -> None:
    header_field(256 + 16, b"EEG Fpz-Cz      ")(recording)
    with pytest.raises(SourceError, match="2 channels are labelled 'EEG Fpz-Cz'"):
        open_edf(str(recording), {})


def test_a_rate_out_of_range_names_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "night.edf", **{"C3-M2": 64})
    with pytest.raises(SourceError, match=r"night\.edf: sampling rate 64 Hz is outside 80 to 2048"):
        open_edf(str(path), {})


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("EEG Fpz-Cz", "EEG"), ("C3-M2", "EEG"), ("Cz", "EEG"), ("Fp1", "EEG"), ("eeg 7", "EEG"),
        ("EOG horizontal", "EOG"), ("E1-M2", "EOG"), ("LEOG", "EOG"), ("ROC", "EOG"),
        ("EMG submental", "EMG"), ("Chin", "EMG"),
        ("E10", "OTHER"), ("M2", "OTHER"), ("A1", "OTHER"), ("ECG", "OTHER"), ("Temp", "OTHER"),
        ("SpO2", "OTHER"), ("", "OTHER"),
    ],
)  # fmt: skip
def test_kinds_are_guessed_from_names(name: str, kind: str) -> None:
    assert guess_kind(name) == kind


@pytest.mark.shared_data
def test_a_real_recording_opens(shared_data: Path) -> None:
    source = open_edf(str(shared_data / "raw" / "short_psg.edf"), {})
    data = read_all(source)
    assert data.shape == (3, 30_000)
    assert (data.std(axis=1) > 1).all()
    assert (np.abs(data) < 1_000).all()


def test_a_spec_says_all(recording: Path) -> None:
    spec = parse_spec(
        f"edf:{recording}?speed=60&channels=Fpz-Cz&dreamer=bed-7&planned_minutes=30&profile=child"
    )
    assert (spec.dreamer, spec.speed, spec.planned_s, spec.profile) == ("bed-7", 60, 1800, "child")
    assert open_source(spec).montage.ch_names == ("EEG Fpz-Cz",)


@pytest.mark.parametrize(("speed", "seconds"), [(1, 1), (10, 1), (240, 12), (0, 60)])
def test_what_is_fast_is_read_in_longer_pieces(recording: Path, speed: int, seconds: int) -> None:
    source = open_source(parse_spec(f"edf:{recording}?speed={speed}"))
    (piece,) = source.read()
    assert piece.data.shape[1] == seconds * source.sfreq


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("night.edf", "must begin with one of edf:"),
        ("edf:x.edf?speed=fast", "speed=fast must be a number from 0 to"),
        ("edf:x.edf?speed=-1", "speed=-1 must be"),
        ("edf:x.edf?speed=nan", "speed=nan must be"),
        ("edf:x.edf?dreamer=a/b", "dreamer='a/b' must be"),
        ("edf:x.edf?profile=cat", "profile=cat must be one of adult, child"),
        ("edf:x.edf?planned_minutes=0", "planned_minutes=0 must be"),
        ("edf:" + "x" * 5000, "at most 4096 characters"),
        ("edf://[x", "is no URL"),
        ("edf://night.edf", "have no host"),
        ("edf:x.edf?speed=1&speed=2", "option speed is given 2 times"),
        ("edf:x.edf?dreamer=..", "dreamer='..' must be"),
    ],
)
def test_a_bad_spec_names_value_and_limit(text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        parse_spec(text)


def test_a_scenario_in_the_place_of_a_path_is_refused() -> None:
    with pytest.raises(SourceError, match=r"did you mean sim:\?scenario=unresponsive"):
        open_source(parse_spec("sim:unresponsive"))


def test_an_unknown_option_is_refused(recording: Path) -> None:
    with pytest.raises(SourceError, match="edf: has no option chanels"):
        open_source(parse_spec(f"edf:{recording}?chanels=Fpz"))


def test_a_file_that_goes_away_while_it_is_read_is_one_error(recording: Path) -> None:
    source = open_edf(str(recording), {})
    recording.unlink()
    with pytest.raises(SourceError, match=r"night\.edf: cannot be read any more"):
        source.read()
