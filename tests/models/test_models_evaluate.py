"""The figures, against scikit-learn and against cases worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score, recall_score

from models.data import Night
from models.evaluate import (
    COLD_EPOCHS,
    Scored,
    calibration_error,
    fit_temperature,
    kappa_interval,
    predict,
    report,
)
from monitor.domain.montage import ChannelKind
from monitor.staging.bundle import load_bundle
from monitor.staging.stager import Stager

SETUPS = ("fpz", "pz", "all", "cold_start")


def scored(seed, n=400, sharpness=2.0):
    """Predictions that are right more often than not, and calibrated at sharpness 2."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n, 5))
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (proba.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    sharp = proba ** (sharpness / 2)
    return Scored(sharp / sharp.sum(axis=1, keepdims=True), labels, rng.integers(0, 8, n))


@given(st.integers(0, 1000))
def test_figures_agree_with_scikit_learn(seed):
    one = scored(seed)
    figures = report(dict.fromkeys(SETUPS, one))["fpz"]
    said = one.proba.argmax(axis=1)
    classes = {"labels": range(5), "average": None, "zero_division": 0}
    assert figures["kappa"] == pytest.approx(cohen_kappa_score(one.labels, said), abs=1e-4)
    assert figures["acc"] == pytest.approx((one.labels == said).mean(), abs=1e-4)
    f1 = f1_score(one.labels, said, **classes)
    recall = recall_score(one.labels, said, **classes)
    np.testing.assert_allclose(list(figures["f1"].values()), f1, atol=1e-4)
    np.testing.assert_allclose(list(figures["recall"].values()), recall, atol=1e-4)


def test_interval_holds_the_estimate_and_narrows_with_subjects():
    good, poor = 10 * np.eye(5, dtype=int), np.full((5, 5), 2)
    few = kappa_interval(np.stack([good, poor] * 3))
    many = kappa_interval(np.stack([good, poor] * 40))
    assert few[0] < many[0] < 0.5 < many[1] < few[1]
    assert kappa_interval(np.stack([good] * 9)) == (1.0, 1.0)


def test_calibration_error_worked_by_hand():
    proba = np.array([[0.9, 0.1, 0, 0, 0]] * 10 + [[0.5, 0.5, 0, 0, 0]] * 10)
    labels = np.array([0] * 8 + [1] * 2 + [0] * 5 + [1] * 5)
    # half of the epochs claim .9 and are right in .8, the others claim .5 and are right in .5
    result = calibration_error(Scored(proba, labels, np.zeros(20, int)))
    assert result == pytest.approx(0.05)


@pytest.mark.parametrize("sharpness", [1.6, 2.0, 3.0])
def test_temperature_undoes_over_and_under_confidence(sharpness):
    one = scored(7, n=6_000, sharpness=sharpness)
    temperature = fit_temperature(dict.fromkeys(SETUPS, one))
    assert temperature == pytest.approx(sharpness / 2, abs=0.08)
    assert calibration_error(one.tempered(temperature)) < 0.03


def test_nights_are_staged_side_by_side_as_they_would_be_live(nights):
    bundle = load_bundle()
    shorter = Night(9, 1, nights[0].log_power[:40], nights[0].labels[:40])
    result = predict(bundle, [nights[1], shorter])["all"]
    stager = Stager(bundle, (ChannelKind.EEG, ChannelKind.EEG, ChannelKind.EOG))
    live = np.array([stager.push(epoch) for epoch in shorter.log_power])[shorter.labels >= 0]
    np.testing.assert_allclose(result.proba[result.subject == 9], live, atol=1e-5)
    assert (result.labels >= 0).all()


def test_cold_starts_are_hours_that_begin_asleep_and_the_same_each_time(nights):
    bundle = load_bundle()
    first, again = (predict(bundle, nights[:3])["cold_start"] for _ in range(2))
    np.testing.assert_array_equal(first.proba, again.proba)
    alone = predict(bundle, nights[1:2])["cold_start"]
    assert len(alone.labels) <= 4 * COLD_EPOCHS
    shared = first.proba[(first.subject == nights[1].subject)]
    assert any(np.allclose(row, alone.proba[0], atol=1e-5) for row in shared)
