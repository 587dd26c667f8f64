import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from lsl_sender import SFREQ, Sender, counted, wait_for
from mne_lsl import lsl as mne_lsl
from numpy.typing import NDArray

from monitor.domain.errors import SourceError
from monitor.domain.montage import ChannelKind
from monitor.sources import lsl
from monitor.sources.lsl import LslLink


@contextmanager
def connected(name: str, **params: str) -> Iterator[LslLink]:
    link = LslLink(name, params)
    link.connect()
    try:
        yield link
    finally:
        link.disconnect()


class Receiver:
    """Keeps all that a link has delivered."""

    def __init__(self, link: LslLink) -> None:
        self._link = link
        self.data: NDArray[np.float64] = np.empty((len(link.montage.channels), 0))
        self.lost: NDArray[np.int64] = np.zeros(0, np.int64)

    def has(self, n_samples: int) -> bool:
        batch = self._link.drain()
        self.data = np.concatenate([self.data, batch.data], axis=1)
        self.lost = np.concatenate([self.lost, batch.lost])
        return len(self.lost) >= n_samples


def test_a_stream_is_received_whole_with_its_rate_names_and_kinds(name: str) -> None:
    sender = Sender(name)
    with connected(name) as link:
        assert link.sfreq == SFREQ
        assert link.montage.ch_names == ("C3-M2", "EOG-L")
        assert link.montage.kinds == (ChannelKind.EEG, ChannelKind.EOG)
        assert link.drain().data.shape == (2, 0)
        sender.send(0, 10_000)
        receiver = Receiver(link)
        wait_for(lambda: receiver.has(10_000))
    np.testing.assert_array_equal(receiver.data[0], np.arange(10_000))
    np.testing.assert_array_equal(receiver.data[1], 10_000 + np.arange(10_000))
    assert not receiver.lost.any()


def test_what_the_sender_missed_is_counted_exactly(name: str) -> None:
    sender = Sender(name)
    with connected(name) as link:
        for first, stop in ((0, 300), (345, 900), (1_156, 1_500), (4_500, 5_000)):
            sender.send(first, stop)
        receiver = Receiver(link)
        wait_for(lambda: receiver.has(1_699))
    np.testing.assert_array_equal(counted(receiver.data, receiver.lost), receiver.data[0])
    assert receiver.lost[receiver.lost > 0].tolist() == [45, 256, 3_000]


def test_what_is_held_back_after_a_loss_is_given_out_when_nothing_follows(name: str) -> None:
    sender = Sender(name)
    with connected(name) as link:
        sender.send(0, 100)
        sender.send(200, 250)
        receiver = Receiver(link)
        wait_for(lambda: receiver.has(100) and link.drain().lost.size == 0)
        wait_for(lambda: (batch := link.flush()).lost.size and batch.lost[0] == 100)
        assert link.impedances() == {}
        with pytest.raises(SourceError, match="measures no impedance"):
            link.measure_impedance(on=True)


def test_a_sender_that_vanishes_and_comes_back_leaves_a_gap_of_its_absence(name: str) -> None:
    sender = Sender(name)
    with connected(name) as link:
        receiver = Receiver(link)
        sender.send(0, 500)
        wait_for(lambda: receiver.has(500))
        sender.vanish()
        assert not receiver.has(501)
        sender.appear()
        position = [2_000]

        def heard_again() -> bool:
            sender.send(position[0], position[0] + 250)
            position[0] += 250
            return receiver.has(1_000)

        wait_for(heard_again)
    assert np.count_nonzero(receiver.lost) == 1
    assert receiver.lost[500] >= 1_500
    np.testing.assert_array_equal(counted(receiver.data, receiver.lost), receiver.data[0])


def test_a_link_is_connected_anew_when_the_stream_is_there_again(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = Sender(name)
    monkeypatch.setattr(lsl, "RESOLVE_S", 0.5)
    monkeypatch.setattr(lsl, "_LIST_S", 0.1)
    with connected(name) as link:
        link.disconnect()
        link.disconnect()
        sender.vanish()
        with pytest.raises(SourceError, match="is not connected"):
            link.drain()
        with pytest.raises(SourceError, match="no LSL stream"):
            link.connect()
        sender.appear()
        link.connect()
        sender.send(70_000, 70_100)
        receiver = Receiver(link)
        wait_for(lambda: receiver.has(100))
    assert not receiver.lost.any()
    assert receiver.data[0, 0] == 70_000


@pytest.mark.parametrize(("first", "jump"), [(0, r"-20 s"), (200_000_000, r"\+79998")])
def test_stamps_that_jump_beyond_reason_end_the_connection(
    name: str, first: int, jump: str
) -> None:
    sender = Sender(name)
    with connected(name) as link:
        sender.send(5_000, 5_100)
        receiver = Receiver(link)
        wait_for(lambda: receiver.has(100))
        sender.send(first, first + 100)
        with pytest.raises(SourceError, match=f"time stamps jump by {jump}"):
            wait_for(lambda: receiver.has(200))
        assert link.flush().lost.size == 0


@pytest.mark.parametrize(("unit", "factor"), [("volts", 1e6), ("mV", 1e3)])
def test_signal_is_scaled_to_microvolts(name: str, unit: str, factor: float) -> None:
    sender = Sender(name, unit=unit)
    with connected(name, channels="2:Fpz-M2") as link:
        assert link.montage.ch_names == ("Fpz-M2",)
        sender.send(0, 10)
        receiver = Receiver(link)
        wait_for(lambda: receiver.has(10))
    np.testing.assert_allclose(receiver.data[0], (10_000 + np.arange(10)) * factor)


@pytest.mark.parametrize(
    ("sender", "params", "message"),
    [
        ({"unit": "furlongs"}, {}, "unit is 'furlongs'"),
        ({"ch_names": ("", "")}, {}, "name its 2 channels"),
        ({"ch_names": ("a", "b")}, {}, "name its 2 channels"),
        ({"sfreq": 10.0}, {}, "rate 10 Hz is outside"),
        ({"sfreq": 0.0}, {}, "rate 0 Hz is outside"),
        ({}, {"channels": "4:C3"}, "has channels 1 to 3, not 4:C3"),
        ({}, {"speed": "2"}, "has no option speed"),
    ],
)
def test_a_stream_that_cannot_be_staged_is_refused(
    name: str, sender: dict[str, object], params: dict[str, str], message: str
) -> None:
    sending = Sender(name, **sender)
    with pytest.raises(SourceError, match=message):
        LslLink(name, params)
    sending.vanish()


def test_a_stream_of_text_is_refused(name: str) -> None:
    info = mne_lsl.StreamInfo(name, "Markers", 1, 0.0, "string", name)
    outlet = mne_lsl.StreamOutlet(info)
    with pytest.raises(SourceError, match="carries text"):
        LslLink(name, {})
    del outlet


def test_an_absent_stream_is_named_with_those_that_are_there(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = Sender(name)
    monkeypatch.setattr(lsl, "RESOLVE_S", 0.2)
    with pytest.raises(
        SourceError, match=f"no LSL stream 'absent' within 0.2 s; there is .*{name}"
    ):
        LslLink("absent", {})
    sender.vanish()


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mne_lsl", None)
    with pytest.raises(SourceError, match=r"pip install 'dreamwatch\[lsl\]'"):
        LslLink("any", {})
