"""The shipped card: figures that were measured, in words that agree with them."""

from importlib.resources import files

import pytest

from models.card import render
from monitor.domain.stage import STAGES
from monitor.staging.bundle import load_bundle

CARD = load_bundle().card


def test_the_markdown_card_is_the_json_card_in_words():
    assert (files("models") / "MODEL_CARD.md").read_text() == render(CARD)


@pytest.mark.parametrize(("setup", "mark"), [("fpz", 0.70), ("pz", 0.70), ("all", 0.74)])
def test_cross_validated_agreement_reaches_the_mark(setup, mark):
    figures = CARD["cross_validation"][setup]
    low, high = figures["interval"]
    assert mark <= figures["kappa"]
    assert low < figures["kappa"] < high
    assert set(figures["f1"]) == set(figures["recall"]) == set(STAGES)


def test_probabilities_are_calibrated():
    assert CARD["cross_validation"]["ece"] <= 0.03


def test_data_are_attributed():
    for word in ("Sleep-EDF", "PhysioNet", "ODC-By"):
        assert word in CARD["training"]["data"]
    assert len(CARD["training"]["subjects"]) == 61
