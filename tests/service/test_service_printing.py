"""Lines for the terminal."""

import pytest
from service_fakes import alarm
from test_service_entries import EXAMPLES, entry

from monitor.domain.events import Priority
from service.printing import line


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.type)
def test_every_entry_has_a_line_with_its_time_and_dreamer(event):
    text = line(entry(event).message).plain
    assert text.startswith("08:00:00  bed-7")
    assert "\n" not in text


@pytest.mark.parametrize("priority", Priority)
def test_alarms_say_their_priority_in_words(priority):
    text = line(entry(alarm(priority=priority)).message).plain
    assert f"{priority.upper()} ALARM" in text
    assert "UNRESPONSIVE" in text
    assert "no answer in 3 rounds" in text


def test_being_cut_off_is_said_aloud():
    text = line({"type": "disconnected", "data": {"reason": "silence"}})
    assert text.plain == "NOT CONNECTED (silence); trying again"


def test_a_service_without_a_heartbeat_is_said_to_monitor_nobody():
    text = line({"type": "stale", "data": {"reason": "no heartbeat for 5 s"}})
    assert text.plain == "NOT MONITORED (no heartbeat for 5 s)"


def test_a_snapshot_says_who_is_there():
    dreamers = [{"dreamer": "bed-7", "coverage": "MONITORED", "alarms": [{}]}]
    text = line({"type": "snapshot", "data": {"dreamers": dreamers}})
    assert text.plain == "connected: bed-7 MONITORED; 1 open alarm"


def test_whoever_did_it_does_not_command_the_terminal():
    data = {"command": "wake", "actor": "\x1b]0;t\x07Bob\nAda"}
    assert line({"type": "command", "data": data}).plain == "wake by \ufffd]0;t\ufffdBob\ufffdAda"


def test_heartbeats_say_nothing():
    assert line({"type": "heartbeat", "data": {}}) is None
