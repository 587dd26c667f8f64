"""``dreamwatch simulate``, the sample night, and how well the live path stages what it writes."""

import csv
import hashlib
import re
import shlex
from pathlib import Path

import mne
import numpy as np
import pytest
from typer.testing import CliRunner

from monitor.domain.errors import DreamwatchError
from monitor.domain.inputs import Chunk, Input
from monitor.domain.stage import STAGES
from monitor.sources.simulator import SimulatorSource, open_simulator
from monitor.sources.simulator.settings import parse_settings
from monitor.staging.bundle import load_bundle
from service.cli import app
from service.scoring import score_night

SAMPLES = Path(__file__).parents[2] / "sample_data"
SHORT = ("--hours", "0.2", "--sfreq", "100")


def simulate(*arguments: object) -> None:
    result = CliRunner().invoke(app, ["simulate", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_file_holds_the_signal_and_the_true_stages(tmp_path: Path) -> None:
    file = tmp_path / "night.edf"
    simulate(file, *SHORT, "--scenario", "cold-start", "--seed", 3)
    source = open_simulator({"hours": "0.2", "sfreq": "100", "scenario": "cold-start", "seed": "3"})
    raw = mne.io.read_raw_edf(file, verbose="error")
    assert raw.ch_names == ["EEG Fpz-Cz", "EEG Pz-Oz", "EOG E1-E2", "EMG Chin"]
    assert (raw.info["sfreq"], raw.n_times) == (100, 72_000)
    (chunk,) = source.read() or []
    np.testing.assert_allclose(raw.get_data(stop=100) * 1e6, chunk.data, atol=0.0501)
    annotations = mne.read_annotations(file)
    assert annotations.onset.tolist() == [30 * index for index in range(24)]
    assert set(annotations.duration) == {30}
    truth = [f"Sleep stage {stage}" for stage in source.truth()]
    assert annotations.description.tolist() == truth


def test_lost_signal_is_zero_under_an_annotation(tmp_path: Path) -> None:
    file = tmp_path / "night.edf"
    simulate(file, *SHORT, "--scenario", "signal-lost")
    lost = [a for a in mne.read_annotations(file) if a["description"] == "Signal lost"]
    assert [(a["onset"], a["duration"]) for a in lost] == [(360, 120)]
    data = mne.io.read_raw_edf(file, verbose="error").get_data()
    assert (data[:, 36_000:48_000] == 0).all()
    assert (data[:, 48_000:] != 0).any()


def test_unstageable_epochs_are_marked_so(tmp_path: Path) -> None:
    file = tmp_path / "night.edf"
    simulate(file, *SHORT, "--scenario", "suppressed", "--planned-minutes", 8)
    texts = mne.read_annotations(file).description.tolist()
    assert texts[8:] == ["Sleep stage ?"] * 16


def test_equal_options_write_equal_bytes(tmp_path: Path) -> None:
    first, second, other = (tmp_path / f"{name}.edf" for name in "abc")
    simulate(first, *SHORT, "--seed", 4)
    simulate(second, *SHORT, "--seed", 4)
    simulate(other, *SHORT, "--seed", 5)
    assert digest(first) == digest(second) != digest(other)


def test_sample_night_is_made_by_the_command_in_its_readme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sample_data").mkdir()
    monkeypatch.chdir(tmp_path)
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^dreamwatch simulate (.*)$", readme, re.MULTILINE)
    simulate(*shlex.split(command))
    for name in ("unresponsive-nap.edf", "unresponsive-nap.csv"):
        assert digest(tmp_path / "sample_data" / name) == digest(SAMPLES / name)


def test_sample_night_is_small_and_sleeps_on() -> None:
    file = SAMPLES / "unresponsive-nap.edf"
    assert file.stat().st_size <= 5 * 2**20
    with (SAMPLES / "unresponsive-nap.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert [float(row["onset_s"]) for row in rows] == [30 * index for index in range(240)]
    assert {row["duration_s"] for row in rows} == {"30"}
    assert {row["stage"] for row in rows[120:]} <= {"N2", "N3", "R"}
    texts = mne.read_annotations(file).description.tolist()
    assert texts == [f"Sleep stage {row['stage']}" for row in rows]


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    file = tmp_path / "night.edf"
    file.write_text("precious")
    with pytest.raises(DreamwatchError, match=r"night\.edf: is there already; --force"):
        simulate(file, *SHORT)
    assert file.read_text() == "precious"
    simulate(file, *SHORT, "--force")
    assert file.stat().st_size > 100_000


@pytest.mark.parametrize(
    ("target", "why"), [("no/such/folder/night.edf", "No such file"), (".", "Is a directory")]
)
def test_a_path_that_cannot_be_written_is_one_clear_error(
    tmp_path: Path, target: str, why: str
) -> None:
    with pytest.raises(DreamwatchError, match=f"cannot be written: {why}"):
        simulate(tmp_path / target, *SHORT, "--force")


def test_no_night_is_written_when_its_hypnogram_cannot_be(tmp_path: Path) -> None:
    file = tmp_path / "night.edf"
    file.write_text("precious")
    with pytest.raises(DreamwatchError, match=r"^/proc/stages\.csv: cannot be written"):
        simulate(file, *SHORT, "--force", "--hypnogram", "/proc/stages.csv")
    assert file.read_text() == "precious"
    with pytest.raises(DreamwatchError, match=r"^/proc/stages\.csv: cannot be written"):
        simulate(tmp_path / "new.edf", *SHORT, "--hypnogram", "/proc/stages.csv")
    assert not (tmp_path / "new.edf").exists()


def test_a_wrong_option_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DreamwatchError, match=r"hours is a number from 0\.1 to 24 h, not '25\.0'"):
        simulate(tmp_path / "night.edf", "--hours", 25)
    assert not list(tmp_path.iterdir())


def kappa(truth: list[int], staged: list[int]) -> float:
    """Cohen's kappa."""
    table = np.zeros((5, 5))
    np.add.at(table, (truth, staged), 1 / len(truth))
    chance = float(table.sum(axis=0) @ table.sum(axis=1))
    return (float(np.trace(table)) - chance) / (1 - chance)


class Minutes(SimulatorSource):
    """The same night in chunks of a minute, which are worked on faster than seconds."""

    def read(self) -> list[Input] | None:
        seconds = [super(Minutes, self).read() for _ in range(60)]
        chunks = [item for inputs in seconds for item in inputs or [] if isinstance(item, Chunk)]
        if not chunks:
            return None
        data = np.concatenate([chunk.data for chunk in chunks], axis=1)
        return [Chunk(data, chunks[0].first_sample)]


@pytest.mark.parametrize("scenario", ["normal", "cold-start"])
def test_live_path_stages_simulated_nights(scenario: str) -> None:
    truth, staged = [], []
    for seed in (1, 2):
        params = {"sfreq": "100", "seed": str(seed), "scenario": scenario}
        source = Minutes(parse_settings(params))
        staged += [STAGES.index(e.stage) for e in score_night(source, load_bundle()).epochs]
        truth += [STAGES.index(stage) for stage in source.truth()]
    agreement = kappa(truth, staged)
    assert 0.6 <= agreement <= 0.9, agreement
