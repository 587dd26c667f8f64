"""What personal calibration brings is measured on the other night of the same subject."""

import json

import numpy as np
import pytest

from models.calibration_study import METHODS, study
from models.card_text import render
from models.predict import MAIN, Staged
from monitor.staging.bundle import load_bundle
from monitor.staging.calibration import correct

N_EPOCHS = 300


def nights(n_subjects, bias, n_nights=2):
    """Return nights of subjects, each of whom differs by `bias` from what the model says."""
    rng = np.random.default_rng(0)
    for subject in range(n_subjects):
        for _ in range(n_nights):
            said = rng.dirichlet(np.full(5, 0.4), N_EPOCHS)
            true = correct(said, 1.0, bias * np.array([1.0, -1, 1, -1, 0])[:, None].T)
            labels = (rng.random((N_EPOCHS, 1)) > true.cumsum(axis=1)).sum(axis=1)
            labels[:10], said[10:20] = -1, np.nan
            yield Staged(subject, np.minimum(labels, 4).astype(np.int8), said)


def measured(recordings):
    return study({"fpz": list(recordings), "pz": [], "all": []})["fpz"]


def test_what_one_night_tells_helps_on_the_other():
    figures = measured(nights(6, bias=1.5))["scored"]
    without, calibrated = figures["kappa"]
    assert figures["change"] == pytest.approx(calibrated - without, abs=1e-3)
    assert 0 < figures["interval"][0] <= figures["change"] <= figures["interval"][1]
    assert (figures["subjects"], figures["worse"], figures["better"]) == (6, 0.0, 1.0)
    assert figures["ece"][1] < figures["ece"][0]


def test_where_there_is_nothing_to_learn_little_is_lost():
    figures = measured(nights(6, bias=0.0))
    assert set(figures) == set(METHODS)
    assert abs(figures["scored"]["change"]) < 0.02
    assert abs(figures["scored, ten times the strength"]["change"]) < 0.005


def test_only_subjects_of_two_nights_count():
    two, one = list(nights(2, bias=1.0)), list(nights(4, bias=1.0, n_nights=1))[2:]
    assert measured([two[0], *one, *two[1:]])["scored"]["subjects"] == 2
    assert measured(one)["scored"] == {"subjects": 0}
    silent = [Staged(7, night.labels, np.full_like(night.proba, np.nan)) for night in two[:2]]
    assert measured([*two, *silent]) == measured(two)


def test_the_card_tells_of_it():
    card = json.loads(json.dumps(load_bundle().card))
    figures = card["cross_validation"]
    figures["pz"]["personal"] = measured(nights(3, bias=1.5))
    change = figures["pz"]["personal"]["scored"]["change"]
    assert f"{change:+.3f} (" in render(card)
    for name in MAIN:
        figures[name]["personal"] = {method: {"subjects": 0} for method in METHODS}
    assert "Personal calibration" not in render(card)
