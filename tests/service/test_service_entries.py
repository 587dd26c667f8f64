"""The messages are exactly as the contract says."""

import dataclasses
import json
from datetime import datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from service_fakes import START, alarm, coverage, epoch, started

from monitor.domain import events
from service import contract
from service.entries import DURABLE_TYPES, Entry, draft, iso

SHAPES = {
    "session": contract.SessionData,
    "epoch": contract.EpochData,
    "coverage": contract.CoverageData,
    "gap": contract.GapData,
    "alarm": contract.AlarmData,
    "wake": contract.WakeData,
    "usage": contract.UsageData,
    "command": contract.CommandData,
}
REASON = events.Reason("code", "text", 1.0, 2.0, "s", "Ann")
EXAMPLES = [
    started("night"),
    epoch(3),
    coverage(events.Coverage.DEGRADED),
    events.SamplesLost(START, 10, 20, "signal lost"),
    alarm(),
    events.WakeStep(START, "CUE", 1, 3, 65, START + 30, REASON),
    events.UsageCounted(START, "night", 10.0, 5.0, 1.0, 0.0, 0.0),
    events.CommandDone(START, "c-1", "wake", "Ann", {"by": "button"}),
]


def entry(event: events.Event, seq: int = 1) -> Entry:
    made = draft(event, "night")
    return Entry(1, "bed-7", seq, made.event_id, made.type, made.at, made.data)


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.type)
def test_every_event_becomes_the_envelope_of_the_contract(event):
    message = entry(event, seq=12).message
    assert list(message) == ["v", "event_id", "seq", "dreamer", "type", "at", "data"]
    assert message["v"] == 1
    assert message["seq"] == 12
    assert message["at"] == "2027-01-15T08:00:00.000Z"
    SHAPES[event.type].model_validate(message["data"])
    contract.LogEntry.model_validate(message)


def test_every_durable_type_has_an_example_a_shape_and_a_name():
    core = {kind.type for kind in get_args(events.Event)} - {events.LiveStage.type}
    assert core == {event.type for event in EXAMPLES} == set(SHAPES) == set(DURABLE_TYPES)
    assert set(get_args(contract.Type)) == core


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.type)
def test_the_shapes_have_the_fields_of_the_core(event):
    inner = event.epoch if isinstance(event, events.EpochScored) else event
    fields = {field.name for field in dataclasses.fields(inner)} - {"at"}
    shape = set(SHAPES[event.type].model_fields)
    assert shape == fields | ({"session"} if event.type == "epoch" else set())


def test_times_inside_the_data_are_iso_too():
    data = entry(EXAMPLES[5]).message["data"]
    assert data["until"] == "2027-01-15T08:00:30.000Z"
    data = entry(alarm(raised_at=START + 0.5)).message["data"]
    assert data["raised_at"] == "2027-01-15T08:00:00.500Z"
    assert data["acked_at"] is None


def test_every_event_has_its_own_id():
    assert entry(epoch(1)).event_id != entry(epoch(1)).event_id


def test_what_is_no_number_never_reaches_the_log():
    lost = events.CommandDone(START, "c-1", "wake", "Ann", {"value": float("nan")})
    with pytest.raises(ValueError, match="JSON"):
        draft(lost, "night")


@given(st.floats(0, 4e9))
def test_iso_is_utc_with_milliseconds(at):
    text = iso(at)
    assert len(text) == len("2026-01-31T23:59:59.123Z")
    assert abs(datetime.fromisoformat(text).timestamp() - at) <= 0.001


@given(st.text(max_size=20))
def test_any_text_survives_the_wire(text):
    event = events.SamplesLost(START, 1, 1, text)
    assert json.loads(entry(event).text)["data"]["cause"] == text


def test_epochs_of_older_versions_have_no_spectrum():
    message = entry(epoch(3)).message
    del message["data"]["spectrum"]
    assert contract.LogEntry.model_validate(message).data.spectrum == []
