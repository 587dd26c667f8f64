"""Set-ups: what the stager is shown of a night, and that it is staged as it would be live."""

import numpy as np
import pytest

from models.data import IGNORED, Night
from models.predict import (
    COLD_EPOCHS,
    COLD_STARTS,
    EOG,
    FPZ,
    PZ,
    SETUPS,
    cold_starts,
    cut,
    join_predictions,
    predict,
    predict_with,
    second_half,
    stage_all,
)
from monitor.domain.montage import ChannelKind
from monitor.staging.bundle import load_bundle
from monitor.staging.stager import Stager


@pytest.fixture(scope="module")
def bundle():
    return load_bundle()


def sleepless(night):
    return Night(7, 1, night.log_power, np.zeros_like(night.labels))


def test_nights_are_staged_side_by_side_as_they_would_be_live(bundle, nights):
    shorter = Night(9, 1, nights[0].log_power[:40], nights[0].labels[:40])
    said = stage_all(bundle, [shorter, nights[1]], (FPZ, PZ, EOG))
    stager = Stager(bundle, (ChannelKind.EEG, ChannelKind.EEG, ChannelKind.EOG))
    live = np.array([stager.push(epoch) for epoch in shorter.log_power])
    np.testing.assert_allclose(said[0], live, atol=1e-5)
    assert len(said[1]) == len(nights[1].labels)
    assert np.isfinite(said[1]).all()


def test_every_setup_is_predicted_and_folds_join(bundle, nights):
    told = []
    both, first, other = (
        predict(bundle, some, told.append) for some in (nights[:2], nights[:1], nights[1:2])
    )
    assert list(both) == list(SETUPS)
    assert told[-1] == 1.0
    joined = join_predictions([first, other])
    for name, recordings in both.items():
        for one, same in zip(recordings, joined[name], strict=True):
            np.testing.assert_allclose(one.proba, same.proba, atol=1e-5)


def test_cold_starts_are_hours_that_begin_asleep_and_the_same_each_time(nights):
    starts = cold_starts(nights[0])
    assert len(starts) == COLD_STARTS
    for piece, again in zip(starts, cold_starts(nights[0]), strict=True):
        assert piece.labels[0] > 0
        assert len(piece.labels) <= COLD_EPOCHS
        np.testing.assert_array_equal(piece.log_power, again.log_power)


def test_a_night_without_sleep_has_no_cold_start(bundle, nights):
    predictions = predict(bundle, [sleepless(nights[0])])
    assert predictions["cold_start"] == []
    assert len(predictions["fpz"]) == 1


def test_pieces_are_the_night_and_begin_anew(nights):
    pieces = cut(nights[0], 50)
    assert [len(piece.labels) for piece in pieces] == [50, 50, 30]
    whole = np.concatenate([piece.log_power for piece in pieces])
    np.testing.assert_array_equal(whole, nights[0].log_power)


def test_channels_are_lost_from_the_middle_and_only_then_counted(nights):
    night = nights[0]
    (shown,) = second_half(night, lost=(FPZ,), epochs=20)
    lost = np.isnan(shown.log_power).any(axis=2)
    assert lost[65:85, FPZ].all()
    assert lost.sum() == 20
    assert (shown.labels[:65] == IGNORED).all()
    np.testing.assert_array_equal(shown.labels[65:], night.labels[65:])
    assert np.isfinite(night.log_power).all()  # the table itself is left alone


def test_eog_alone_is_not_staged_and_staging_goes_on_after_it(bundle, nights):
    long = Night(1, 1, np.tile(nights[0].log_power, (3, 1, 1)), np.tile(nights[0].labels, 3))
    setup = {"outage": SETUPS["outage"]}
    (recording,) = predict_with(
        lambda shown, columns: stage_all(bundle, shown, columns), [long], setups=setup
    )["outage"]
    missing = np.isnan(recording.proba).all(axis=1)
    assert np.flatnonzero(missing).tolist() == list(range(195, 315))
