"""The product as a user starts it: nights that end in an alarm or not, kills, the demonstration."""

import json
import re
import signal
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from e2e_process import DREAMWATCH, Program, listen, of, serve

pytestmark = pytest.mark.e2e

UNRESPONSIVE = "sim:?scenario=unresponsive&seed=1&speed=120&dreamer=bed-7&planned_minutes=30"
RESPONSIVE = "sim:?scenario=responsive&seed=1&speed=120&dreamer=bed-8&planned_minutes=30"
QUICK = "sim:?scenario=unresponsive&seed=1&speed=600&dreamer=bed-7&planned_minutes=10&sfreq=100"


def is_unresponsive(message: dict) -> bool:
    return message["type"] == "alarm" and message["data"]["kind"] == "UNRESPONSIVE"


def has_woken(message: dict) -> bool:
    of_bed_8 = (message["type"], message.get("dreamer")) == ("wake", "bed-8")
    return of_bed_8 and message["data"]["step"] == "WOKEN"


def watch_nights(data_dir: Path) -> list[dict]:
    """Return every message up to the alarm of bed 7 and the answer of bed 8, and a while longer."""
    program, url = serve(data_dir, UNRESPONSIVE, RESPONSIVE)

    def enough(messages: list[dict]) -> bool:
        alarms = [i for i, message in enumerate(messages) if is_unresponsive(message)]
        answered = any(map(has_woken, messages))
        return bool(alarms) and answered and len(messages) > alarms[0] + 40

    messages = listen(url, enough, {}, within_s=120)
    assert program.stop(signal.SIGTERM) == 0
    return messages


@pytest.fixture(scope="module", autouse=True)
def started(tmp_path_factory):
    """Start what takes half a minute, so that the other tests run meanwhile."""
    demo = Program("-m", "service.demo", "--port", "0")
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(watch_nights, tmp_path_factory.mktemp("nights")), demo
    demo.kill()


@pytest.fixture(scope="module")
def nights(started) -> list[dict]:
    return started[0].result()


def test_epochs_come_in_order_none_left_out(nights):
    for dreamer in ("bed-7", "bed-8"):
        epochs = of(nights, dreamer, "epoch")
        assert [epoch["index"] for epoch in epochs] == list(range(len(epochs)))
        assert len(epochs) > 90
        numbers = [m["seq"] for m in nights if m.get("dreamer") == dreamer and "seq" in m]
        assert numbers == list(range(1, len(numbers) + 1))


def test_who_does_not_answer_is_cued_three_times_then_the_alarm_is_high(nights):
    steps = [(wake["step"], wake["round"]) for wake in of(nights, "bed-7", "wake")]
    rounds = [(step, k) for k in (1, 2, 3) for step in ("CUE", "LISTEN")]
    assert [step for step in steps if step in rounds] == rounds
    alarms = [message for message in nights if is_unresponsive(message)]
    assert {alarm["dreamer"] for alarm in alarms} == {"bed-7"}
    first = alarms[0]["data"]
    assert (first["priority"], first["state"]) == ("high", "ACTIVE_UNACK")
    last_listen = max(i for i, m in enumerate(nights) if m["type"] == "wake" and (
        m["data"]["step"], m["data"]["round"]) == ("LISTEN", 3))  # fmt: skip
    assert nights.index(alarms[0]) > last_listen


def test_who_answers_raises_no_such_alarm(nights):
    steps = [wake["step"] for wake in of(nights, "bed-8", "wake")]
    assert "CUE" in steps
    assert "RESPONDED" in steps
    kinds = {alarm["kind"] for alarm in of(nights, "bed-8", "alarm")}
    assert "UNRESPONSIVE" not in kinds


def test_heartbeats_come_each_second(nights):
    beats = [message for message in nights if message["type"] == "heartbeat"]
    assert len(beats) > 15
    assert set(beats[-1]["data"]["coverage"]) == {"bed-7", "bed-8"}


def test_the_demonstration_alarms_within_a_minute_and_stops_cleanly(started):
    _, demo = started
    page = demo.wait_for(r"http://\S+", within_s=30)[0]
    demo.wait_for("HIGH ALARM.*UNRESPONSIVE", within_s=60)
    assert b"dreamwatch" in urllib.request.urlopen(page, timeout=5).read()  # noqa: S310
    assert demo.stop(signal.SIGINT) == 0
    assert "Traceback" not in "".join(demo.lines)


def get(url: str, path: str) -> dict:
    base = re.sub(r"^ws(.*)events$", r"http\1", url)
    with urllib.request.urlopen(base + path, timeout=5) as answer:  # noqa: S310
        return json.load(answer)


def test_killed_at_any_moment_no_alarm_is_lost_and_the_cursor_resumes(tmp_path):
    """A client follows one night over three kills; the second falls after the alarm."""
    cursor: dict[str, int] = {}
    seen: list[dict] = []
    for enough in (
        lambda found: len(found) > 20,
        lambda found: any(map(is_unresponsive, found)),
        lambda found: len(found) > 12,
        lambda found: len(found) > 12,
    ):
        program, url = serve(tmp_path, QUICK)
        seen += [m for m in listen(url, enough, cursor, within_s=40) if "seq" in m]
        cursor = {"bed-7": seen[-1]["seq"]}
        alarms = get(url, "alarms?state=open")
        program.kill()
    assert [m["seq"] for m in seen] == list(range(1, len(seen) + 1))
    assert len({m["event_id"] for m in seen}) == len(seen)
    statuses = [session["status"] for session in of(seen, "bed-7", "session")]
    assert statuses == ["started", "resumed", "resumed", "resumed"]
    assert "UNRESPONSIVE" in {alarm["kind"] for alarm in alarms}
    epochs = [epoch["index"] for epoch in of(seen, "bed-7", "epoch")]
    assert epochs == list(range(len(epochs)))


def test_watch_prints_resumes_and_leaves(tmp_path):
    program, url = serve(tmp_path, QUICK)
    port = int(url.split(":")[2].split("/")[0])
    watch = Program(*DREAMWATCH, "watch", url, "--json")
    before = json.loads(watch.wait_for(r'.*"type": "epoch".*', within_s=20)[0])
    program.kill()
    watch.wait_for('"disconnected"', within_s=10)
    program, _ = serve(tmp_path, QUICK, port=port)
    watch.wait_for('"resumed"', within_s=20)
    after = json.loads(watch.wait_for(r'.*"type": "epoch".*', within_s=20)[0])
    assert after["seq"] > before["seq"]
    started = time.monotonic()
    assert watch.stop(signal.SIGINT) == 0
    assert program.stop(signal.SIGTERM) == 0
    assert time.monotonic() - started < 5
    numbers = [m["seq"] for m in map(json.loads, watch.lines) if "seq" in m]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
