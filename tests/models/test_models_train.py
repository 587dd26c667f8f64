"""Training from the table to the model file, in the small."""

import datetime
import json
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from typer.testing import CliRunner

from models.card import make_card, write_model
from models.card_text import PLOTS, render
from models.plan import Plan
from models.predict import SETUPS, Correction
from monitor.domain.errors import DreamwatchError, ModelError
from monitor.staging.bundle import MAX_MODEL_BYTES, RECIPE, bundle_of, load_bundle
from monitor.staging.context import N_FEATURES
from service.cli import app
from service.cli.evaluate import OUT_OF_SAMPLE
from service.cli.training import need_torch

CLI = CliRunner()
BIAS = (0.3, -0.2, 0.0, 0.1, -0.4)
*_, LAST_PLOT = PLOTS
HAS_TORCH = find_spec("torch") is not None
needs_torch = pytest.mark.skipif(not HAS_TORCH, reason="needs the train extra: no torch here")


def test_without_torch_training_tells_what_to_install(table, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [name for name in sys.modules if name.startswith("models.")]:
        monkeypatch.delitem(sys.modules, name)
    result = CLI.invoke(app, ["train", "--features", str(table[0])])
    assert isinstance(result.exception, ModelError)
    assert "pip install 'dreamwatch[train]'" in str(result.exception)


def test_evaluate_prints_the_figures_of_the_shipped_model(table, tmp_path):
    plots = tmp_path / "plots"
    result = CLI.invoke(
        app, ["evaluate", "--features", str(table[0]), "--json", "--plots", str(plots)]
    )
    figures = json.loads(result.stdout)
    assert set(figures) == {*SETUPS, "ece", "protocol"}
    assert -1 <= figures["fpz"]["kappa"] <= 1
    known = set(load_bundle().card["training"]["subjects"]) & {1, 2, 3, 4}
    expected = f"in sample: {len(known)} of 4 subjects, by number, were trained on"
    assert figures["protocol"] == (expected if known else OUT_OF_SAMPLE)
    assert {path.stem for path in plots.iterdir()} == set(PLOTS)
    shown = CLI.invoke(app, ["evaluate", "--features", str(table[0])], env={"COLUMNS": "150"})
    assert f"{figures['pz']['kappa']:.3f}" in shown.stdout
    assert f"{figures['pz']['live']['kappa']:.3f}" in shown.stdout


def test_figures_are_not_lost_with_the_plots(table, tmp_path):
    (tmp_path / f"{LAST_PLOT}.png").mkdir()
    options = ["--features", str(table[0]), "--json", "--plots", str(tmp_path)]
    result = CLI.invoke(app, ["evaluate", *options])
    assert set(SETUPS) < set(json.loads(result.stdout))
    assert isinstance(result.exception, DreamwatchError)
    assert f"{LAST_PLOT}.png: cannot be written: Is a directory" in str(result.exception)


def test_a_folder_for_plots_that_cannot_be_is_named_first(table, tmp_path):
    folder = tmp_path / "plots"
    folder.touch()
    options = ["--features", str(table[0]), "--plots", str(folder)]
    result = CLI.invoke(app, ["evaluate", *options])
    assert str(result.exception) == f"{folder}: cannot be written: File exists"
    assert not result.stdout


@pytest.mark.train
@needs_torch
@pytest.mark.parametrize("members", [1, 3])
def test_the_exported_step_is_the_mean_of_the_networks(members):
    import torch

    from models.export import export_onnx, with_correction
    from models.network import StagerNetwork

    torch.manual_seed(0)
    networks = [StagerNetwork().eval() for _ in range(members)]
    rng = np.random.default_rng(0)
    features = rng.normal(size=(6, 4, 3, N_FEATURES)).astype(np.float32)
    weight = (rng.uniform(-1, 1, (6, 4, 3))).clip(0).astype(np.float32)
    eog = np.tile(np.array([0, 0, 1], np.float32), (4, 1))
    with torch.no_grad():
        logits = [each(*map(torch.from_numpy, (features, weight, eog))) for each in networks]
    expected = torch.softmax(sum(logits) / members / 1.5 + torch.tensor(BIAS), dim=-1).numpy()

    bundle = bundle_of("test", with_correction(export_onnx(networks), Correction(1.5, BIAS)), {})
    channel = np.zeros((4, 3, bundle.channel_units), np.float32)
    sleeper = np.zeros((4, bundle.units), np.float32)
    for t in range(6):
        feed = {"features": features[t], "weight": weight[t], "is_eog": eog}
        states = {"channel_state": channel, "sleeper_state": sleeper}
        proba, channel, sleeper = bundle.session.run(None, feed | states)
        np.testing.assert_allclose(proba, expected[t], atol=1e-5)


@pytest.mark.train
@needs_torch
def test_the_same_seed_gives_the_same_model(nights):
    from models.export import export_onnx
    from models.fit import fit

    told = []
    first, again, other = (
        export_onnx([fit(nights, passes=1, seed=seed, progress=told.append)]) for seed in (3, 3, 4)
    )
    assert first == again
    assert first != other
    assert told[-1] == 1.0


@pytest.mark.train
@needs_torch
def test_training_writes_a_model_that_loads_and_its_cards(nights, tmp_path):
    plan, told = Plan(folds=2, passes=1, jobs=2, members=2), {}
    model, validation = need_torch().train_stager(nights, plan, told.__setitem__)
    assert told == {"fold 1": 1.0, "fold 2": 1.0, "all subjects": 1.0}
    date = datetime.date(2020, 1, 2)
    card = make_card(model, nights, plan, validation.correction, validation.figures, date)
    write_model(tmp_path, model, card)
    bundle = load_bundle(tmp_path / "stager.onnx")
    assert bundle.card["training"]["subjects"] == [1, 2, 3, 4]
    assert bundle.card["recipe"] == RECIPE
    assert (tmp_path / "MODEL_CARD.md").read_text() == render(card)
    assert len(model) <= MAX_MODEL_BYTES
    again = need_torch().cross_validate(nights, plan, told.__setitem__)
    assert again.figures == validation.figures
