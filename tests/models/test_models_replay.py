"""Simulated nights through the live path, and their figures in the card."""

import json
import queue
import shutil
from importlib.resources import files

import numpy as np
import pytest

from models.card_text import render
from models.replay import Showing, add_to_card, simulate
from models.stability import live_figures, publish
from monitor.staging.bundle import MODEL_FILE


@pytest.fixture
def model_folder(tmp_path):
    for name in (MODEL_FILE, "stager.json"):
        shutil.copy(files("models") / name, tmp_path)
    return tmp_path


def test_a_simulated_night_is_told_every_five_seconds(model_folder):
    told = queue.Queue()
    night = simulate(Showing(3, "all", 0.25, model_folder / MODEL_FILE), told)
    assert told.get() == ("night 3, all", 1.0)
    np.testing.assert_array_equal(night.at_s, np.arange(30.0, 901.0, 5.0))
    assert len(night.truth) == 30
    there = np.isfinite(night.proba).all(axis=1)
    np.testing.assert_allclose(night.proba[there].sum(axis=1), 1, atol=1e-5)
    assert (publish(night)[there] >= 0).all()


def test_figures_of_simulated_nights_enter_both_cards(model_folder):
    figures = {"nights": 4, "hours": 8.0, "fpz": {"live": live_figures([])}}
    add_to_card(model_folder, figures)
    card = json.loads((model_folder / "stager.json").read_text())
    assert card["simulated"] == figures
    text = (model_folder / "MODEL_CARD.md").read_text()
    assert text == render(card)
    assert "on 4 simulated nights of 8 h" in text
