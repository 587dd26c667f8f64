"""The published stage: steady, quick when it is clear, silent when nothing is known."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.stage import STAGES, Stage
from monitor.staging.published import MARGIN, PublishedStage

STEPS = st.lists(
    st.none() | st.lists(st.floats(0.01, 1), min_size=5, max_size=5), min_size=1, max_size=60
)


def proba(**shares):
    return np.array([shares.get(stage.value, 0.0) for stage in STAGES])


def run(steps, published=None, every_s=5.0, start=0):
    published = published or PublishedStage()
    rows = [None if step is None else np.array(step) / sum(step) for step in steps]
    return [published.push((start + k) * every_s, row) for k, row in enumerate(rows)]


@given(STEPS)
def test_it_is_unscored_exactly_where_nothing_is_known(steps):
    shown = run(steps)
    assert [stage is Stage.UNSCORED for stage in shown] == [step is None for step in steps]


@given(STEPS)
def test_it_never_shows_a_stage_far_from_the_likeliest(steps):
    for stage, step in zip(run(steps), steps, strict=True):
        if step is not None:
            share = np.array(step) / sum(step)
            assert share.max() - share[STAGES.index(stage)] < MARGIN


@given(STEPS, st.integers(0, 60))
def test_a_restored_one_goes_on_identically(steps, at):
    first, second = PublishedStage(), PublishedStage()
    run(steps[:at], first)
    second.restore(json.loads(json.dumps(first.snapshot())))
    assert run(steps[at:], second, start=at) == run(steps[at:], first, start=at)


def test_flicker_is_not_shown_but_a_clear_change_is_at_once():
    published = PublishedStage()
    near = [proba(N2=0.5, N3=0.45, W=0.05), proba(N2=0.45, N3=0.5, W=0.05)]
    assert {published.push(5.0 * k, near[k % 2]) for k in range(50)} == {Stage.N2}
    assert published.push(250.0, proba(W=0.8, N2=0.2)) is Stage.W
    assert published.since == 250.0


def test_a_small_lead_is_shown_once_it_is_one_on_the_average():
    published = PublishedStage(hold_s=30.0)
    published.push(0.0, proba(N2=0.55, N3=0.45))
    lead = [published.push(5.0 * (k + 1), proba(N2=0.44, N3=0.56)) for k in range(5)]
    assert lead == [Stage.N2] * 2 + [Stage.N3] * 3  # mean leads: .01, .047, .065


def test_one_dissenting_phase_of_six_does_not_hold_a_stage_for_ever():
    published = PublishedStage()
    published.push(0.0, proba(N2=1.0))
    shown = [
        published.push(
            5.0 * (k + 1), proba(R=0.42, N2=0.58) if k % 6 == 0 else proba(R=0.58, N2=0.42)
        )
        for k in range(30)
    ]
    assert shown[-1] is Stage.R
    assert shown.count(Stage.R) > 18
    assert sum(a is not b for a, b in pairwise(shown)) == 1


@pytest.mark.parametrize("after", [proba(R=0.4, W=0.35, N1=0.25)])
def test_after_silence_the_likeliest_is_shown_at_once(after):
    published = PublishedStage()
    published.push(0.0, proba(W=1.0))
    assert published.push(5.0, None) is Stage.UNSCORED
    assert published.push(10.0, after) is Stage.R
