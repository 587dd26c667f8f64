"""True and false changes of the stage shown, on nights worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.stability import Live, grid, likeliest, live_figures, publish, stability

CODES = {"W": 0, "1": 1, "2": 2, "3": 3, "R": 4, "-": -1}


def codes(text):
    return np.array([CODES[letter] for letter in text])


def night(shown, truth, step_s=30.0, certainty=1.0):
    """Whose likeliest stage at each step is the letter of `shown`."""
    stages = codes(shown)
    rest = (1 - certainty) / 4
    proba = np.where(np.arange(5) == stages[:, None], certainty, rest)
    proba[stages < 0] = np.nan
    return Live(step_s * (1.0 + np.arange(len(stages))), proba, codes(truth))


def figures(shown, truth, **kwargs):
    one = night(shown, truth, **kwargs)
    return stability([one], [likeliest(one)])


@pytest.mark.parametrize(
    ("shown", "truth", "true", "n_shown", "found", "why"),
    [
        ("WWW22222", "WWW22222", 1, 1, 1, "shown when its first epoch ends"),
        ("WW222222", "WWW22222", 1, 1, 1, "an epoch early"),
        ("W2222222", "WWW22222", 1, 1, 1, "at the earliest: 30 s before its onset"),
        ("22222222", "WWW22222", 1, 0, 0, "shown before, so never a change"),
        ("WWWWWW22", "WWW22222", 1, 1, 1, "three epochs late"),
        ("WWWWWWW2", "WWW22222", 1, 1, 0, "four epochs late is false"),
        ("WWW33333", "WWW22222", 1, 1, 0, "to another stage is false"),
        ("22W22222", "22222222", 0, 2, 0, "an error and its mending are both false"),
        ("WW2W2222", "WWW22222", 1, 3, 1, "one true change is matched once"),
        ("WWW222RR", "WWW222--", 1, 1, 1, "what has no truth is not counted"),
        ("WWW-2222", "WWW22222", 1, 0, 0, "from no stage to a stage is no change"),
        ("WWW22222", "WW--2222", 0, 0, 0, "nor is it in the truth"),
    ],
)
def test_changes_worked_by_hand(shown, truth, true, n_shown, found, why):
    result = figures(shown, truth)
    hours = sum(letter != "-" for letter in truth) / 120
    assert result["hours"] == pytest.approx(hours, abs=1e-4), why
    assert result["true_per_h"] == pytest.approx(true / hours, abs=1e-3), why
    assert result["shown_per_h"] == pytest.approx(n_shown / hours, abs=1e-3), why
    assert result["found"] == (found / true if true else None), why
    assert result["false_per_h"] == pytest.approx((n_shown - found) / hours, abs=1e-3), why
    assert result["false_ratio"] == ((n_shown - found) / true if true else None), why


def test_delays_are_from_the_onset_of_the_first_epoch():
    # N2 begins at 30 s and is shown at 60 s; R begins at 120 s and is shown at 210 s
    result = figures("W222222RR", "W222RRRRR")
    assert result["delay_s"] == {"median": 75.0, "p90": 111.0}
    assert figures("WWW", "WWW")["delay_s"] == {"median": None, "p90": None}


def test_lasting_changes_are_told_apart_from_short_spells():
    # N1 lasts one epoch and is missed, N2 five and is found, R four and is missed
    result = figures("WWW22222222222", "WW122222RRRR--")
    assert result["found"] == pytest.approx(1 / 3, abs=1e-4)
    assert result["found_lasting"] == 1.0


def test_steps_of_five_seconds_are_measured_as_they_are():
    truth = "WWWW2222"
    late = "W" * 26 + "2" * 22  # shown at 135 s, 15 s after the onset
    result = figures(late, truth, step_s=5.0)
    assert result["delay_s"]["median"] == 15.0
    assert result["false_ratio"] == 0.0
    assert result["kappa"] == 1.0  # what was shown when each epoch ended


@given(st.lists(st.sampled_from("W123R-"), min_size=1, max_size=60), st.randoms())
def test_the_truth_itself_has_no_false_change(truth, random):
    result = figures(truth, truth)
    assert result["false_ratio"] in (0.0, None)
    assert result["found"] in (1.0, None)
    shown = random.sample(truth, len(truth))
    other = figures(shown, truth)
    assert other["false_per_h"] is None or 0 <= other["false_per_h"] <= other["shown_per_h"]
    assert other["found"] is None or 0 <= other["found"] <= 1


def test_hysteresis_trades_false_changes_for_delay():
    flicker = night("WWW2W2W222222222", "WWWWWWW222222222", certainty=0.3)
    live = live_figures([flicker])
    assert live["false_ratio"] < live["raw"]["false_ratio"]
    rows = grid([flicker], margins=[0.0, 0.9], holds_s=[60.0])
    assert [(row["margin"], row["hold_s"]) for row in rows] == [(0.0, 60.0), (0.9, 60.0)]
    assert rows[0]["false_ratio"] > rows[1]["false_ratio"]
    assert rows[0]["delay_s"]["median"] <= rows[1]["delay_s"]["median"]
    np.testing.assert_array_equal(publish(flicker, 0.0), likeliest(flicker))


def test_nothing_at_all_is_null():
    assert stability([], [])["false_ratio"] is None
    assert figures("---", "W2W")["kappa"] is None
