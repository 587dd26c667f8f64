"""The context of band powers: what cancels, what is held, what it may not know."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from monitor.staging.context import (
    HORIZONS,
    N_BANDS,
    N_FEATURES,
    PRIOR_EPOCHS,
    PRIOR_VARIANCE,
    ContextState,
    step_context,
)

POWERS = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 12), st.just(2), st.just(N_BANDS)),
    elements=st.floats(-10, 10),
)


def run(powers, state=None):
    state = state or ContextState.empty(*powers.shape[1:-1])
    rows = []
    for epoch in powers:
        state, features, usable = step_context(state, epoch)
        rows.append((features, usable))
    return state, np.array([f for f, _ in rows]), np.array([u for _, u in rows])


@given(POWERS, hnp.arrays(np.float64, (2, 1), elements=st.floats(-50, 50)))
def test_a_constant_of_recording_and_channel_cancels(powers, constant):
    np.testing.assert_allclose(run(powers)[1], run(powers + constant)[1], atol=1e-5)


@given(POWERS, POWERS)
def test_the_future_changes_nothing_past(powers, future):
    together = run(np.concatenate([powers, future]))[1]
    np.testing.assert_array_equal(together[: len(powers)], run(powers)[1])


@given(POWERS)
def test_channels_do_not_know_each_other(powers):
    alone = [run(powers[:, i])[1] for i in range(powers.shape[1])]
    np.testing.assert_allclose(run(powers)[1], np.stack(alone, axis=1), atol=1e-6)


@given(POWERS, st.data())
def test_an_unusable_epoch_is_as_if_it_had_not_been(powers, data):
    at = data.draw(st.integers(0, len(powers)))
    gap = np.full((1, 2, N_BANDS), np.nan)
    gap[0, 0, 1:] = 3.0  # one band missing spoils the channel's epoch
    state, features, usable = run(np.concatenate([powers[:at], gap, powers[at:]]))
    assert not usable[at].any()
    assert not features[at].any()
    expected = run(powers)
    np.testing.assert_array_equal(np.delete(features, at, axis=0), expected[1])
    np.testing.assert_array_equal(state.means, expected[0].means)


def test_values_worked_by_hand():
    state, first, _ = step_context(ContextState.empty(), np.array([0.0, 0, 0, 0, 5.0]))
    np.testing.assert_allclose(first[:N_BANDS], [-1, -1, -1, -1, 4])
    assert not first[N_BANDS:].any()  # nothing is known of the past
    state, second, _ = step_context(state, np.array([3.0, 0, 0, 0, 5.0]))
    changes = second[N_BANDS : N_BANDS * (1 + len(HORIZONS))].reshape(len(HORIZONS), N_BANDS)
    np.testing.assert_allclose(changes, [[3, 0, 0, 0, 0]] * len(HORIZONS))
    np.testing.assert_allclose(second[-6:-1], [3 / np.sqrt(PRIOR_VARIANCE * 20 / 21), 0, 0, 0, 0])
    assert second[-1] == pytest.approx(np.log(2) / np.log(1 + HORIZONS[-1]))
    # the shortest memory holds the last epoch, the others the mean of both
    np.testing.assert_allclose(state.means[:, 0], [3, 1.5, 1.5, 1.5])
    assert PRIOR_EPOCHS == 20


def test_long_memories_forget():
    quiet, loud = np.zeros((3000, N_BANDS)), np.ones((3000, N_BANDS))
    means = run(np.concatenate([quiet, loud]))[0].means[:, 0]
    assert (means > 0.95).all()  # a plain mean would say 0.5


def test_features_fit_the_model():
    assert step_context(ContextState.empty(4, 3), np.zeros((4, 3, N_BANDS)))[1].shape == (
        4,
        3,
        N_FEATURES,
    )
