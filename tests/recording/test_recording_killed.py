"""A recorder killed at any moment leaves a file that opens, and that can be mended."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from endless_recording import LOST, PERIOD
from endless_recording import __file__ as program
from recording_reading import counts, open_mne, read_back, signal_and_gaps
from recording_rules import check_rules

from service.recording import recover

SFREQ = 100
MOST_LOST_S = 10


def record_and_kill(folder: Path, after: int) -> int:
    """Kill a recorder once it has pushed so many samples; return how many it has told of."""
    process = subprocess.Popen(
        [sys.executable, program, folder],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    told = 0
    while told < after:
        told = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    told = max([told, *(int(line) for line in process.stdout if line.endswith("\n"))])
    process.wait()
    process.stdout.close()
    return told


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment(tmp_path: Path, seed: int) -> None:
    told = record_and_kill(tmp_path, random.Random(seed).randrange(200, 60_000))
    path = tmp_path / "night.bdf"
    before = path.read_bytes()
    with open_mne(path) as raw:
        assert raw.n_times >= told - MOST_LOST_S * SFREQ
        n_samples = raw.n_times
    whole = np.concatenate([counts(PERIOD - LOST), np.full((2, LOST), np.nan)], axis=1)
    expected = np.tile(whole, n_samples // PERIOD + 1)[:, :n_samples]
    found, gaps = signal_and_gaps(read_back(path))
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert len(gaps) == (n_samples + LOST - 1) // PERIOD
    mended = recover(path, tmp_path / "mended.bdf")
    assert path.read_bytes() == before
    check_rules(mended.path)
    assert recover(path).n_records * SFREQ == n_samples
    assert path.read_bytes() == mended.path.read_bytes()
