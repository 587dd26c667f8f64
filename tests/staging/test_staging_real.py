"""The shipped model on real recordings through the live signal path; none was used in training."""

import numpy as np
import pytest

from models.figures import kappa
from monitor.domain.config import SessionConfig
from monitor.domain.events import EpochScored
from monitor.domain.inputs import Chunk, Gap
from monitor.domain.montage import ChannelKind, Montage
from monitor.domain.stage import Stage
from monitor.session import MonitorSession
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


def watch(path):
    """Push the epochs there are through a session, and what lies between as lost samples."""
    recording = np.load(path)
    signal, sfreq = recording["x"].astype(float), float(recording["sfreq"])
    n_samples = signal.shape[1]
    config = SessionConfig("bed", "s", 0.0, sfreq, Montage.from_names(["C3-A2"]), live=False)
    session, events = MonitorSession(config, load_bundle()), []
    for k, epoch in zip(recording["epoch"].tolist(), signal, strict=True):
        if lost := k * n_samples - session.position:
            events += session.push(Gap(session.position, lost, "not recorded"))
        events += session.push(Chunk(epoch[None], session.position))
    scored = [event.epoch.stage for event in events if isinstance(event, EpochScored)]
    return recording["stages"], np.array([scored[k] for k in recording["epoch"]])


def test_wake_is_told_from_deep_sleep_in_another_laboratory(shared_data, record_property):
    """Uncalibrated units, apnoea patients, and jumps in time between the epochs."""
    paths = sorted((shared_data / "raw").glob("ucddb*_wake_n3.npz"))
    assert len(paths) == 10
    truth, said = map(np.concatenate, zip(*map(watch, paths), strict=True))
    scored = said != Stage.UNSCORED
    wake, n3 = said[scored & (truth == 0)], said[scored & (truth == 3)]
    recalls = {
        "staged": scored.mean(),
        "wake": np.mean(wake == Stage.W),
        "n3_as_sleep": np.mean(n3 != Stage.W),
        "n3": np.mean(n3 == Stage.N3),
    }
    for name, value in recalls.items():
        record_property(name, round(float(value), 3))
    assert recalls["staged"] >= 0.95
    assert (recalls["wake"] + recalls["n3_as_sleep"]) / 2 >= 0.88, recalls
    assert recalls["n3"] >= 0.2, recalls
