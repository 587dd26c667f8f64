"""The sample night gives what it always gave; `python tests/golden/golden_night.py` renews it."""

from pathlib import Path

import pytest
from golden_night import GOLDEN, replay, tell
from sklearn.metrics import cohen_kappa_score

TRUTH = Path(__file__).parents[2] / "sample_data" / "unresponsive-nap.csv"


@pytest.mark.parametrize("chunk_s", [0.37, 1.0, 300.0])
def test_the_sample_night_replays_as_it_always_did(chunk_s: float) -> None:
    assert tell(replay(chunk_s)) == GOLDEN.read_text()


def test_the_sample_night_is_staged_in_agreement_with_its_truth() -> None:
    lines = GOLDEN.read_text().splitlines()
    scored = [{"1": "N1", "2": "N2", "3": "N3"}.get(c, c) for c in "".join(lines[:2])]
    truth = [row.split(",")[2] for row in TRUTH.read_text().splitlines()[1:]]
    assert cohen_kappa_score(truth, scored) >= 0.6
