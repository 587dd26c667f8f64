import numpy as np
import pytest

from monitor.domain.montage import Channel, ChannelKind, Montage
from monitor.sources.link import Batch
from service.doctor import SILENT_S, examine

SFREQ, RAIL_UV = 250.0, 187_500.0


class PlayedLink:
    """Delivers rows of an array at their rate, by a clock that is pushed on by waiting."""

    sfreq = SFREQ

    def __init__(self, lost_at=(), rate=SFREQ, n_lost=5, **rows):
        kinds = {"EOG": ChannelKind.EOG}
        self.montage = Montage(
            tuple(Channel(n, kinds.get(n, ChannelKind.EEG), RAIL_UV) for n in rows)
        )
        self._data = np.array(list(rows.values()))
        self._lost, self._rate, self._n_lost = set(lost_at), rate, n_lost
        self._sent = 0
        self.now = 100.0

    def clock(self):
        return self.now

    def pause(self, seconds):
        self.now += seconds

    def drain(self):
        due = min(int((self.now - 100.0) * self._rate), self._data.shape[1])
        data, first = self._data[:, self._sent : due], self._sent
        self._sent = due
        lost = [self._n_lost if first + i in self._lost else 0 for i in range(data.shape[1])]
        return Batch(data, np.array(lost, dtype=np.int64))


def eeg(n_samples=5000, scale=20.0, seed=3):
    """Make a walk with the slope of EEG."""
    steps = np.random.default_rng(seed).normal(size=n_samples)
    walk = np.zeros(n_samples)
    for i in range(1, n_samples):
        walk[i] = 0.97 * walk[i - 1] + steps[i]
    return scale * walk / walk.std()


def look(link, seconds=10.0, **more):
    return examine(link, seconds, link.clock, link.pause, **more)


def verdicts(findings):
    return {c.name: c.verdict for c in findings.channels}


def test_each_trouble_is_named_with_what_to_do():
    time = np.arange(5000) / SFREQ
    noise = np.random.default_rng(1).normal(size=5000)
    found = look(
        PlayedLink(
            good=eeg(),
            railed=np.full(5000, RAIL_UV),
            flat=np.zeros(5000),
            open=3 * noise,
            mains=eeg() + 60 * np.sin(2 * np.pi * 50 * time),
        ),
        seconds=18,
    )
    assert verdicts(found) == {
        "good": "good",
        "railed": "unusable",
        "flat": "unusable",
        "open": "unusable",
        "mains": "poor",
    }
    advice = {c.name: c.advice for c in found.channels}
    assert advice["good"] == ""
    assert "press both on" in advice["railed"]
    assert "switched on" in advice["flat"]
    assert "on nobody" in advice["open"]
    assert "unplug chargers" in advice["mains"]
    assert found.usable
    assert found.advice == ()


def test_figures_are_in_microvolts():
    time = np.arange(5000) / SFREQ
    sine = np.sqrt(2) * 30 * np.sin(2 * np.pi * 50 * time)
    (channel,) = look(PlayedLink(C3=sine)).channels
    assert channel.rms_uv == pytest.approx(30, rel=0.01)
    assert channel.mains_uv == pytest.approx(30, rel=0.03)


def test_losses_and_a_wrong_rate_are_told():
    found = look(PlayedLink(C3=eeg(), lost_at=(100, 600)))
    assert (found.n_lost, found.n_received) == (10, pytest.approx(2500, abs=30))
    assert "10 samples lost" in found.advice[0]
    slow = look(PlayedLink(C3=eeg(), rate=245.0))
    assert slow.measured_sfreq == pytest.approx(245, abs=0.5)
    assert "instead of 250" in slow.advice[0]


def test_lost_samples_spoil_the_seconds_in_which_they_were():
    (channel,) = look(PlayedLink(C3=eeg(), lost_at=(110, 870))).channels
    assert channel.artefacts["missing"] == pytest.approx(2 / 10)


def test_a_gap_longer_than_the_look_fills_no_memory():
    found = look(PlayedLink(C3=eeg(), lost_at=(500, 900), n_lost=10**15))
    assert found.n_lost == 2 * 10**15
    assert found.channels[0].artefacts["missing"] == pytest.approx(0.5, abs=0.05)


def test_a_board_that_sends_nothing_is_given_up_and_not_usable():
    link = PlayedLink(C3=np.empty(0))
    found = look(link)
    assert link.now - 100 == pytest.approx(SILENT_S, abs=0.2)
    assert not found.usable
    assert "no sample came" in found.advice[0]
    assert found.channels[0].advice == "nothing came"


def test_impedances_above_the_marks_are_told():
    kohm = {"C3": 700.0, "C4": 800.0, "O1": 2600.0}
    found = look(PlayedLink(C3=eeg(), C4=eeg(), O1=eeg()), kohms=kohm)
    assert verdicts(found) == {"C3": "good", "C4": "poor", "O1": "unusable"}
    assert "800 kΩ" in found.channels[1].advice


def test_an_eog_alone_is_no_night():
    assert not look(PlayedLink(EOG=eeg())).usable
