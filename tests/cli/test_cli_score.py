"""``dreamwatch score`` as a user runs it."""

import csv
import json
import re
from pathlib import Path

import edfio
import mne
import numpy as np
import pytest
from scipy.signal import lfilter
from sklearn.metrics import cohen_kappa_score
from typer.testing import CliRunner

from monitor.domain.stage import STAGES
from service.cli import app
from service.cli.score import COLUMNS

CODES = {0: "W", 1: "N1", 2: "N2", 3: "N3", 4: "R"}


def write_edf(path: Path, data: np.ndarray, sfreq: float, *labels: str) -> Path:
    signals = [
        edfio.EdfSignal(
            row, sfreq, label=label, physical_dimension="uV", physical_range=(-500, 500)
        )
        for row, label in zip(np.clip(data, -500, 500), labels, strict=True)
    ]
    edfio.Edf(signals).write(path)
    return path


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """Return a recording whose noise falls off with frequency, as an EEG's does."""
    data = lfilter([1], [1, -0.95], np.random.default_rng(0).normal(0, 10, (2, 100 * 95)))
    return write_edf(tmp_path / "noise.edf", data, 100, "EEG C3-M2", "EOG left")


def score(*args: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["score", *map(str, args)])
    return result.exit_code, result.stdout, result.stderr


def test_writes_hypnogram_annotations_and_summary(noise: Path, tmp_path: Path) -> None:
    code, printed, said = score(noise, "--out", tmp_path / "out", "--json")
    assert code == 0
    assert re.search(r"3 epochs, .*; asleep [\d.]+ min \(\d+%\), \d awak", said)
    with (tmp_path / "out" / "noise.hypnogram.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == COLUMNS
    assert [row["onset_s"] for row in rows] == ["0", "30", "60"]
    for row in rows:
        assert sum(float(row[f"p_{s.lower()}"]) for s in STAGES) == pytest.approx(1, abs=1e-3)
    annotations = mne.read_annotations(tmp_path / "out" / "noise.hypnogram.edf")
    assert list(annotations.description) == [f"Sleep stage {row['stage']}" for row in rows]
    assert list(annotations.duration) == [30.0] * 3
    summary = json.loads(printed)
    assert summary == json.loads((tmp_path / "out" / "noise.summary.json").read_text())
    assert summary["ch_names"] == ["EEG C3-M2", "EOG left"]
    assert summary["n_epochs"] == 3
    assert summary["statistics"]["recorded_min"] == 1.5


def test_a_bad_recording_is_named_and_the_others_are_scored(noise: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.edf"
    bad.write_bytes(b"nothing")
    code, _, errors = score(bad, noise, "--out", tmp_path)
    assert code == 1
    assert errors.count("bad.edf") == 1
    assert (tmp_path / "noise.summary.json").exists()


def test_results_never_overwrite_each_other(noise: Path, tmp_path: Path) -> None:
    code, _, _ = score(noise, noise, "--out", tmp_path)
    assert code != 0


def test_silence_is_not_staged(tmp_path: Path) -> None:
    path = write_edf(tmp_path / "flat.edf", np.zeros((1, 6_000)), 100, "C3-M2")
    code, printed, _ = score(path, "--out", tmp_path, "--json")
    assert code == 0
    assert json.loads(printed)["statistics"]["unscored_min"] == 1.0
    assert "0,30,UNSCORED,,,,,,0.000" in (tmp_path / "flat.hypnogram.csv").read_text()


def test_a_recording_shorter_than_an_epoch_is_named(tmp_path: Path) -> None:
    path = write_edf(tmp_path / "[short].edf", np.zeros((1, 2_000)), 100, "C3-M2")
    code, _, errors = score(path, "--out", tmp_path)
    assert code == 1
    assert "[short].edf: 20 s of signal are less than one epoch of 30 s" in errors
    assert not list(tmp_path.glob("*.csv"))


@pytest.mark.shared_data
def test_a_real_excerpt_is_staged_in_substantial_agreement(
    shared_data: Path, tmp_path: Path
) -> None:
    with np.load(shared_data / "raw" / "sc4001_excerpt.npz") as file:
        signal, truth = file["x_uv"].astype(float)[None], file["stages"]
        write_edf(tmp_path / "real.edf", signal, float(file["sfreq"]), str(file["ch_name"]))
    score(tmp_path / "real.edf", "--out", tmp_path)
    with (tmp_path / "real.hypnogram.csv").open() as file:
        scored = [row["stage"] for row in csv.DictReader(file)]
    pairs = [(CODES[t], s) for t, s in zip(truth, scored, strict=True) if t in CODES]
    assert cohen_kappa_score(*zip(*pairs, strict=True)) >= 0.55
