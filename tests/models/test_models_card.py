"""The shipped card: figures that were measured, in words that agree with them."""

import json
from importlib.resources import files

import pytest

from models.card import write_json, write_markdown
from models.card_text import MARKS, render
from models.compare import COMPARED
from monitor.domain.stage import STAGES
from monitor.staging.bundle import MAX_MODEL_BYTES, load_bundle

CARD = load_bundle().card
FIGURES = CARD["cross_validation"]


def test_the_markdown_card_is_the_figures_in_words(tmp_path):
    for name in ("stager.json", "comparison.json"):
        if (files("models") / name).is_file():
            (tmp_path / name).write_bytes((files("models") / name).read_bytes())
    write_markdown(tmp_path)
    assert (files("models") / "MODEL_CARD.md").read_text() == (
        tmp_path / "MODEL_CARD.md"
    ).read_text()


def test_figures_are_written_for_people_too(tmp_path):
    content = {"a": {"b": [[1, 2.5], [3, None]]}, "c": "[not, a list]", "d": []}
    write_json(tmp_path / "some.json", content)
    text = (tmp_path / "some.json").read_text()
    assert json.loads(text) == content
    assert "[1, 2.5]" in text
    assert (files("models") / "stager.json").stat().st_size < MAX_MODEL_BYTES / 10


@pytest.mark.parametrize(("setup", "mark"), [("fpz", 0.70), ("pz", 0.70), ("all", 0.74)])
def test_cross_validated_agreement_reaches_the_mark(setup, mark):
    low, high = FIGURES[setup]["interval"]
    assert mark <= FIGURES[setup]["kappa"]
    assert low < FIGURES[setup]["kappa"] < high
    assert set(FIGURES[setup]["f1"]) == set(FIGURES[setup]["recall"]) == set(STAGES)


def test_probabilities_are_calibrated():
    assert FIGURES["ece"] <= 0.03


def test_a_mark_that_is_missed_is_said_plainly():
    figures = json.loads(json.dumps(FIGURES))
    title = "κ, both and EOG"
    for value, said in ((0.9, "yes"), (0.785, "yes"), (0.1, "**missed**"), (None, "not measured")):
        figures["all"]["kappa"] = value
        line = next(
            line
            for line in render(CARD | {"cross_validation": figures}).splitlines()
            if line.startswith(f"| {title} | >=")
        )
        assert line.endswith(f"| {said} |")


def test_every_mark_has_its_figure():
    for find, _, mark in MARKS.values():
        value = find(CARD)
        assert value is None or 0 < value < 100 * mark


def test_other_models_are_told_of_when_they_were_compared():
    assert "Compared with" not in render(CARD)
    row = {name: {"kappa": 0.612, "interval": [0.6, 0.7]} for name in COMPARED}
    comparison = {
        "protocol": {"folds": "1, 4", "passes": 3, "seed": 0},
        "models": {"trees": row | {"title": "boosted trees", "ece": 0.02}},
    }
    assert "| boosted trees | 0.612 (0.600 to 0.700) |" in render(CARD, comparison)


def test_data_are_attributed():
    for word in ("Sleep-EDF", "PhysioNet", "ODC-By"):
        assert word in CARD["training"]["data"]
    assert len(CARD["training"]["subjects"]) == 61
