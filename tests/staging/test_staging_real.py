"""The shipped model on real recordings through the live signal path; none was used in training."""

import numpy as np
import pytest

from models.figures import kappa
from models.transfer import measure
from monitor.domain.montage import ChannelKind
from monitor.signal.epocher import Epocher
from monitor.signal.features import band_powers
from monitor.signal.filter import SosFilter
from monitor.signal.frames import Framer
from monitor.staging.bundle import load_bundle
from monitor.staging.stager import Stager

pytestmark = pytest.mark.shared_data


def stage(signal, sfreq):
    """Stage one EEG channel of shape (n_samples,); the stage number of every 30-s epoch."""
    stager = Stager(load_bundle(), [ChannelKind.EEG])
    frames = Framer(1, sfreq).push(signal[None].astype(float))
    epochs = Epocher().push(SosFilter(1, sfreq).push(frames))
    return np.array([stager.push(band_powers(epoch, sfreq)).argmax() for epoch in epochs])


@pytest.mark.parametrize("gain", [1.0, 1e-6, 1e4])
def test_an_unseen_night_of_the_same_study(shared_data, gain):
    night = np.load(shared_data / "raw" / "sc4001_excerpt.npz")
    truth, said = night["stages"], stage(night["x_uv"] * gain, float(night["sfreq"]))
    confusion = np.zeros((5, 5), int)
    np.add.at(confusion, (truth, said), 1)
    assert kappa(confusion) >= 0.55


def test_wake_is_told_from_deep_sleep_in_another_laboratory(shared_data):
    """Uncalibrated units, apnoea patients, and jumps in time between the epochs."""
    figures = measure(load_bundle(), sorted((shared_data / "raw").glob("ucddb*_wake_n3.npz")))
    assert figures["recordings"] == 10
    assert figures["staged"] >= 0.95
    assert figures["balanced"] >= 0.88
    assert figures["n3"] >= 0.3
