"""``dreamwatch recover``: only an incomplete tail is cut, and only the count is changed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from recording_reading import counts, make
from recording_rules import check_rules
from typer.testing import CliRunner

from monitor.domain.errors import SourceError
from monitor.domain.inputs import Chunk, Gap
from service.cli import app
from service.recording import recover

HEADER = 256 * 4
RECORD = 2 * 100 * 3 + 360


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """Return a recording of ten seconds."""
    recording = make(tmp_path)
    recording.push(Chunk(counts(500), 0))
    recording.push(Gap(500, 45, "packets lost"))
    recording.push(Chunk(counts(455), 545))
    recording.close()
    return recording.paths[0]


def run(*args: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["recover", *map(str, args)])
    return result.exit_code, result.stderr


def cut(path: Path) -> int:
    path.write_bytes(path.read_bytes()[:-101])
    return 9


def not_counted(path: Path) -> int:
    data = bytearray(path.read_bytes())
    data[236:244] = b"-1      "
    path.write_bytes(data)
    return 10


def counted_too_few(path: Path) -> int:
    data = bytearray(path.read_bytes())
    data[236:244] = b"9       "
    path.write_bytes(data + b"\x01" * (RECORD - 1))
    return 10


def power_failed(path: Path) -> int:
    data = path.read_bytes()
    path.write_bytes(data[: -2 * RECORD] + bytes(2 * RECORD - 50))
    return 8


@pytest.mark.parametrize("damage", [cut, not_counted, counted_too_few, power_failed])
@pytest.mark.parametrize("copy", [False, True])
def test_whole_records_are_kept(whole: Path, damage: Callable[[Path], int], copy: bool) -> None:
    good = whole.read_bytes()
    n_records = damage(whole)
    damaged = whole.read_bytes()
    out = whole.with_name("mended.bdf") if copy else None
    done = recover(whole, out)
    check_rules(done.path)
    end = HEADER + n_records * RECORD
    assert (done.n_records, done.duration_s, done.n_annotations) == (n_records, n_records, 1)
    assert done.cut_bytes == len(damaged) - end
    assert done.path.read_bytes()[244:] == good[244:end]
    if copy:
        assert whole.read_bytes() == damaged


def test_a_whole_file_is_left_alone(whole: Path) -> None:
    before = whole.read_bytes()
    code, said = run(whole)
    assert code == 0
    assert "10 records, 10 s, 1 annotations; is whole" in said
    assert whole.read_bytes() == before


def test_the_command_reports_each_file(whole: Path, tmp_path: Path) -> None:
    cut(whole)
    (tmp_path / "other.bdf").write_bytes(b"nothing")
    code, said = run(tmp_path / "other.bdf", whole, "--out", tmp_path / "mended")
    assert code == 1
    assert "other.bdf: is no EDF" in said
    assert "9 records, 9 s, 1 annotations; its header told 10, 859 bytes cut off" in said
    check_rules(tmp_path / "mended" / "night.bdf")
    code, said = run(whole, "--out", tmp_path / "mended")
    assert code == 1
    assert "night.bdf: cannot be recovered: File exists" in said


def test_a_file_without_a_whole_record_is_left_alone(whole: Path) -> None:
    whole.write_bytes(whole.read_bytes()[: HEADER + RECORD - 1])
    before = whole.read_bytes()
    with pytest.raises(SourceError, match="holds no whole data record"):
        recover(whole)
    assert whole.read_bytes() == before


def test_what_is_being_recorded_is_left_alone(tmp_path: Path) -> None:
    recording = make(tmp_path)
    recording.push(Chunk(counts(250), 0))
    with pytest.raises(SourceError, match=r"night\.bdf: is being recorded now"):
        recover(recording.paths[0])
    recording.close()
    assert recover(recording.paths[0]).n_records == 3
