"""What the page knows after each message, by its own code."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import service as package

FOLDING = Path(__file__).with_name("page_folding.mjs")
STATIC = Path(package.__file__).parent / "static"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="needs node to run the page's code")


STARTED = {
    "type": "session",
    "dreamer": "bed-7",
    "at": "2027-01-15T08:01:00.000Z",
    "data": {"status": "started", "session": "night", "sample": 600, "sfreq": 10.0},
}


def fold(tmp_path: Path, *messages: dict) -> list[dict]:
    (tmp_path / "package.json").write_text('{"type": "module"}')
    for module in STATIC.glob("*.js"):
        shutil.copy(module, tmp_path)
    done = subprocess.run(
        [NODE, str(FOLDING), str(tmp_path / "dreamers.js")],
        input=json.dumps(messages),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return json.loads(done.stdout)


def entry(kind: str, **data: object) -> dict:
    return {"type": kind, "dreamer": "bed-7", "at": "2027-01-15T08:00:00.000Z", "data": data}


def covered(coverage: str, text: str) -> dict:
    return entry("coverage", coverage=coverage, reason={"text": text})


def beat(coverage: str, why: str | None = None) -> dict:
    reasons = {"bed-7": {"text": why}} if why else {}
    return {"type": "heartbeat", "data": {"coverage": {"bed-7": coverage}, "reasons": reasons}}


def test_a_heartbeat_brings_its_own_reason_and_never_keeps_one_of_another_coverage(tmp_path):
    states = fold(
        tmp_path,
        covered("MONITORED", "signal is good and staged"),
        beat("MONITORED"),
        beat("NOT_MONITORED", "the disk is full"),
        beat("NOT_MONITORED"),
        beat("MONITORED"),
    )
    assert [(bool(s["changed"]), s["coverage"], s["reason"]) for s in states] == [
        (True, "MONITORED", "signal is good and staged"),
        (False, "MONITORED", "signal is good and staged"),
        (True, "NOT_MONITORED", "the disk is full"),
        (True, "NOT_MONITORED", None),
        (True, "MONITORED", "signal is good and staged"),
    ]


def test_a_wake_protocol_taken_over_by_a_new_session_is_shown(tmp_path):
    states = fold(
        tmp_path,
        entry("wake", step="CUE"),
        STARTED,
        entry("wake", step="WAIT"),
        entry("wake", step="RESPONSE"),
    )
    assert [state["wake"] for state in states] == ["CUE", None, "WAIT", "WAIT"]


def test_the_live_stage_is_shown_until_a_new_session_or_snapshot(tmp_path):
    states = fold(
        tmp_path,
        entry("stage", stage="N2"),
        entry("epoch", index=0, stage="N3"),
        STARTED,
    )
    assert [state["live"] for state in states] == ["N2", "N2", None]


def test_a_lost_connection_forgets_the_live_stage(tmp_path):
    states = fold(tmp_path, entry("stage", stage="N3"), {"type": "lost"})
    assert [(state["live"], state["changed"]) for state in states] == [
        ("N3", ["bed-7"]),
        (None, ["bed-7"]),
    ]


def test_a_night_is_filled_in_around_what_was_streamed_and_belongs_to_one_session(tmp_path):
    fetched = {"dreamer": "bed-7", "session": "night", "epochs": [
        {"index": 0, "stage": "W"}, {"index": 2, "stage": "N1"},
    ]}  # fmt: skip
    states = fold(
        tmp_path,
        STARTED,
        entry("epoch", index=2, stage="N2", session="night"),
        {"type": "fetched", "night": fetched},
        {"type": "fetched", "night": fetched | {"session": "another"}},
        STARTED | {"data": STARTED["data"] | {"session": "next"}},
    )
    assert [state["stages"] for state in states] == [
        [],
        [None, None, "N2"],
        ["W", None, "N2"],
        ["W", None, "N2"],
        [],
    ]


def test_a_session_tells_when_it_began_wherever_it_was_taken_up(tmp_path):
    (state,) = fold(tmp_path, STARTED)
    assert state["started_at"] == "2027-01-15T08:00:00.000Z"


def test_the_gravest_alarm_that_nobody_has_taken_on_is_first(tmp_path):
    def raised(n: int, priority: str, state: str) -> dict:
        at = f"2027-01-15T08:0{n}:00.000Z"
        return entry("alarm", alarm_id=f"a{n}", priority=priority, state=state, raised_at=at)

    states = fold(
        tmp_path,
        raised(1, "high", "ACTIVE_ACK"),
        raised(2, "medium", "ACTIVE_UNACK"),
        raised(4, "high", "ACTIVE_UNACK"),
        raised(3, "high", "RTN_UNACK"),
        raised(3, "high", "RESOLVED"),
    )
    assert [state["alarms"] for state in states[-2:]] == [
        ["a3", "a4", "a1", "a2"],
        ["a4", "a1", "a2"],
    ]
