"""What the page knows after each message, by its own code."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import service as package

FOLDING = Path(__file__).with_name("page_folding.mjs")
DREAMERS = Path(package.__file__).parent / "static" / "dreamers.js"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="needs node to run the page's code")


def fold(tmp_path: Path, *messages: dict) -> list[dict]:
    module = tmp_path / "dreamers.mjs"
    module.write_text(DREAMERS.read_text())
    done = subprocess.run(
        [NODE, str(FOLDING), str(module)],
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
        entry("session", status="started"),
        entry("wake", step="WAIT"),
        entry("wake", step="RESPONSE"),
    )
    assert [state["wake"] for state in states] == ["CUE", None, "WAIT", "WAIT"]


def test_the_live_stage_is_shown_until_a_new_session_or_snapshot(tmp_path):
    states = fold(
        tmp_path,
        entry("stage", stage="N2"),
        entry("epoch", index=0, stage="N3"),
        entry("session", status="started"),
    )
    assert [state["live"] for state in states] == ["N2", "N2", None]


def test_a_lost_connection_forgets_the_live_stage(tmp_path):
    states = fold(tmp_path, entry("stage", stage="N3"), {"type": "lost"})
    assert [(state["live"], state["changed"]) for state in states] == [
        ("N3", ["bed-7"]),
        (None, ["bed-7"]),
    ]
