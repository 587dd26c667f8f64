"""The REST routes on the real thing."""

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from urllib.parse import quote
from uuid import uuid4

import pytest
from service_server import eventually

from monitor.domain.stage import Stage
from monitor.staging.statistics import sleep_statistics
from service import bodies, contract


def post(service, path: str, **body):
    return service.http.post(f"/api/v1{path}", json={"command_id": str(uuid4())} | body)


def alarm_path(alarm: dict, what: str) -> str:
    return f"/alarms/{quote(alarm['alarm_id'], safe='')}/{what}"


def test_dreamers_are_shown_as_the_contract_says(service):
    dreamers = service.http.get("/api/v1/dreamers").json()
    assert [d["dreamer"] for d in dreamers] == ["bed-1", "bed-2"]
    for dreamer in dreamers:
        contract.Dreamer.model_validate(dreamer)
    alone = service.http.get("/api/v1/dreamers/bed-1").json()
    assert alone["session"]["status"] == "ended"
    assert alone["coverage"] == "NOT_MONITORED"
    assert alone["stage"]["index"] == 11


def test_the_hypnogram_has_every_epoch_of_the_session(service):
    night = service.http.get("/api/v1/dreamers/bed-1/hypnogram").json()
    contract.Hypnogram.model_validate(night)
    assert [epoch["index"] for epoch in night["epochs"]] == list(range(12))
    stages = [Stage(epoch["stage"]) for epoch in night["epochs"]]
    assert night["statistics"] == sleep_statistics(stages).to_dict()
    assert night["statistics"]["recorded_min"] == 6.0
    same = service.http.get(
        "/api/v1/dreamers/bed-1/hypnogram", params={"session": night["session"]}
    )
    assert same.json() == night


@pytest.mark.parametrize(
    "path",
    [
        "/dreamers/nobody",
        "/dreamers/nobody/hypnogram",
        "/dreamers/bed-1/hypnogram?session=never",
        "/nothing",
    ],
)
def test_what_is_not_there_is_404(service, path):
    assert service.http.get(f"/api/v1{path}").status_code == 404


def test_the_log_is_paged_by_its_cursor_without_gap_or_duplicate(service):
    seen, cursor = [], "{}"
    while True:
        page = service.http.get("/api/v1/events", params={"cursor": cursor, "limit": 7}).json()
        contract.EventPage.model_validate(page)
        found = [event["seq"] for event in page["events"] if event["dreamer"] == "bed-1"]
        seen += found
        if not found:
            break
        cursor = str(page["cursor"]).replace("'", '"')
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) > 14


@pytest.mark.parametrize(
    "query",
    ["cursor=7", "cursor={", 'cursor={"a":-1}', 'cursor={"a":1.5}', "limit=0", "limit=1001"],
)
def test_a_bad_query_is_422(service, query):
    assert service.http.get(f"/api/v1/events?{query}").status_code == 422


def test_many_who_page_through_the_log_hold_nobody_else_up(service, monkeypatch):
    go_on, between = Event(), service.station.store.between
    monkeypatch.setattr(service.station.store, "between", lambda *a: go_on.wait(20) and between(*a))
    threads = min(32, (os.cpu_count() or 1) + 4)  # as many as asyncio has to spare
    with ThreadPoolExecutor(threads) as readers:
        pages = [readers.submit(service.http.get, "/api/v1/events") for _ in range(threads)]
        try:
            eventually(service.station.paging.locked)
            assert service.http.get("/api/v1/policy", timeout=5).status_code == 200
        finally:
            go_on.set()
    assert {page.result().status_code for page in pages} == {200}


def test_a_repeated_command_does_nothing_more(service, unresponsive):
    assert unresponsive()
    command = str(uuid4())
    first = post(service, "/dreamers/bed-1/wake", command_id=command).json()
    again = post(service, "/dreamers/bed-1/wake", command_id=command).json()
    assert contract.Done.model_validate(first).repeated is False
    assert first["events"]
    assert again == {"command_id": command, "repeated": True, "events": []}


def test_acknowledging_needs_the_version_that_is_there(service, unresponsive):
    alarm = unresponsive()
    path = alarm_path(alarm, "ack")
    stale = post(service, path, expected_version=alarm["version"] - 1)
    assert stale.status_code == 409
    problem = contract.Problem.model_validate(stale.json())
    assert problem.error == "stale_version"
    assert problem.current_version >= alarm["version"]
    for _ in range(20):  # it may be raised again between the two requests
        answer = post(service, path, expected_version=unresponsive()["version"], actor="Ann")
        if answer.status_code != 409:
            break
    assert answer.status_code == 200, answer.text
    changed = [e["data"] for e in answer.json()["events"] if e["type"] == "alarm"]
    assert (changed[0]["state"], changed[0]["acked_by"]) == ("ACTIVE_ACK", "Ann")
    assert changed[0]["present"] is True


def test_what_a_client_posts_it_can_read_at_once(service):
    event = post(service, "/dreamers/bed-1/respond", by="technician").json()["events"][-1]
    assert service.http.get("/api/v1/dreamers/bed-1").json()["seq"] >= event["seq"]


def test_a_high_alarm_cannot_be_shelved(service, unresponsive):
    path = alarm_path(unresponsive(), "shelve")
    for _ in range(20):
        version = unresponsive()["version"]
        answer = post(service, path, expected_version=version, reason="tired", duration_s=60)
        if answer.json()["error"] != "stale_version":
            break
    assert (answer.status_code, answer.json()["error"]) == (409, "not_allowed")


@pytest.mark.parametrize("alarm_id", ["bed-2:NOTHING::9", "nobody:OVERRUN::1", "bed-2:a/b::1"])
def test_an_unknown_alarm_is_404(service, alarm_id):
    answer = post(service, alarm_path({"alarm_id": alarm_id}, "ack"), expected_version=1)
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_alarm")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/dreamers/bed-2/wake", {"command_id": ""}),
        ("/dreamers/bed-2/wake", {"command_id": "x" * 129}),
        ("/dreamers/bed-2/wake", {"surprise": 1}),
        ("/dreamers/bed-2/wake", {"command_id": "one\ntwo"}),
        ("/dreamers/bed-2/wake", {"actor": "Ada\n2026-11-23  Bob"}),
        ("/dreamers/bed-2/wake", {"actor": "\x1b[2J"}),
        ("/dreamers/bed-2/wake", {"actor": "\u202eadA"}),
        ("/dreamers/bed-2/respond", {"by": "telepathy"}),
        ("/alarms/bed-2:OVERRUN::1/ack", {}),
        ("/alarms/bed-2:OVERRUN::1/shelve", {"expected_version": 1, "reason": "x"}),
        ("/alarms/bed-2:OVERRUN::1/resolve", {"expected_version": 1, "disposition": "bored"}),
        (
            "/alarms/bed-2:OVERRUN::1/resolve",
            {"expected_version": 1, "disposition": "equipment", "note": "\x1b[2J"},
        ),
    ],
)
def test_a_malformed_command_is_422(service, path, body):
    assert post(service, path, **body).status_code == 422


def test_a_note_may_have_lines_and_any_script():
    said = {"command_id": "1", "expected_version": 1, "disposition": "equipment"}
    note = "Kabel l\u00f6st sich.\nNeu geklebt \u2014 \u63a5\u7740 \U0001f600"
    assert bodies.ResolveIn(**said, note=note).note == note


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/dreamers/bed-2/wake", r'{"command_id": "\ud800"}', "command_id"),
        ("/dreamers/bed-2/wake", r'{"command_id": "c", "actor": "\ud800"}', "actor"),
        ("/dreamers/bed-2/wake", r'{"command_id": "c", "\ud800": 1}', "body"),
        (
            "/alarms/bed-2:OVERRUN::1/ack",
            '{"command_id": "c", "expected_version": 1e400}',
            "expected_version",
        ),
        ("/alarms/bed-2:OVERRUN::1/ack", '{"command_id": "c"', "body"),
    ],
)
def test_what_cannot_be_written_back_is_422_all_the_same(service, path, body, named):
    headers = {"Content-Type": "application/json"}
    answer = service.http.post(f"/api/v1{path}", content=body.encode(), headers=headers)
    assert answer.status_code == 422
    problem = contract.Problem.model_validate(answer.json())
    assert problem.error == "invalid"
    assert named in problem.detail


def test_the_policy_in_force_is_shown(service):
    shown = service.http.get("/api/v1/policy").json()
    assert (shown["digest"], shown["differs"]) == ("", {})
    assert shown["policy"]["kinds"]["SIGNAL_LOST"]["on_delay_s"] == 15


def test_what_a_person_says_is_an_alarm_that_can_be_silenced_and_taken_back(service):
    events = post(service, "/dreamers/bed-1/unresponsive").json()["events"]
    alarms = [e["data"] for e in events if e["type"] == "alarm"]
    (raised,) = [a for a in alarms if a["kind"] == "UNRESPONSIVE"]
    seen = {"expected_version": raised["version"]}
    silenced = post(service, alarm_path(raised, "silence"), **seen, duration_s=60)
    (changed,) = [e["data"] for e in silenced.json()["events"] if e["type"] == "alarm"]
    assert changed["audio_paused_until"]
    seen = {"expected_version": changed["version"]}
    assert post(service, alarm_path(raised, "deescalate"), **seen).status_code == 409


def test_health_and_readiness(service):
    health = service.http.get("/healthz")
    assert health.status_code == 200
    assert contract.Health.model_validate(health.json()).failures == {}
    assert service.http.get("/readyz").status_code == 204


def test_every_route_of_the_contract_is_described(service):
    paths = service.http.get("/api/v1/openapi.json").json()["paths"]
    assert {path.removeprefix("/api/v1") for path in paths} == {
        "/dreamers",
        "/dreamers/{dreamer}",
        "/dreamers/{dreamer}/hypnogram",
        "/dreamers/{dreamer}/report",
        "/dreamers/{dreamer}/wake",
        "/dreamers/{dreamer}/respond",
        "/dreamers/{dreamer}/unresponsive",
        "/dreamers/{dreamer}/usage",
        "/dreamers/{dreamer}/limits",
        "/dreamers/{dreamer}/limits/confirm",
        "/dreamers/{dreamer}/limits/time-out",
        "/dreamers/{dreamer}/limits/self-exclusion",
        "/dreamers/{dreamer}/limits/withdraw",
        "/dreamers/{dreamer}/limits/override",
        "/dreamers/{dreamer}/profile",
        "/dreamers/{dreamer}/sessions",
        "/dreamers/{dreamer}/sessions/end",
        "/policy",
        "/alarms",
        "/alarms/{alarm_id}/ack",
        "/alarms/{alarm_id}/silence",
        "/alarms/{alarm_id}/deescalate",
        "/alarms/{alarm_id}/shelve",
        "/alarms/{alarm_id}/resolve",
        "/events",
        "/me",
        "/login",
        "/logout",
        "/tickets",
        "/healthz",
        "/metrics",
        "/readyz",
    }
