"""Plots are drawn from a report alone, small, the same each time, whatever is missing."""

import numpy as np
import pytest

from models.card_text import PLOTS
from models.evaluate import report
from models.plots import draw_plots
from models.predict import SETUPS, Staged

MAX_BYTES = 100 * 1024


def night(subject, n=200):
    rng = np.random.default_rng(subject)
    proba = rng.dirichlet(np.ones(5), n)
    proba[50:60] = np.nan
    return Staged(subject, rng.integers(-1, 5, n), proba)


@pytest.mark.parametrize(
    "recordings", [[night(1), night(2), night(1)], [Staged(1, np.full(9, -1), night(1, 9).proba)]]
)
def test_all_plots_are_drawn_small_and_the_same_each_time(tmp_path, recordings):
    predictions = dict.fromkeys(SETUPS, recordings) | {"cold_start": []}
    figures = report(predictions)
    first, again = (
        draw_plots(figures, predictions, tmp_path / name, "made up") for name in ("a", "b")
    )
    assert [path.stem for path in first] == list(PLOTS)
    for path, same in zip(first, again, strict=True):
        assert 0 < path.stat().st_size < MAX_BYTES
        assert path.read_bytes() == same.read_bytes()
