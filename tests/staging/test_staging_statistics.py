"""Sleep statistics against hypnograms worked by hand after the AASM manual."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.stage import Stage
from monitor.staging.statistics import sleep_statistics

_LETTERS = dict(zip("W123R?", Stage, strict=True))


def hypnogram(text):
    return [_LETTERS[letter] for letter in text]


def test_a_short_night_worked_by_hand():
    # lights off; 4 wake, then N1 N2 N2, 2 wake, N2 N3 N3, unscored, R R, 2 wake, lights on
    result = sleep_statistics(hypnogram("WWWW122WW233?RRWW"))
    assert result.recorded_min == 8.5
    assert result.stage_min == {"W": 4.0, "N1": 0.5, "N2": 1.5, "N3": 1.0, "R": 1.0}
    assert result.unscored_min == 0.5
    assert result.total_sleep_min == 4.0
    assert result.sleep_efficiency == pytest.approx(8 / 17)
    assert result.sleep_latency_min == 2.0
    assert result.wake_after_onset_min == 2.0  # AASM: to lights on, not to the last sleep
    assert result.rem_latency_min == 4.5  # unscored time passes all the same


def test_a_night_that_begins_in_rem():
    result = sleep_statistics(hypnogram("RR2"))
    assert (result.sleep_latency_min, result.rem_latency_min) == (0.0, 0.0)


@pytest.mark.parametrize("text", ["", "W", "WW??W", "?"])
def test_without_sleep_there_is_no_latency(text):
    result = sleep_statistics(hypnogram(text))
    assert result.total_sleep_min == 0
    assert result.wake_after_onset_min == 0
    assert result.sleep_latency_min is None
    assert result.rem_latency_min is None
    assert result.sleep_efficiency == (0.0 if text else None)


@given(st.lists(st.sampled_from(Stage)))
def test_minutes_add_up_and_survive_json(stages):
    result = sleep_statistics(stages)
    assert sum(result.stage_min.values()) + result.unscored_min == result.recorded_min
    assert (
        result.total_sleep_min == result.recorded_min - result.unscored_min - result.stage_min["W"]
    )
    assert result.wake_after_onset_min <= result.stage_min["W"]
    assert json.loads(json.dumps(result.to_dict())) == result.to_dict()
