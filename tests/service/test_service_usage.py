"""The account over REST and in the stream: limits, admission, alarms, sessions on request."""

import time
from uuid import uuid4

import pytest
from service_server import eventually as soon
from service_server import served

from monitor.domain.stage import Stage
from monitor.usage.changes import Override
from monitor.usage.record import SessionRecord
from service.cli.simulate import simulate
from service.usage.desk import Desk

WITHIN_S = 60.0
SHORT = "sim:?seed=2&hours=0.2&speed=0&dreamer=bed-1"
AGAIN = "sim:?seed=2&hours=0.2&speed=0&dreamer=bed-5"
OVERUSED = "sim:?scenario=unresponsive&seed=1&hours=24&speed=60&dreamer=bed-2"


def eventually(look):
    return soon(look, WITHIN_S)


def night(hours: float, until: float, name: str = "before") -> SessionRecord:
    n = round(hours * 120)
    return SessionRecord(name, until - 30 * n, until, ((Stage.N2, n),), imported=True)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """Beds 1 and 5 have had a short night; bed 2 begins one after thirteen hours of sleep."""
    data_dir = tmp_path_factory.mktemp("usage")
    desk = Desk(data_dir, "UTC")
    desk.add("bed-2", night(13, time.time() - 5 * 3600))
    with served(data_dir, SHORT, AGAIN, OVERUSED) as service:
        for dreamer in ("bed-1", "bed-5"):
            runner = service.station.runners[dreamer]
            eventually(lambda runner=runner: runner.ended)
        yield service, desk


def lift(desk: Desk, dreamer: str) -> None:
    """Lift the hard limits, at the time that the dreamer's replay has got to."""
    asked = {"at": desk.read(dreamer).now(time.time()), "actor": "ann", "role": "admin"}
    desk.ask(dreamer, "lift", Override(name="ann", reason="ill", hours=1, **asked))


def usage(service, dreamer: str) -> dict:
    return service.http.get(f"/api/v1/dreamers/{dreamer}/usage").raise_for_status().json()


def post(service, path: str, method: str = "POST", **body):
    body = {"command_id": uuid4().hex} | body
    return service.http.request(method, f"/api/v1/dreamers/{path}", json=body)


def commands(service, session: str) -> list[dict]:
    entries = service.station.store.of_session("bed-5", session, "command")
    return [entry.message["data"] for entry in entries]


def alarms(service, dreamer: str) -> dict[str, dict]:
    open_ = service.http.get("/api/v1/alarms").json()
    return {f"{a['kind']} {a['source']}": a for a in open_ if a["dreamer"] == dreamer}


def test_a_session_is_in_the_account_as_soon_as_it_is_in_the_log(running):
    service, desk = running
    account = usage(service, "bed-1")
    assert account["session_24h_min"] == pytest.approx(12, abs=0.1)
    assert account["sessions_24h"] == 1
    use = desk.read("bed-1")
    stored = use.account(use.now(time.time()))
    for name in ("sleep_24h_min", "rem_24h_min", "session_24h_min", "sessions_24h", "level"):
        assert stored[name] == pytest.approx(account[name], abs=0.1), name
    told = service.station.describe("bed-1")["usage"]
    assert told["sleep_24h_min"] == pytest.approx(account["sleep_24h_min"])
    assert told["budgets"] == {"sleep_24h_min": 600, "rem_24h_min": 140}


def test_a_hard_limit_raises_its_alarm_and_a_planned_wake_and_switches_no_alarm_off(running):
    service, _ = running
    alarm = eventually(lambda: alarms(service, "bed-2").get("OVERUSE_HARD sleep_24h_min"))
    assert (alarm["priority"], alarm["latched"]) == ("medium", True)
    steps = service.http.get("/api/v1/events", params={"limit": 1000}).json()["events"]
    wake = [e["data"]["reason"]["code"] for e in steps if e["type"] == "wake"]
    assert wake[0] in ("planned", "deferred")
    eventually(lambda: "UNRESPONSIVE " in alarms(service, "bed-2"))


def test_no_new_session_begins_beyond_a_hard_limit_until_an_admin_lifts_it(running):
    service, desk = running
    desk.add("bed-5", night(13, time.time() - 4 * 3600))
    refused = post(service, "bed-5/sessions")
    assert refused.status_code == 409
    problem = refused.json()
    assert (problem["error"], "used up" in problem["detail"]) == ("not_admitted", True)
    account = usage(service, "bed-5")
    assert problem["until"] == account["admission"]["until"] > account["at"]
    eventually(lambda: "OVERUSE_HARD sleep_24h_min" in alarms(service, "bed-5"))
    assert post(service, "bed-5/limits/override", reason="ill", hours=1).status_code == 403
    lift(desk, "bed-5")
    before = service.station.runners["bed-5"].session
    begun = post(service, "bed-5/sessions", command_id="begin", actor="bea")
    assert begun.status_code == 201
    assert begun.json()["session"] != before
    assert post(service, "bed-5/sessions", command_id="begin").json() == begun.json()
    logged = eventually(lambda: commands(service, begun.json()["session"]))
    assert logged[0] == {"command_id": "begin", "command": "begin", "actor": "bea", "detail": {}}
    assert [done["command"] for done in logged].count("begin") == 1
    eventually(lambda: service.station.runners["bed-5"].ended)
    service.station._begun.clear()  # as after a restart
    assert post(service, "bed-5/sessions", command_id="begin").json() == begun.json()
    alarm = alarms(service, "bed-5")["OVERUSE_HARD sleep_24h_min"]
    assert (alarm["state"], alarm["present"]) == ("RTN_UNACK", False)
    assert service.station.describe("bed-5")["wake"] is None
    # The same recording again is counted once, beside the night that was added.
    assert usage(service, "bed-5")["sessions_7d"] == 2


def test_stricter_limits_hold_at_once_and_laxer_ones_wait(running):
    service, _ = running
    put = {"method": "PUT", "bounds": {"rem_24h_min": {"soft": 100}}, "command_id": "stricter"}
    for _ in range(2):
        held = post(service, "bed-3/limits", **put).raise_for_status().json()
        assert held["limits"]["rem_24h_min"]["soft"] == 100
    laxer = post(service, "bed-3/limits", method="PUT", bounds={"rem_24h_min": {"soft": 170}})
    limit = laxer.json()["limits"]["rem_24h_min"]
    assert (limit["soft"], limit["pending"]["soft"]) == (100, 170)
    early = post(service, "bed-3/limits/confirm")
    assert (early.status_code, "24" in early.json()["detail"]) == (409, True)
    wrong = post(service, "bed-3/limits", method="PUT", bounds={"rem_24h_min": {"soft": 20}})
    assert (wrong.status_code, "90 to 240 min" in wrong.json()["detail"]) == (422, True)


def test_a_time_out_is_shortened_by_nobody(running):
    service, _ = running
    account = post(service, "bed-4/limits/time-out", days=7).raise_for_status().json()
    assert account["admission"]["reasons"][0]["code"] == "time_out"
    assert account["admission"]["until"] is not None
    assert post(service, "bed-4/limits/time-out", days=1).status_code == 409


def test_a_night_imported_beside_the_service_is_told_to_the_running_session(running):
    service, desk = running
    before = service.station.describe("bed-2")["usage"]["sleep_24h_min"]
    desk.add("bed-2", night(1, time.time() - 20 * 3600, "nap"))
    eventually(lambda: service.station.describe("bed-2")["usage"]["sleep_24h_min"] > before + 55)


def test_no_session_is_ended_while_its_dreamer_is_being_woken(running):
    service, _ = running
    eventually(lambda: "UNRESPONSIVE " in alarms(service, "bed-2"))
    refused = post(service, "bed-2/sessions/end")
    assert (refused.status_code, "attend" in refused.json()["detail"]) == (409, True)


def test_who_has_no_account_has_none(running):
    service, _ = running
    assert service.http.get("/api/v1/dreamers/nobody/usage").status_code == 404
    assert service.http.get("/api/v1/dreamers/bed-1/usage?at=noon").status_code == 422


def test_a_session_whose_source_cannot_be_opened_begins_as_soon_as_it_can(tmp_path):
    file, away = tmp_path / "night.edf", tmp_path / "away.edf"
    simulate(file, hours=0.1, sfreq=100)
    source = f"edf:{file}?speed=0&dreamer=bed-5"
    with served(tmp_path / "data", source) as service:
        eventually(lambda: service.station.runners["bed-5"].ended)
        first = service.station.runners["bed-5"].session
        file.rename(away)
        lift(Desk(tmp_path / "data", "UTC"), "bed-5")
        refused = post(service, "bed-5/sessions")
        assert (refused.status_code, refused.json()["error"]) == (503, "source_unavailable")
        assert not service.station.ready
        away.rename(file)
        eventually(lambda: service.station.runners["bed-5"].session != first)
        eventually(lambda: service.station.ready)
