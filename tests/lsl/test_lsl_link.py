import sys
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import Mock

import numpy as np
import pytest
from lsl_sender import SFREQ, START, Sender, counted, wait_for
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
        with pytest.raises(SourceError, match="measures no impedance"):
            link.impedances(lambda _: None)


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
        values = np.arange(1, 11) / 4096
        sender.push(np.tile(values[:, None], 3), START + np.arange(10) / SFREQ)
        receiver = Receiver(link)
        wait_for(lambda: receiver.has(10))
    np.testing.assert_allclose(receiver.data[0], values * factor)


@pytest.mark.parametrize(
    ("sender", "params", "message"),
    [
        ({"unit": "furlongs"}, {}, "unit is 'furlongs'"),
        ({"ch_names": ("", "")}, {}, "name its 2 channels"),
        ({"ch_names": ("a", "b")}, {}, "name its 2 channels"),
        ({"sfreq": 10.0}, {}, "rate 10 Hz is outside"),
        ({"sfreq": 0.0}, {}, "rate 0 Hz is outside"),
        ({}, {"channels": "4:C3"}, "has channels 1 to 3, not 4:C3"),
        ({}, {"speed": "2"}, "has no option speed; it has channels, source_id, sfreq, names"),
        ({}, {"sfreq": "250"}, "sfreq= and names= only go together"),
        ({}, {"sfreq": "fast", "names": "C3-M2"}, "sfreq=fast must be a number"),
        ({}, {"sfreq": "nan", "names": "C3-M2"}, "rate nan Hz is outside 80 to 2048"),
        ({}, {"sfreq": "250", "names": "TRIG,AUX"}, "name its 2 channels"),
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


@pytest.mark.usefixtures("long_look")
def test_an_absent_stream_is_named_with_those_that_are_there(name: str) -> None:
    sender = Sender(name)
    with pytest.raises(
        SourceError, match=f"no LSL stream 'absent' within 0.8 s; there is .*{name}"
    ):
        LslLink("absent", {})
    sender.vanish()


@pytest.mark.usefixtures("long_look")
def test_two_senders_of_one_name_are_told_apart_or_refused(name: str) -> None:
    senders = [Sender(name, source_id=source_id) for source_id in ("one", "two")]
    with pytest.raises(
        SourceError, match=r"2 LSL streams .* \(source_id=one, at .*\), .* \(source_id=two, at "
    ):
        LslLink(name, {})
    with connected(name, source_id="two") as link:
        senders[0].send(0, 10)
        senders[1].send(500, 510)
        receiver = Receiver(link)
        wait_for(lambda: receiver.has(10))
        assert receiver.data[0, 0] == 500
    with pytest.raises(SourceError, match=r"of source_id=three within 0.8 s; there is .*=two, at"):
        LslLink(name, {"source_id": "three"})


@pytest.mark.usefixtures("long_look")
def test_senders_that_share_name_and_source_id_are_refused(name: str) -> None:
    senders = [Sender(name), Sender(name)]
    with pytest.raises(SourceError, match=r"2 LSL streams .*a name and source_id of its own"):
        LslLink(name, {})
    senders[0].vanish()
    assert LslLink(name, {}).sfreq == SFREQ


@pytest.mark.usefixtures("long_look")
def test_a_link_stays_with_the_sender_it_has_first_met(name: str) -> None:
    mine = Sender(name, source_id="mine")
    with connected(name) as link:
        mine.vanish()
    other = Sender(name, source_id="other")
    with pytest.raises(SourceError, match=r"of source_id=mine within 0.8 s; there is .*=other, at"):
        link.connect()
    mine.appear()
    link.connect()
    other.send(0, 10)
    mine.send(700, 710)
    receiver = Receiver(link)
    wait_for(lambda: receiver.has(10))
    assert receiver.data[0, 0] == 700


def test_a_stream_whose_form_is_said_need_not_be_there_yet(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lsl, "RESOLVE_S", 0.5)
    with pytest.raises(SourceError, match="to wait for it give sfreq= and names="):
        LslLink(name, {})
    link = LslLink(name, {"sfreq": "250", "names": "Fpz-M2, EOG-L, TRIG"})
    assert (link.sfreq, link.montage.ch_names) == (SFREQ, ("Fpz-M2", "EOG-L"))
    with pytest.raises(SourceError, match="no LSL stream"):
        link.connect()
    sender = Sender(name, unit="millivolts")
    link.connect()
    sender.send(0, 10)
    receiver = Receiver(link)
    wait_for(lambda: receiver.has(10))
    np.testing.assert_array_equal(receiver.data[1], 1e3 * (10_000 + np.arange(10)))


def test_a_link_says_how_another_one_takes_the_same_stream(name: str) -> None:
    sender = Sender(name, source_id="mine")
    link = LslLink(name, {})
    assert link.same == {"source_id": "mine", "sfreq": "250.0", "names": "C3-M2,EOG-L,TRIG"}
    sender.vanish()
    again = LslLink(name, link.same)
    assert (again.same, again.montage) == (link.same, link.montage)
    commas = Sender(f"{name}2", ch_names=("C3-M2", "O1,O2"), source_id="two")
    assert LslLink(f"{name}2", {}).same == {"source_id": "two"}
    commas.vanish()


def test_a_stream_of_another_form_than_said_is_not_taken(name: str) -> None:
    sender = Sender(name)
    link = LslLink(name, {"sfreq": "250", "names": "Fpz-M2,EOG-L"})
    with pytest.raises(SourceError, match="has 3 channels at 250 Hz, not 2 channels at 250 Hz"):
        link.connect()
    sender.vanish()


def test_values_beyond_any_amplifier_are_missing_and_such_stamps_an_error(name: str) -> None:
    sender = Sender(name, unit="volts", dtype="float64")
    with connected(name) as link:
        values = np.array([1e308, -1e308, 2e3, 1e-6])
        sender.push(np.tile(values[:, None], 3), START + np.arange(4) / SFREQ)
        receiver = Receiver(link)
        wait_for(lambda: receiver.has(4))
        np.testing.assert_allclose(receiver.data, [[np.nan, np.nan, np.nan, 1]] * 2)
        sender.push(np.zeros((2, 3)), np.array([START, 1e300]))
        with pytest.raises(SourceError, match="has no time stamp, or one beyond"):
            wait_for(lambda: receiver.has(6))


def test_whatever_lsl_fails_with_is_a_source_error(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = Sender(name)
    with connected(name) as link:
        for error, where, called, told in (
            (RuntimeError, mne_lsl.StreamInlet, "pull_chunk", "does not say what it is: gone"),
            (TimeoutError, mne_lsl.StreamInlet, "get_sinfo", "does not say what it is: gone"),
            (OSError, mne_lsl.StreamInlet, "open_stream", "cannot be opened: gone"),
            (ValueError, mne_lsl, "resolve_streams", f"lsl:{name}: gone"),
        ):
            with monkeypatch.context() as patch:
                patch.setattr(where, called, Mock(side_effect=error("gone")))
                with pytest.raises(SourceError, match=told):
                    link.connect()
        monkeypatch.setattr(mne_lsl.StreamInlet, "pull_chunk", Mock(side_effect=ValueError("gone")))
        with pytest.raises(SourceError, match=f"lsl:{name}: gone"):
            link.drain()
    sender.vanish()


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mne_lsl", None)
    with pytest.raises(SourceError, match=r"pip install 'dreamwatch\[lsl\]'"):
        LslLink("any", {})
