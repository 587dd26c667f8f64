"""Personal calibration: what it does to probabilities, and which files are refused."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from monitor.domain.errors import ModelError
from monitor.domain.montage import ChannelKind
from monitor.domain.stage import STAGES
from monitor.staging.bundle import load_bundle
from monitor.staging.calibration import MAX_BIAS, Calibration, load_calibration
from monitor.staging.stager import Stager

NONE = dict.fromkeys(STAGES, 0.0)
BUNDLE = load_bundle()


def calibration(temperature=1.0, sha256="", **bias):
    return Calibration(sha256, temperature, NONE | bias, "2026-01-31", 900, None, 0.75)


def write(path, **changes):
    fields = calibration(sha256=BUNDLE.card["sha256"]).to_dict() | changes
    path.write_text(json.dumps(fields))
    return path


def test_a_bias_multiplies_the_odds():
    # W : N1 = 2 : 1 becomes 2 : 1 e^ln(4) = 1 : 2, the others stay where they were beside W
    proba = np.array([0.4, 0.2, 0.2, 0.1, 0.1])
    corrected = calibration(N1=np.log(4)).apply(proba)
    assert corrected == pytest.approx(np.array([0.4, 0.8, 0.2, 0.1, 0.1]) / 1.6)


def test_a_temperature_flattens():
    # square roots of the odds 9 : 1 are 3 : 1
    corrected = calibration(temperature=2.0).apply(np.array([0.9, 0.1, 0.0, 0.0, 0.0]))
    assert corrected == pytest.approx([0.75, 0.25, 0, 0, 0], abs=1e-6)


@given(
    arrays(float, (3, 5), elements=st.floats(0, 1)).filter(lambda p: (p.sum(axis=1) > 0).all()),
    st.floats(0.25, 4),
    st.lists(st.floats(-MAX_BIAS, MAX_BIAS), min_size=5, max_size=5),
)
def test_what_comes_out_are_probabilities(odds, temperature, biases):
    proba = odds / odds.sum(axis=1, keepdims=True)
    bias = dict(zip(STAGES, biases, strict=True))
    corrected = calibration(temperature, **bias).apply(proba)
    assert (corrected >= 0).all()
    assert corrected.sum(axis=1) == pytest.approx(1)
    assert calibration().apply(proba) == pytest.approx(proba, abs=1e-6)


def test_no_probabilities_stay_none():
    assert np.isnan(calibration(N1=1.0).apply(np.full((2, 5), np.nan))).all()


def test_the_stager_corrects_what_the_model_says():
    wearer = calibration(2.0, N1=1.0, W=-0.5)
    plain = Stager(BUNDLE, [ChannelKind.EEG])
    calibrated = Stager(BUNDLE, [ChannelKind.EEG], calibration=wearer)
    for log_power in np.random.default_rng(0).normal(size=(5, 1, 5)):
        assert calibrated.push(log_power) == pytest.approx(wearer.apply(plain.push(log_power)))
    assert calibrated.push(np.full((1, 5), np.nan)) is None


def test_what_was_written_is_read(tmp_path):
    path = write(tmp_path / "wearer.json", kappa_before=0.7, bias=NONE | {"N3": -0.5})
    read = load_calibration(path, BUNDLE)
    assert read.to_dict() == json.loads(path.read_text())


def test_another_model_is_refused_by_name(tmp_path):
    path = write(tmp_path / "wearer.json", model_sha256="0" * 64)
    with pytest.raises(ModelError, match=rf"wearer.json: .* model 000000000000, {BUNDLE.name} is"):
        load_calibration(path, BUNDLE)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"temperature": 9}, "temperature is 9.0, expected 0.25 to 4"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"temperature": "warm"}, "no calibration: could not convert"),
        ({"bias": NONE | {"N1": 3.5}}, "bias of N1 is 3.5, expected at most 3"),
        ({"bias": {"W": 0}}, "no calibration: it has no 'N1'"),
        ({"bias": 1}, "no calibration"),
        ({"n_epochs": None}, "no calibration"),
    ],
)
def test_what_cannot_be_a_calibration_is_refused(tmp_path, changes, said):
    with pytest.raises(ModelError, match=f"wearer.json.*{said}"):
        load_calibration(write(tmp_path / "wearer.json", **changes), BUNDLE)


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", '{"bias": [1', "[" * 60_000])
def test_what_is_no_calibration_is_named(tmp_path, content):
    path = tmp_path / "wearer.json"
    path.write_text(content)
    with pytest.raises(ModelError, match=r"wearer\.json is no calibration"):
        load_calibration(path, BUNDLE)
    with pytest.raises(ModelError, match=r"nobody\.json cannot be read: No such file"):
        load_calibration(tmp_path / "nobody.json", BUNDLE)
