"""When too long a stage is due, and what a night has of it by itself."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from validation_records import planted

from monitor.alarm.eeg_conditions import NO_REM_OR_WAKE, ONE_STAGE
from monitor.domain.epoch import ScoredEpoch
from monitor.domain.stage import EPOCH_S, STAGES, Stage
from service.validation.lasting import as_scored, by_itself, held

N2, R, W = 2, 4, 0


def scored(codes: np.ndarray) -> list[ScoredEpoch]:
    stages = [Stage.UNSCORED if code < 0 else STAGES[code] for code in codes]
    return [ScoredEpoch(i, float(EPOCH_S * i), stage) for i, stage in enumerate(stages)]


def too_long(limit_s: float = 600.0):
    plant = planted("one stage too long", "EEG_ABNORMAL", 300.0, 3000.0, sources=(ONE_STAGE,))
    return replace(plant, due_s=limit_s, limit_s=2700.0)


@given(arrays(bool, st.integers(0, 60)), st.integers(1, 30), st.sampled_from([1.0, 0.95, 0.8]))
def test_a_stretch_is_held_where_it_is(fits, least, share):
    ends = [
        end
        for end in range(least, len(fits) + 1)
        if any(fits[s] and fits[s:end].mean() >= share - 1e-9 for s in range(end - least + 1))
    ]
    assert held(fits, least, share).tolist() == ends


def test_a_stage_that_is_scored_at_once_is_due_as_planted():
    truth = np.array([W] * 10 + [N2] * 90, np.int8)
    assert as_scored(too_long(), truth, scored(truth)).due_s == 600.0


def test_a_stage_that_is_scored_late_or_not_at_times_is_due_later():
    truth = np.array([W] * 10 + [N2] * 90, np.int8)
    seen = truth.copy()
    seen[10:13] = R
    assert as_scored(too_long(), truth, scored(seen)).due_s == 600.0 + 3 * EPOCH_S
    seen[20] = -1
    assert as_scored(too_long(), truth, scored(seen)).due_s == 600.0 + 4 * EPOCH_S


def test_a_stage_that_is_never_scored_is_due_all_the_same():
    truth = np.array([W] * 10 + [N2] * 90, np.int8)
    seen = np.where(np.arange(100) % 2, truth, R)
    assert as_scored(too_long(), truth, scored(seen)) == too_long()
    assert as_scored(planted(), truth, scored(truth)) == planted()


def test_what_a_night_has_by_itself_may_hold_strays_but_not_of_wake():
    night = np.array([W] * 100 + [N2] * 1 + [W] * 99 + [N2] * 150 + [R] * 5 + [N2] * 150, np.int8)
    found = list(by_itself(night))
    assert {plant.sources for plant in found} == {(ONE_STAGE,), (NO_REM_OR_WAKE,)}
    assert {plant.onset for plant in found} == {200.0 * EPOCH_S}
    assert all(plant.wanted is None for plant in found)
    assert max(plant.until for plant in found) == 505.0 * EPOCH_S
