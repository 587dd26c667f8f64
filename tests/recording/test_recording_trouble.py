"""A disk that is full or gone stops the recording, never the staging; it goes on when it can."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from recording_reading import counts, make, read_back, signal_and_gaps
from recording_rules import check_rules

from monitor.domain.inputs import Chunk
from service.recording.recording import CHECK_S, RESERVE_BYTES, RETRY_S

SFREQ = 100


class Disk:
    """A disk whose free space is set."""

    def __init__(self) -> None:
        self.free = RESERVE_BYTES
        self.asked = 0

    def __call__(self, folder: Path) -> int:
        assert folder.is_dir()
        self.asked += 1
        return self.free


def test_recording_stops_before_the_disk_is_full_and_goes_on(tmp_path: Path) -> None:
    disk = Disk()
    recording = make(tmp_path / "new", free_bytes=disk)
    data = counts(100 * SFREQ)
    troubled = []
    for second in range(100):
        disk.free = RESERVE_BYTES - (1 if 25 <= second < 45 else 0)
        recording.push(Chunk(data[:, second * 100 : second * 100 + 100], second * 100))
        if recording.trouble:
            troubled.append(second)
            assert "has only 256 MiB left, 256 MiB are kept for the event log" in recording.trouble
            assert recording.trouble.endswith("recording stopped, staging goes on")
    recording.close()
    assert troubled == list(range(30, 30 + RETRY_S))
    assert disk.asked == 30 / CHECK_S + 1 + 40 / CHECK_S
    first, second = recording.paths
    check_rules(first)
    told = [text for *_, text in check_rules(second)]
    assert told[0].startswith("Recording goes on after 3000 samples without (")
    found = [signal_and_gaps(read_back(path))[0] for path in recording.paths]
    np.testing.assert_allclose(np.concatenate(found, 1), np.delete(data, slice(3_000, 6_000), 1))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("n_written", [0, 1, 300])
def test_a_failing_write_leaves_whole_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, n_written: int
) -> None:
    recording = make(tmp_path)
    data = counts(120 * SFREQ)
    recording.push(Chunk(data[:, :1_050], 0))
    write = os.pwrite
    left = [n_written]

    def fail(fd: int, piece: bytes, at: int) -> int:
        if not left[0]:
            raise OSError(code, os.strerror(code))
        n = write(fd, piece[: left[0]], at)
        left[0] -= n
        return n

    monkeypatch.setattr(os, "pwrite", fail)
    recording.push(Chunk(data[:, 1_050:2_000], 1_050))
    assert os.strerror(code) in recording.trouble
    for first in range(2_000, 9_000, 500):
        recording.push(Chunk(data[:, first : first + 500], first))
    assert recording.trouble
    assert list(tmp_path.iterdir()) == recording.paths
    monkeypatch.undo()
    for first in range(9_000, 12_000, 500):
        recording.push(Chunk(data[:, first : first + 500], first))
    assert recording.trouble == ""
    recording.close()
    for path in recording.paths:
        check_rules(path)
    found = [signal_and_gaps(read_back(path))[0] for path in recording.paths]
    np.testing.assert_allclose(found[0], data[:, :1_000])
    np.testing.assert_allclose(found[1], data[:, 10_500:])


def test_a_folder_that_cannot_be_made_is_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    recording = make(tmp_path / "file")
    recording.push(Chunk(counts(300), 0))
    assert "file: " in recording.trouble
    recording.close()
    assert recording.paths == []


def test_a_disk_that_fails_when_the_file_is_closed_is_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = make(tmp_path)
    recording.push(Chunk(counts(350), 0))

    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", fail)
    recording.close()
    assert recording.trouble.endswith("night.bdf: No space left on device")
    check_rules(recording.paths[0])


LIMITED = """
import resource, signal, sys
from pathlib import Path
from recording_reading import counts, make
from monitor.domain.inputs import Chunk
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
recording = make(Path(sys.argv[1]))
for first in range(0, 10_000, 100):
    recording.push(Chunk(counts(100), first))
    if recording.trouble:
        sys.exit(recording.trouble)
"""


def test_a_file_that_the_system_lets_grow_no_more(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, tmp_path],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "File too large" in done.stderr
    path = tmp_path / "night.bdf"
    check_rules(path)
    assert 49_000 < path.stat().st_size <= 50_000
