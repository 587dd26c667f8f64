import itertools
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import openbci_files as files
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from monitor.domain.errors import SourceError
from monitor.domain.inputs import Chunk, Gap, Input
from monitor.sources import openbci_reader
from monitor.sources.openbci import OpenBciSource, open_openbci
from monitor.sources.recording import open_recording

Write = Callable[[Path, NDArray[np.int64], Sequence[int]], Path]


def sd(path: Path, signal: NDArray[np.int64], kept: Sequence[int]) -> Path:
    path.write_text("%STOP AT\n00001234\n" + files.sd_lines(signal, kept))
    return path


def csv(path: Path, signal: NDArray[np.int64], kept: Sequence[int]) -> Path:
    return files.brainflow_csv(path, signal, kept, 24, 22)


def old_without_ms(path: Path, signal: NDArray[np.int64], kept: Sequence[int]) -> Path:
    return files.old_gui(path, signal, kept, with_ms=False)


FORMS: dict[str, Write] = {
    "gui": files.gui,
    "old gui": files.old_gui,
    "oldest gui": old_without_ms,
    "memory card": sd,
    "brainflow": csv,
}
TIMED = ("gui", "old gui", "brainflow")


def inputs(source: OpenBciSource) -> list[Input]:
    items: list[Input] = []
    with closing(source):
        while (more := source.read()) is not None:
            items += more
    return items


def read(path: Path, chunk_s: float = 1.0, **params: str) -> list[Input]:
    return inputs(open_openbci(str(path), params, chunk_s))


def whole(items: list[Input], n_channels: int) -> NDArray[np.float64]:
    """Return the signal with NaN for what was lost; everything is where it says it is."""
    parts, position = [np.empty((n_channels, 0))], 0
    for item in items:
        assert isinstance(item, Chunk | Gap)
        assert item.first_sample == position
        position += item.n_samples
        lost = np.full((n_channels, item.n_samples), np.nan)
        parts.append(item.data if isinstance(item, Chunk) else lost)
    return np.concatenate(parts, axis=1)


def with_losses(n_samples: int, losses: Mapping[int, int]) -> list[int]:
    lost = {i for first, n in losses.items() for i in range(first, first + n)}
    return [i for i in range(n_samples) if i not in lost]


def expected(signal: NDArray[np.int64], kept: Sequence[int]) -> NDArray[np.float64]:
    result = np.full(signal.shape, np.nan)
    result[:, list(kept)] = signal[:, list(kept)] * files.COUNT_UV
    return result


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_samples_and_the_losses_that_were_written(
    form: str, tmp_path: Path
) -> None:
    signal = files.counts(8, 3_000)
    kept = with_losses(3_000, {100: 1, 700: 45, 1_500: 254})
    got = whole(read(FORMS[form](tmp_path / "night.txt", signal, kept)), 8)
    np.testing.assert_allclose(got, expected(signal, kept), atol=0.006)


@pytest.mark.parametrize("form", TIMED)
@pytest.mark.parametrize("n_lost", [255, 256, 257, 3_000])
def test_the_times_tell_losses_that_the_numbers_alone_cannot(
    form: str, n_lost: int, tmp_path: Path
) -> None:
    signal = files.counts(8, 5_000)
    kept = with_losses(5_000, {1_000: n_lost})
    gaps = [i for i in read(FORMS[form](tmp_path / "n", signal, kept)) if isinstance(i, Gap)]
    assert gaps == [Gap(1_000, n_lost, "packets lost")]


@given(
    form=st.sampled_from(list(FORMS)),
    losses=st.dictionaries(st.integers(1, 390), st.integers(1, 60), max_size=3),
    chunk_s=st.floats(0.001, 3),
    block=st.integers(700, 9_000),
    seek=st.integers(0, 420),
)
def test_neither_chunks_nor_blocks_nor_where_it_begins_change_what_is_read(
    form: str,
    losses: dict[int, int],
    chunk_s: float,
    block: int,
    seek: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    signal = files.counts(8, 400)
    kept = with_losses(400, losses)
    path = FORMS[form](tmp_path_factory.mktemp("any") / "f", signal, kept)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openbci_reader, "BLOCK", block)
        source = open_openbci(str(path), {}, chunk_s)
        source.read()
        source.seek(seek)
        items = inputs(source)
    longest = max((i.n_samples for i in items if isinstance(i, Chunk)), default=0)
    assert longest <= max(1, round(250 * chunk_s))
    want = expected(signal, kept)[:, seek : kept[-1] + 1]
    got = np.empty((8, 0))
    if items:
        assert isinstance(items[0], Chunk | Gap)
        assert items[0].first_sample == seek
        moved = [
            Chunk(i.data, i.first_sample - seek)
            if isinstance(i, Chunk)
            else Gap(i.first_sample - seek, i.n_samples, i.cause)
            for i in items
            if isinstance(i, Chunk | Gap)
        ]
        got = whole(list(moved), 8)
    np.testing.assert_allclose(got, want, atol=0.006)


def test_channels_are_picked_and_renamed(tmp_path: Path) -> None:
    signal = files.counts(8, 500)
    path = files.gui(tmp_path / "night.txt", signal, range(500))
    source = open_openbci(str(path), {"channels": "8:EOG-L,2:Fpz-M2"})
    assert source.montage.ch_names == ("EOG-L", "Fpz-M2")
    assert {channel.rail_uv for channel in source.montage.channels} == {187_500.0}
    np.testing.assert_allclose(whole(inputs(source), 2), signal[[7, 1]] * files.COUNT_UV)


def test_a_daisy_counts_in_twos(tmp_path: Path) -> None:
    signal = files.counts(16, 1_500)
    kept = with_losses(1_500, {300: 1, 600: 128})
    path = files.gui(tmp_path / "night.txt", signal, kept, "CytonSerialDaisy", 125.0)
    source = open_openbci(str(path), {})
    assert source.sfreq == 125.0
    assert source.montage.ch_names[8] == "F7"
    np.testing.assert_allclose(whole(inputs(source), 16), expected(signal, kept))


def test_a_memory_card_may_have_sixteen_channels_and_another_rate(tmp_path: Path) -> None:
    signal = files.counts(16, 600)
    source = open_openbci(str(sd(tmp_path / "f", signal, range(600))), {"sfreq": "500"})
    assert source.sfreq == 500.0
    np.testing.assert_array_equal(whole(inputs(source), 16), signal * files.COUNT_UV)


def test_a_pause_on_a_memory_card_is_as_long_as_its_stamps_say(tmp_path: Path) -> None:
    signal = files.counts(8, 50)
    samples = files.sd_lines(signal, range(50))
    stamps = "%START AT\n00010000\n%STOP AT\n00010FA0\n"
    (tmp_path / "f").write_text(samples + stamps + samples)
    items = read(tmp_path / "f")
    assert [i for i in items if isinstance(i, Gap)] == [Gap(50, 1_000, "packets lost")]
    assert whole(items, 8).shape == (8, 1_100)


@pytest.mark.parametrize("tail", ["\n%SamplingFreq:\n000FA\n%Total time mS:\n00001000\n", ""])
def test_what_a_memory_card_holds_after_the_recording_is_no_signal(
    tail: str, tmp_path: Path
) -> None:
    signal = files.counts(8, 50)
    recording = (files.sd_lines(signal, range(50)) + tail).encode()
    (tmp_path / "f").write_bytes(recording + b"2A,00\0\xff\0" * 100_000)
    assert whole(read(tmp_path / "f"), 8).shape == (8, 50)


@pytest.mark.parametrize("form", FORMS)
def test_a_line_cut_short_by_a_crash_is_dropped_and_said(
    form: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = FORMS[form](tmp_path / "f", files.counts(8, 50), range(50))
    path.write_bytes(path.read_bytes()[:-15])
    with caplog.at_level(logging.WARNING):
        assert whole(read(path), 8).shape == (8, 49)
    assert "is cut short: dropped" in caplog.text


def test_a_sample_that_was_written_twice_counts_once(tmp_path: Path) -> None:
    signal = files.counts(8, 50)
    path = files.gui(tmp_path / "f", signal, [*range(20), 19, *range(20, 50)])
    np.testing.assert_allclose(whole(read(path), 8), signal * files.COUNT_UV)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1.0, x, 2.0", "line 26 is no sample: b'1.0, x, 2.0'"),
        ("1.0, 2.0", "line 26 is no sample"),
        ("300.0" + ", 0.0" * 20, "line 26 has number 300: must be a whole number from 0 to 255"),
        ("20.5" + ", 0.0" * 20, "line 26 has number 20.5: must be"),
        ("nan" + ", 0.0" * 20, "line 26 has number nan: must be"),
        ("20.0" + ", inf" * 20, "line 26 has time inf s: must be from 0 to below 1e+11 s"),
        ("20.0" + ", 1e17" * 20, "line 26 has time 1e+17 s: must be"),
        ("20.0" + ", 1e300" * 20, "line 26 has time 1e+300 s: must be"),
        ("20.0" + ", -1" * 20, "line 26 has time -1 s: must be"),
        ("9" * 5_000, "line 26 is longer than 4096 bytes"),
    ],
)
def test_a_line_that_is_no_sample_is_named(line: str, message: str, tmp_path: Path) -> None:
    path = files.gui(tmp_path / "f", files.counts(8, 40), range(40))
    lines = path.read_text().splitlines()
    lines[25] = line
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(SourceError, match=re.escape(message)):
        read(path)


@pytest.mark.parametrize("line", ["00,000", "garbage", "00,0000G0" + ",000000" * 7])
def test_a_memory_cards_line_that_is_no_sample_is_named(line: str, tmp_path: Path) -> None:
    samples = files.sd_lines(files.counts(8, 20), range(20))
    (tmp_path / "f").write_text(samples + line + "\n" + samples)
    with pytest.raises(SourceError, match="line 21 is "):
        read(tmp_path / "f")


def test_a_time_stamp_years_ahead_is_an_error_and_no_gap(tmp_path: Path) -> None:
    path = files.gui(tmp_path / "f", files.counts(8, 2_000), range(2_000))
    path.write_text(re.sub(r"17000000(0[5-7])", r"18000000\1", path.read_text()))
    with pytest.raises(SourceError, match="at most 604800 s can be bridged"):
        read(path)


def test_values_beyond_any_amplifier_are_missing(tmp_path: Path) -> None:
    path = files.gui(tmp_path / "f", np.full((8, 40), 1_000_000), range(40))
    values = itertools.cycle(["1e308", "-1e308", "inf", "1.1e9", "1e9"])
    was = repr(float(1_000_000 * files.COUNT_UV))
    path.write_text(re.sub(re.escape(was), lambda _: next(values), path.read_text()))
    got = whole(read(path), 8)
    assert np.isnan(got).mean() == 0.8
    assert set(got[np.isfinite(got)]) == {1e9}


def test_pauses_are_bridged_up_to_a_week_in_all(tmp_path: Path) -> None:
    samples = files.sd_lines(files.counts(8, 50), range(50))
    pause = "%STOP AT\nFFFFFFFF\n%START AT\n0FFFFFFF\n"  # 2^28 ms, 74 h
    (tmp_path / "f").write_text(samples + (pause + samples) * 2)
    gaps = [i for i in read(tmp_path / "f") if isinstance(i, Gap)]
    assert [gap.n_samples for gap in gaps] == [67_108_864] * 2
    (tmp_path / "f").write_text(samples + (pause + samples) * 3)
    with pytest.raises(SourceError, match=r"805306 s are missing up to .* at most 604800 s"):
        read(tmp_path / "f")


HEAD = "%OpenBCI Raw EXG Data\n%Sample Rate = 250 Hz\n"


@pytest.mark.parametrize(
    ("content", "params", "message"),
    [
        (b"", {}, "neither OpenBCI GUI text"),
        (bytes(range(256)) * 2_000, {}, "neither OpenBCI GUI text"),
        (b"a,b,c\n1,2,3\n", {}, "neither OpenBCI GUI text"),
        (b"%OpenBCI Raw EXG Data\n", {}, "no %Sample Rate"),
        (b"%OpenBCI\n%Sample Rate = 1.2.3 Hz\n", {}, "no %Sample Rate"),
        (b"%OpenBCI\n%Sample Rate = 9000 Hz\n1, 2, 3, 4, 5, 6\n", {}, "outside 80 to 2048"),
        (HEAD.encode(), {}, "has 1 columns"),
        (HEAD.encode() + b"Sample Index, Timestamp\n", {}, "its columns must be"),
        (
            HEAD.encode() + b"%Number of channels = " + b"9" * 400 + b"\n1, 2\n",
            {},
            "for inf channels",
        ),
        (HEAD.encode() + b"1, 2, 3, 4, 5, 6\n", {}, "name its 4 channels"),
        (HEAD.encode() + b"1, 2, 3, 4, 5, 6\n", {"board": "cyton"}, "needs no option board"),
        (b"%STOP AT\n00000000\n", {}, "no sample follows"),
        (b"1\t2\n", {}, "it has 2 columns: which board was it?"),
        (b"1" + b"\t2" * 31 + b"\n", {}, "Say board=synthetic or board=cyton-daisy"),
        (b"1" + b"\t2" * 23 + b"\n", {"board": "ganglion"}, "has 15 columns, the file 24"),
        (b"1" + b"\t2" * 23 + b"\n", {"board": "muse"}, "must be one of synthetic"),
        (b"1" + b"\t2" * 23 + b"\n", {"sfreq": "250"}, "needs no option sfreq"),
        (b"1\t2\n", {"speed": "2"}, "has no option speed"),
    ],
)
def test_a_file_or_option_that_does_not_fit_is_refused(
    content: bytes, params: dict[str, str], message: str, tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(SourceError, match=re.escape(message)):
        open_openbci(str(tmp_path / "f"), params)


@given(
    tail=st.binary(max_size=400),
    head=st.sampled_from(["", HEAD, "%STOP AT\n", "00,000000", "1\t2"]),
)
def test_any_bytes_give_signal_or_a_source_error(
    tail: bytes, head: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / "f"
    path.write_bytes(head.encode() + tail)
    try:
        read(path, channels="1:C3")
    except SourceError as error:
        message = str(error)
    else:
        message = str(path)
    assert str(path) in message


def test_a_brainflow_file_of_32_columns_needs_to_say_whose_it_is(tmp_path: Path) -> None:
    signal = files.counts(16, 300)
    path = files.brainflow_csv(tmp_path / "f.csv", signal, range(300), 32, 30)
    params = {"board": "synthetic", "channels": "16:C3-M2"}
    got = whole(inputs(open_openbci(str(path), params)), 1)
    np.testing.assert_allclose(got, signal[15:] * files.COUNT_UV, atol=1e-6)


def test_a_missing_file_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.txt: cannot be read: No such file"):
        open_recording(str(tmp_path / "none.txt"), {})
    with pytest.raises(SourceError, match="cannot be read: Is a directory"):
        open_openbci(str(tmp_path), {})


@pytest.mark.shared_data
def test_the_real_recording_is_whole_and_railed(shared_data: Path) -> None:
    (path,) = (shared_data / "openbci").glob("*.txt")
    source = open_recording(str(path), {"channels": "1:Fpz-M2,7:C3-M2"})
    assert source.sfreq == 250.0
    signal = whole(inputs(source), 2)
    assert signal.shape == (2, 2_841)
    assert not np.isnan(signal).any()
    np.testing.assert_allclose(signal[1, 1:], -187_500.0, rtol=0.003)
