"""Training crops: everything a live stager may meet is in them."""

import numpy as np
import pytest

from models.crops import EPOCHS_PER_BATCH, LENGTHS, Variation, _jumping_rows, draw_batch
from models.data import IGNORED
from monitor.staging.context import N_FEATURES


@pytest.fixture
def batches(nights):
    rng = np.random.default_rng(0)
    return [draw_batch(nights, rng) for _ in range(12)]


def test_shapes_fit_the_network(batches):
    for batch in batches:
        length, size, channels, width = batch.features.shape
        assert length in LENGTHS
        assert length * size == EPOCHS_PER_BATCH
        assert (width, channels in (1, 3)) == (N_FEATURES, True)
        assert batch.weight.shape == (length, size, channels)
        assert batch.eog.shape == (size, channels)
        assert batch.labels.shape == (length, size)


def test_unusable_channels_are_silent_and_ends_of_nights_unlabelled(batches):
    for batch in batches:
        assert not batch.features[batch.weight == 0].any()
        assert np.isfinite(batch.features).all()
        beyond = (batch.labels == IGNORED)[-1]
        assert beyond.any()  # the made-up nights are shorter than most crops


def test_crops_show_one_channel_several_and_losses(batches):
    single = [batch for batch in batches if batch.eog.shape[1] == 1]
    several = [batch for batch in batches if batch.eog.shape[1] == 3]
    assert single
    assert several
    assert not any(batch.eog.any() for batch in single)  # EOG alone is never staged
    for batch in several:
        eeg = batch.weight * (1 - batch.eog)
        assert eeg.any(axis=(0, 2)).mean() > 0.9  # but for an outage of a whole crop
        assert not batch.weight.any(axis=0).all()  # some channels are missing throughout


def test_the_same_seed_draws_the_same(nights):
    first, again = (draw_batch(nights, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first.features, again.features)


def test_without_variation_a_crop_is_the_night_itself(nights):
    plain = Variation(1.0, 0, 0, 0, 0, 0, 0, 0, 0)
    batch = draw_batch(nights, np.random.default_rng(0), plain)
    assert batch.weight[0].all()
    known = {night.labels[:40].tobytes() for night in nights}
    drawn = {column[:40].astype(np.int8).tobytes() for column in batch.labels.T}
    assert drawn <= known


def test_jumping_crops_are_made_of_pieces_of_the_night(nights):
    jumping = Variation(p_jump=1.0, p_outage=0.0)
    rows = _jumping_rows(300, 240, np.random.default_rng(0))
    steps = np.diff(rows)
    assert len(rows) == 240
    assert 0 <= rows.min() <= rows.max() < 300
    assert 3 < np.count_nonzero(steps != 1) < 30
    batch = draw_batch(nights, np.random.default_rng(0), jumping)
    assert (batch.labels != IGNORED).any()
