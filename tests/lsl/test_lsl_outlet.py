import json
import logging
from collections.abc import Iterator

import pytest
from lsl_sender import wait_for
from mne_lsl import lsl

from service.entries import Entry, telemetry
from service.lsl_outlet import LslOutlet


def entry(kind: str, seq: int = 1, data: str = "{}") -> Entry:
    return Entry(seq, "bed-7", seq, "id", kind, 1_700_000_000.0, data)


@pytest.fixture
def outlet(name: str) -> LslOutlet:
    return LslOutlet(name)


@pytest.fixture
def inlet(name: str, outlet: LslOutlet) -> Iterator[lsl.StreamInlet]:
    assert outlet is not None
    (info,) = lsl.resolve_streams(timeout=10, name=name)
    assert (info.stype, info.n_channels, info.sfreq, info.dtype) == ("Markers", 1, 0.0, "string")
    inlet = lsl.StreamInlet(info)
    inlet.open_stream(timeout=5)
    yield inlet
    inlet.close_stream()


def received(inlet: lsl.StreamInlet, n_messages: int) -> list[dict[str, object]]:
    texts: list[str] = []

    def enough() -> bool:
        texts.extend(sample[0] for sample in inlet.pull_chunk()[0])
        return len(texts) >= n_messages

    wait_for(enough)
    return [json.loads(text) for text in texts]


def test_stages_and_alarms_are_received_as_the_clients_receive_them(
    outlet: LslOutlet, inlet: lsl.StreamInlet
) -> None:
    alarm = entry("alarm", data='{"kind":"OVERUSE","note":"träumt"}')
    outlet.publish([entry("epoch"), alarm])
    outlet.tell(telemetry("stage", 1_700_000_005.0, {"stage": "N2"}, "bed-7"))
    got = received(inlet, 3)
    assert got[:2] == [entry("epoch").message, alarm.message]
    assert got[2]["type"] == "stage"
    assert got[2]["data"] == {"stage": "N2"}


def test_what_is_nobody_elses_concern_is_not_sent(
    outlet: LslOutlet, inlet: lsl.StreamInlet
) -> None:
    outlet.publish([entry("usage"), entry("command"), entry("alarm", 3)])
    outlet.tell(telemetry("heartbeat", 1_700_000_005.0, {}))
    outlet.publish([entry("session", 4)])
    assert [message["seq"] for message in received(inlet, 2)] == [3, 4]


def test_nobody_listening_and_a_broken_outlet_disturb_nobody(
    outlet: LslOutlet, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    outlet.publish([entry("alarm")] * 1_000)

    def fail(_sample: list[str]) -> None:
        raise RuntimeError("gone")

    monkeypatch.setattr(outlet._outlet, "push_sample", fail)
    with caplog.at_level(logging.WARNING):
        outlet.publish([entry("alarm")])
    assert "a message of type alarm was not sent by LSL: gone" in caplog.text
