"""``dreamwatch calibrate`` as a user runs it, and the human hypnograms it reads."""

import json
from dataclasses import replace

import edfio
import pytest
from typer.testing import CliRunner

from monitor.domain.errors import ModelError, SourceError
from monitor.domain.stage import STAGES, Stage
from monitor.staging.bundle import load_bundle
from monitor.staging.calibration import Calibration, load_calibration
from service.cli import app
from service.hypnograms import read_hypnogram


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """Return a simulated recording of two hours and a half; its annotations are its stages."""
    path = tmp_path_factory.mktemp("night") / "night.edf"
    run("simulate", path, "--hours", "2.5", "--seed", "3")
    return path


def run(*args):
    result = CliRunner().invoke(app, list(map(str, args)), catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    return result


def annotate(path, *spells):
    edfio.Edf([], annotations=[edfio.EdfAnnotation(*spell) for spell in spells]).write(path)
    return path


def test_a_night_becomes_a_calibration_of_the_shipped_model(night, tmp_path):
    said = run("calibrate", night, "--hypnogram", night, "--out", tmp_path / "wearer.json").stderr
    calibration = load_calibration(tmp_path / "wearer.json", load_bundle())
    assert calibration.n_epochs >= 290
    assert calibration.kappa_after >= calibration.kappa_before - 0.02
    assert f"{calibration.kappa_before} before and {calibration.kappa_after} after" in said


def test_score_applies_a_calibration_and_says_so(night, tmp_path):
    bundle = load_bundle()
    wearer = Calibration(
        bundle.card["sha256"],
        1.0,
        dict.fromkeys(STAGES, 0.0) | {"N3": 3.0},
        "2026",
        900,
        None,
        None,
    )
    path = tmp_path / "wearer.json"
    path.write_text(json.dumps(wearer.to_dict()))
    plain = json.loads(run("score", night, "--out", tmp_path, "--json").stdout)
    calibrated = json.loads(
        run("score", night, "--out", tmp_path, "--calibration", path, "--json").stdout
    )
    assert plain["calibration"] is None
    assert calibrated["calibration"] == wearer.to_dict()
    n3 = [summary["statistics"]["stage_min"]["N3"] for summary in (plain, calibrated)]
    assert n3[0] < n3[1]
    path.write_text(json.dumps(replace(wearer, model_sha256="0" * 64).to_dict()))
    refused = CliRunner().invoke(app, ["score", str(night), "--calibration", str(path)])
    assert isinstance(refused.exception, ModelError)
    assert f"{bundle.name} is {bundle.card['sha256'][:12]}" in str(refused.exception)


def test_too_short_a_night_is_refused(night, tmp_path):
    hypnogram = annotate(tmp_path / "nap.edf", (0, 239 * 30, "Sleep stage 2"))
    arguments = ["calibrate", str(night), "--hypnogram", str(hypnogram)]
    result = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "wearer.json")])
    assert isinstance(result.exception, ModelError)
    assert "epochs have a human stage and usable signal, expected at least 240" in str(
        result.exception
    )
    assert not (tmp_path / "wearer.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [("222", "stages are 1 of W, N1, N2, N3 and R"), ("R3W", "κ of the model with the human's")],
)
def test_the_hypnogram_of_another_night_is_refused(night, tmp_path, words, said):
    spells = ((3000 * i, 3000, f"Sleep stage {word}") for i, word in enumerate(words))
    hypnogram = annotate(tmp_path / "other.edf", *spells)
    arguments = ["calibrate", str(night), "--hypnogram", str(hypnogram)]
    result = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "wearer.json")])
    assert isinstance(result.exception, ModelError)
    assert said in str(result.exception)
    assert not (tmp_path / "wearer.json").exists()


def test_both_spellings_of_stages_are_read(tmp_path):
    words = ["W", "1", "2", "3", "4", "R", "?", "N1", "N2", "N3"]
    spells = [(30 * i, 30, f"Sleep stage {word}") for i, word in enumerate(words)]
    path = annotate(tmp_path / "h.edf", *spells, (300, 30, "Movement time"), (0, 0, "Lights off"))
    w, n1, n2, n3, r = STAGES
    unscored = Stage.UNSCORED
    expected = [w, n1, n2, n3, n3, r, unscored, n1, n2, n3, unscored, unscored]
    assert read_hypnogram(path, 12) == expected
    assert read_hypnogram(path, 3) == expected[:3]


def test_an_epoch_has_the_stage_of_its_middle(tmp_path):
    # the human's epochs begin 10 s late, and last 90 s and 40 s
    path = annotate(tmp_path / "h.edf", (10, 90, "Sleep stage 2"), (100, 40, "Sleep stage R"))
    expected = [Stage.N2, Stage.N2, Stage.N2, Stage.R, Stage.R, Stage.UNSCORED]
    assert read_hypnogram(path, 6) == expected


def test_what_score_wrote_is_read(night, tmp_path):
    run("score", night, "--out", tmp_path)
    from_csv = read_hypnogram(tmp_path / "night.hypnogram.csv", 300)
    assert from_csv == read_hypnogram(tmp_path / "night.hypnogram.edf", 300)
    assert len(set(from_csv)) > 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("h.csv", "onset_s,stage\n0,W\n", "no table with onset_s, duration_s and stage"),
        ("h.csv", "onset_s,duration_s,stage\n0,forever,W\n", "no table"),
        ("h.csv", "onset_s,duration_s,stage\n0,inf,W\n", "inf s is no time"),
        ("h.csv", "onset_s,duration_s,stage\n0,30,?\n", "holds no sleep stage"),
        ("h.csv", b"\xff\xfe", "no table"),
        ("h.edf", "nothing", "is no EDF"),
        ("h.tale", "nothing", "MNE cannot read it"),
    ],
)
def test_what_is_no_hypnogram_is_named(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SourceError, match=rf"{name}: .*{said}"):
        read_hypnogram(path, 3)


@pytest.mark.shared_data
def test_a_real_hypnogram_is_read(shared_data):
    stages = read_hypnogram(shared_data / "raw" / "SC4001EC-Hypnogram.edf", 2650)
    assert stages.count(Stage.R) == 125
    assert stages.count(Stage.N3) == 220
