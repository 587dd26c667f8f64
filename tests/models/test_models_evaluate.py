"""The figures, against scikit-learn and against cases worked by hand."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
)

from models.evaluate import fit_model_correction, report
from models.figures import Scored, agreement, calibration_error, kappa_interval, reliability
from models.predict import MAIN, SETUPS, Staged, correct_all


def staged(seed, n=400, sharpness=2.0, subject=0):
    """A recording that is right more often than not, and calibrated at sharpness 2."""
    rng = np.random.default_rng([seed, subject])
    logits = rng.normal(0, 2, (n, 5))
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (proba.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    sharp = proba ** (sharpness / 2)
    return Staged(subject, labels, sharp / sharp.sum(axis=1, keepdims=True))


def scored(proba, labels):
    return Scored(np.array(proba, float), np.array(labels), np.zeros(len(labels), int))


@given(st.integers(0, 1000))
def test_figures_agree_with_scikit_learn(seed):
    recordings = [staged(seed, n=150, subject=subject) for subject in range(4)]
    figures = agreement(recordings)
    truth = np.concatenate([one.labels for one in recordings])
    said = np.concatenate([one.proba.argmax(axis=1) for one in recordings])
    classes = {"labels": range(5), "average": None, "zero_division": 0}
    assert figures["kappa"] == pytest.approx(cohen_kappa_score(truth, said), abs=1e-4)
    assert figures["acc"] == pytest.approx((truth == said).mean(), abs=1e-4)
    for name, score in (("f1", f1_score), ("recall", recall_score), ("precision", precision_score)):
        expected = score(truth, said, **classes)
        np.testing.assert_allclose(list(figures[name].values()), expected, atol=1e-4)
    np.testing.assert_array_equal(figures["confusion"], confusion_matrix(truth, said))
    assert list(figures["epochs"].values()) == np.bincount(truth, minlength=5).tolist()


def test_epochs_without_a_label_or_a_stage_count_in_no_figure():
    one = staged(3)
    labels, proba = one.labels.copy(), one.proba.copy()
    labels[:50], proba[350:] = -1, np.nan
    figures = agreement([Staged(0, labels, proba)])
    kept = agreement([Staged(0, one.labels[50:350], one.proba[50:350])])
    assert figures == kept | {"staged": pytest.approx(300 / 350, abs=1e-4)}


def test_interval_holds_the_estimate_and_narrows_with_subjects():
    good, poor = 10 * np.eye(5, dtype=int), np.full((5, 5), 2)
    few = kappa_interval(np.stack([good, poor] * 3))
    many = kappa_interval(np.stack([good, poor] * 40))
    assert few[0] < many[0] < 0.5 < many[1] < few[1]
    assert kappa_interval(np.stack([good] * 9)) == (1.0, 1.0)


def test_calibration_worked_by_hand():
    proba = [[0.9, 0.1, 0, 0, 0]] * 10 + [[0.5, 0.5, 0, 0, 0]] * 10
    one = scored(proba, [0] * 8 + [1] * 2 + [0] * 5 + [1] * 5)
    # half of the epochs claim .9 and are right in .8, the others claim .5 and are right in .5
    assert calibration_error(one) == pytest.approx(0.05)
    curve = {"confidence": [0.5, 0.9], "accuracy": [0.5, 0.8], "count": [10, 10]}
    assert reliability(one) == curve


@pytest.mark.parametrize("sharpness", [1.6, 2.0, 3.0])
def test_temperature_undoes_over_and_under_confidence(sharpness):
    recordings = [staged(7, n=6_000, sharpness=sharpness)]
    predictions = dict.fromkeys(SETUPS, recordings)
    correction = fit_model_correction(predictions)
    assert correction.temperature == pytest.approx(sharpness / 2, abs=0.08)
    assert max(map(abs, correction.bias)) < 0.2
    mended = correct_all(predictions, correction)["fpz"]
    assert calibration_error(Scored.pool(mended)) < 0.03


def test_report_tells_of_every_setup_and_is_json():
    figures = report({name: [staged(1), staged(1, subject=1)] for name in SETUPS})
    assert set(figures) == {*SETUPS, "ece"}
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert figures["ece"] == max(figures[name]["ece"] for name in MAIN)
    for name in MAIN:
        assert set(figures[name]["subjects"]) == {"0", "1"}
        assert figures[name]["live"]["raw"]["kappa"] == pytest.approx(figures[name]["kappa"])


@pytest.mark.parametrize(
    "recordings",
    [
        [],
        [Staged(0, np.zeros(5, int), np.full((5, 5), 0.2))],  # one subject, one stage
        [Staged(0, np.full(5, -1), np.full((5, 5), 0.2))],  # nothing scored
        [Staged(0, np.arange(5), np.full((5, 5), np.nan))],  # nothing staged
    ],
)
def test_what_is_not_defined_is_null_not_an_error(recordings):
    figures = report(dict.fromkeys(SETUPS, recordings))
    json.dumps(figures, allow_nan=False)
    assert figures["fpz"]["kappa"] is None
    assert figures["fpz"]["interval"] is None
    assert figures["fpz"]["f1"]["R"] == 0.0
