"""The comparison of models, in the small."""

import json
from dataclasses import fields
from importlib.util import find_spec

import numpy as np
import pytest
from typer import BadParameter

from models.card import write_json
from models.compare import BLEND, COMPARED, NETWORKS, TREES, blend, compare, main
from models.crops import FULL, draw_batch
from models.data import Night
from models.plan import Plan
from models.predict import EOG, FPZ, PZ, Staged
from models.trees import fit_trees

needs_torch = pytest.mark.skipif(
    find_spec("torch") is None, reason="needs the train extra: no torch here"
)


@pytest.fixture(scope="module")
def trees(nights):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.trees.ITERATIONS", 10)
        return fit_trees(nights[:6], passes=1, seed=0, progress=lambda _: None)


def test_trees_stage_what_the_network_stages(trees, nights):
    night = nights[7]
    power = night.log_power.copy()
    power[20:30, [FPZ, PZ]] = np.nan
    broken = Night(1, 1, power, night.labels)
    for columns in ((FPZ,), (PZ,), (FPZ, PZ, EOG), (FPZ, EOG)):
        whole, lost = trees.stage_all([night, broken], columns)
        np.testing.assert_allclose(whole.sum(axis=1), 1)
        assert np.isnan(lost[20:30]).all()
        assert np.isfinite(np.delete(lost, range(20, 30), axis=0)).all()
        known = night.labels >= 0
        assert (whole.argmax(axis=1) == night.labels)[known].mean() > 0.5


def test_trees_do_not_look_ahead(trees, nights):
    power = nights[7].log_power.copy()
    power[60:] += 3
    changed = Night(1, 1, power, nights[7].labels)
    before, after = trees.stage_all([nights[7], changed], (FPZ, PZ, EOG))
    np.testing.assert_array_equal(before[:60], after[:60])


def test_a_blend_is_the_mean():
    one, other = (Staged(1, np.zeros(2), np.full((2, 5), value)) for value in (0.2, 0.4))
    mixed = blend({"fpz": [one]}, {"fpz": [other]})
    np.testing.assert_allclose(mixed["fpz"][0].proba, 0.3)


def test_every_network_leaves_one_kind_of_variation_out(nights):
    for name, (_, variation) in NETWORKS.items():
        changed = {
            f.name for f in fields(FULL) if getattr(FULL, f.name) != getattr(variation, f.name)
        }
        assert bool(changed) == (name not in ("shipped", "network"))
        draw_batch(nights, np.random.default_rng(0), variation)


def test_unknown_models_and_folds_are_named(tmp_path):
    for words in ({"models": "forest"}, {"folds": "0,7"}):
        with pytest.raises(BadParameter, match=r"forest|7"):
            main(tmp_path / "none.npz", **words)


@pytest.mark.train
@needs_torch
def test_models_are_compared_on_the_folds_asked_for(nights, tmp_path):
    plan, told = Plan(folds=2, passes=1, jobs=2), {}
    result = compare(nights, plan, [1], ["shipped", TREES], told.__setitem__)
    assert told == {"shipped, fold 1": 1.0, "trees, fold 1": 1.0}
    assert set(result["models"]) == {"shipped", TREES, BLEND}
    for figures in result["models"].values():
        assert {"title", "ece", *COMPARED} == set(figures)
        assert figures["fpz"]["kappa"] is not None
    write_json(tmp_path / "comparison.json", result)
    assert json.loads((tmp_path / "comparison.json").read_text()) == result
