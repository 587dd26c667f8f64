"""Fitting a personal calibration: what it finds, how far it is held, what it refuses."""

import datetime
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calibrate import MIN_EPOCHS, fit_calibration, fit_correction
from monitor.domain.errors import ModelError
from monitor.domain.stage import STAGES
from monitor.staging.calibration import MAX_BIAS, TEMPERATURES, correct

BUNDLE = SimpleNamespace(card={"sha256": "ab" * 32})
TODAY = datetime.date(2026, 1, 31)


def wearer(n_epochs, temperature=1.0, bias=(0, 0, 0, 0, 0), seed=0):
    """Return what a model says of a wearer whom it knows up to a correction, and the truth."""
    rng = np.random.default_rng(seed)
    said = rng.dirichlet(np.full(5, 0.4), n_epochs)
    true = correct(said, temperature, np.array(bias, float))
    labels = (rng.random((n_epochs, 1)) > true.cumsum(axis=1)).sum(axis=1)
    return said, np.minimum(labels, 4)


def surprise(proba, labels):
    return -np.log(proba[np.arange(len(labels)), labels]).mean()


def test_a_wearer_who_differs_is_found():
    said, labels = wearer(50_000, temperature=1.5, bias=(0.8, -0.4, 0.0, -0.8, 0.4))
    temperature, bias = fit_correction(said, labels)
    assert temperature == pytest.approx(1.5, abs=0.1)
    assert bias == pytest.approx([0.8, -0.4, 0.0, -0.8, 0.4], abs=0.1)


@given(st.integers(0, 1000))
def test_a_wearer_who_does_not_differ_is_left_alone(seed):
    said, labels = wearer(900, seed=seed)
    temperature, bias = fit_correction(said, labels)
    assert abs(np.log(temperature)) < 0.2
    assert np.abs(bias).max() < 0.4


def test_the_strength_draws_towards_doing_nothing():
    said, labels = wearer(900, temperature=2, bias=(1, -1, 1, -1, 0))
    sizes = []
    for strength in (1, 10, 100, 1000, 1e6):
        temperature, bias = fit_correction(said, labels, strength)
        sizes.append(np.hypot(np.log(temperature), np.linalg.norm(bias)))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 0.01


def test_another_night_of_the_same_wearer_is_told_better():
    differs = {"temperature": 1.5, "bias": (0.8, -0.4, 0.0, -0.8, 0.4)}
    temperature, bias = fit_correction(*wearer(900, **differs))
    said, labels = wearer(900, **differs, seed=1)
    assert surprise(correct(said, temperature, bias), labels) < surprise(said, labels) - 0.05


def test_nothing_but_one_stage_stays_within_bounds():
    said = np.tile([1e-9, 1e-9, 1 - 4e-9, 1e-9, 1e-9], (5000, 1))
    temperature, bias = fit_correction(said, np.full(5000, 4), strength=0.001)
    assert TEMPERATURES[0] <= temperature <= TEMPERATURES[1]
    assert np.abs(bias).max() <= MAX_BIAS


def test_the_calibration_tells_what_it_was_fitted_on():
    said, labels = wearer(600, bias=(1, 0, 0, 0, 0))
    said[:50], labels[50:100] = np.nan, -1
    calibration = fit_calibration(said, labels, BUNDLE, TODAY)
    assert (calibration.n_epochs, calibration.date) == (500, "2026-01-31")
    assert calibration.model_sha256 == BUNDLE.card["sha256"]
    assert list(calibration.bias) == list(STAGES)
    assert calibration.bias["W"] == max(calibration.bias.values()) > 0.1
    assert calibration.kappa_after > calibration.kappa_before
    known = slice(100, None)
    temperature, bias = fit_correction(said[known], labels[known])
    expected = correct(said[known], temperature, bias)
    assert calibration.apply(said[known]) == pytest.approx(expected, abs=1e-3)


def test_kappa_is_scikit_learns():
    from sklearn.metrics import cohen_kappa_score

    said, labels = wearer(300)
    calibration = fit_calibration(said, labels, BUNDLE, TODAY)
    expected = cohen_kappa_score(labels, said.argmax(axis=1))
    assert calibration.kappa_before == pytest.approx(expected, abs=1e-4)


def test_too_little_is_refused():
    said, labels = wearer(MIN_EPOCHS + 9)
    labels[:10] = -1
    with pytest.raises(ModelError, match=f"{MIN_EPOCHS - 1} epochs .* expected at least 240"):
        fit_calibration(said, labels, BUNDLE, TODAY)


def test_the_stages_of_another_night_are_refused():
    said, labels = wearer(900)
    others = np.random.default_rng(1).permutation(labels)
    with pytest.raises(ModelError, match=r"κ .* is -?0\.0\d+, expected at least 0\.2: does the h"):
        fit_calibration(said, others, BUNDLE, TODAY)
    with pytest.raises(ModelError, match=r"2 of W, N1, N2, N3 and R, expected at least 3: does"):
        fit_calibration(said, np.where(labels == 2, 2, 0), BUNDLE, TODAY)
    three = np.array([0, 2, 2, 2, 4])[labels]
    assert fit_calibration(said, three, BUNDLE, TODAY).kappa_before > 0.2
