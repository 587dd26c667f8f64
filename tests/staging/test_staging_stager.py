"""The stager with the shipped model: causal, amplitude-free, whatever the channels do."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.errors import InputError, SnapshotError
from monitor.domain.montage import ChannelKind
from monitor.staging.bundle import load_bundle
from monitor.staging.context import N_BANDS
from monitor.staging.stager import Stager, StagerState, step_stager

EEG, EOG, EMG = ChannelKind.EEG, ChannelKind.EOG, ChannelKind.EMG
KINDS = (EEG, EMG, EEG, EOG)
BUNDLE = load_bundle()
SEEDS = st.integers(0, 2**32 - 1)


def powers(seed, n_epochs=12, n_channels=4, lost=0.2):
    """Log powers that wander like those of a night; some channels are lost now and then."""
    rng = np.random.default_rng(seed)
    walk = rng.normal(0, 0.5, (n_epochs, n_channels, N_BANDS)).cumsum(axis=0)
    walk[rng.random((n_epochs, n_channels)) < lost] = np.nan
    return walk + rng.normal(0, 2, (n_channels, N_BANDS))


def run(night, kinds=KINDS, stager=None):
    stager = stager or Stager(BUNDLE, kinds)
    rows = [stager.push(epoch) for epoch in night]
    return np.array([np.full(5, np.nan) if row is None else row for row in rows])


@given(SEEDS)
def test_probabilities_wherever_an_eeg_channel_is_usable(seed):
    night = powers(seed, lost=0.5)
    proba = run(night)
    usable = np.isfinite(night[:, [0, 2]]).all(axis=2).any(axis=1)
    np.testing.assert_array_equal(np.isnan(proba), ~usable[:, None].repeat(5, axis=1))
    np.testing.assert_allclose(proba[usable].sum(axis=1), 1, atol=1e-5)
    assert (proba[usable] >= 0).all()


@given(SEEDS, st.lists(st.floats(-30, 30), min_size=len(KINDS), max_size=len(KINDS)))
def test_amplitude_does_not_matter(seed, gains):
    night = powers(seed)
    np.testing.assert_allclose(run(night + np.array(gains)[:, None]), run(night), atol=1e-4)


@given(SEEDS, SEEDS, st.integers(0, 12))
def test_the_future_changes_nothing_past(seed, other, at):
    night, changed = powers(seed), powers(other)
    changed[:at] = night[:at]
    np.testing.assert_array_equal(run(changed)[:at], run(night)[:at])


@given(SEEDS, st.permutations(range(len(KINDS))))
def test_the_order_of_channels_does_not_matter(seed, order):
    night = powers(seed)
    shuffled = run(night[:, order], [KINDS[i] for i in order])
    np.testing.assert_allclose(shuffled, run(night), atol=1e-5)


@given(SEEDS, SEEDS)
def test_other_channels_are_ignored(seed, other):
    night, changed = powers(seed), powers(seed)
    changed[:, 1] = powers(other)[:, 1]
    np.testing.assert_array_equal(run(changed), run(night))
    np.testing.assert_array_equal(run(night[:, [0, 2, 3]], (EEG, EEG, EOG)), run(night))


@given(st.lists(SEEDS, min_size=1, max_size=4))
def test_many_dreamers_at_once_are_staged_as_each_alone(seeds):
    nights = np.stack([powers(seed, n_channels=3) for seed in seeds], axis=1)
    is_eog = np.tile([False, False, True], (len(seeds), 1))
    state = StagerState.empty(BUNDLE, len(seeds), 3)
    together = []
    for epoch in nights:
        state, proba = step_stager(BUNDLE, state, epoch, is_eog)
        together.append(proba)
    alone = [run(nights[:, i], (EEG, EEG, EOG)) for i in range(len(seeds))]
    np.testing.assert_allclose(np.stack(together).swapaxes(0, 1), alone, atol=1e-5)


@given(SEEDS, st.integers(0, 12))
def test_a_restored_stager_goes_on_identically(seed, at):
    night, first, second = powers(seed), Stager(BUNDLE, KINDS), Stager(BUNDLE, KINDS)
    run(night[:at], stager=first)
    second.restore(first.snapshot())
    np.testing.assert_array_equal(run(night[at:], stager=second), run(night[at:], stager=first))


def test_a_snapshot_is_no_view_of_the_state():
    night, stager = powers(1), Stager(BUNDLE, KINDS)
    snapshot = stager.snapshot()
    run(night, stager=stager)
    assert not any(value.any() for name, value in snapshot.items() if name != "variance")


@pytest.mark.parametrize(
    "snapshot", [{}, Stager(BUNDLE, (EEG,)).snapshot(), json.loads('{"seen": 3}')]
)
def test_a_snapshot_of_other_channels_is_refused(snapshot):
    with pytest.raises(SnapshotError, match=r"stager: seen has shape .*, expected \(1, 3\)"):
        Stager(BUNDLE, KINDS).restore(snapshot)


@pytest.mark.parametrize("shape", [(3, 5), (4, 4), (4,), (1, 4, 5)])
def test_a_wrong_shape_is_refused(shape):
    with pytest.raises(InputError, match=r"log_power has shape .*, expected \(4, 5\)"):
        Stager(BUNDLE, KINDS).push(np.zeros(shape))


@pytest.mark.parametrize("kinds", [(), (EMG,), (EOG,), (EOG, EMG)])
def test_without_eeg_nothing_is_staged(kinds):
    assert np.isnan(run(powers(3, n_channels=len(kinds)), kinds)).all()


def test_a_lost_channel_comes_back():
    """After an outage of every channel the stager goes on, and what it says is no constant."""
    night = powers(5, n_epochs=200, lost=0)
    night[50:100] = np.nan
    proba = run(night)
    assert np.isnan(proba[50:100]).all()
    assert np.isfinite(proba[100:]).all()
    assert np.ptp(proba[100:], axis=0).max() > 0.1


@given(SEEDS, st.floats(0.05, 1))
def test_equal_weights_change_nothing(seed, weight):
    night = powers(seed)
    weighed = Stager(BUNDLE, KINDS)
    rows = [weighed.push(epoch, np.full(len(KINDS), weight)) for epoch in night]
    alone = [np.full(5, np.nan) if row is None else row for row in rows]
    np.testing.assert_allclose(alone, run(night), atol=1e-5)


@given(SEEDS, st.integers(0, 3))
def test_a_channel_of_no_weight_is_an_unusable_one(seed, channel):
    night, lost = powers(seed), powers(seed)
    lost[:, channel] = np.nan
    weight = np.where(np.arange(4) == channel, 0.0, 1.0)
    weighed = Stager(BUNDLE, KINDS)
    rows = [weighed.push(epoch, weight) for epoch in night]
    np.testing.assert_array_equal(
        [np.full(5, np.nan) if row is None else row for row in rows], run(lost)
    )


def test_a_worse_channel_counts_less():
    night = powers(4, n_epochs=40, n_channels=2, lost=0)
    kinds = (EEG, EEG)
    alone = [run(night * [[1], [np.nan]], kinds), run(night * [[np.nan], [1]], kinds)]
    for weight in ([1, 0.05], [0.05, 1]):
        stager = Stager(BUNDLE, kinds)
        both = np.array([stager.push(epoch, np.array(weight)) for epoch in night])
        near, far = (np.abs(both - one).mean() for one in alone)
        assert (near < far) == (weight[0] > weight[1])


@given(st.lists(st.integers(0, 5), max_size=20), SEEDS)
def test_phases_do_not_know_each_other(order, seed):
    night = powers(seed, n_epochs=20)
    stager = Stager(BUNDLE, KINDS, phases=6)
    together = [(phase, stager.push(night[k], phase=phase)) for k, phase in enumerate(order)]
    for phase in set(order):
        own = run([night[k] for k, p in enumerate(order) if p == phase])
        mine = [proba for p, proba in together if p == phase]
        np.testing.assert_array_equal(
            [np.full(5, np.nan) if row is None else row for row in mine], own
        )
