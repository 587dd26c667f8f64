"""What is written down of access: it is in the chained log, and names no dreamer."""

import json
import time

import pytest
from access_people import OWN, PEOPLE, make
from typer.testing import CliRunner
from websockets.sync.client import connect

from monitor.usage.changes import TimeOut
from service.access import gate as gate_module
from service.access.journal import Deed, note_reading, read_journal
from service.access.roles import Person, Role
from service.access.tokens import create_token, list_tokens, log_in, log_out, revoke_token
from service.audit import audit
from service.cli import app
from service.errors import NotPermitted, StoreError
from service.log import LOG
from service.retention import forget, forget_older
from service.usage.desk import Desk
from tests.service.service_server import eventually

NOW = 1_800_000_000.0


def deeds(data_dir) -> list[tuple[str, str, dict]]:
    done = [message["data"] for message in read_journal(data_dir)]
    return [(each["command"], each["actor"], each["detail"]) for each in done]


def listen(guarded, role: Role, query: str) -> str:
    """Open a stream and return the type of its first message."""
    headers = {"Authorization": f"Bearer {guarded.tokens[role]}"}
    url = f"{guarded.served.ws}?cursor=null&{query}"
    with connect(url, proxy=None, additional_headers=headers) as stream:
        return json.loads(stream.recv(timeout=10))["type"]


def test_tokens_that_are_made_and_revoked_are_written_down(tmp_path):
    text = make(tmp_path, PEOPLE[Role.GUARDIAN], days=3)
    revoke_token(tmp_path, "a guardian", "tester", time.time())
    detail = {"name": None, "token": 1, "role": "guardian", "chain": 1, "days": 3}
    assert deeds(tmp_path) == [
        (Deed.CREATED, "tester", detail),
        (Deed.REVOKED, "tester", {"name": None, "token": 1}),
    ]
    assert text.rpartition("_")[2] not in json.dumps(deeds(tmp_path))
    assert OWN not in json.dumps(deeds(tmp_path))
    assert audit(tmp_path).faults == []


def test_of_who_is_tied_to_a_dreamer_no_name_stays_behind(tmp_path):
    guardian = Person("Mum of Karl", Role.GUARDIAN, "Karl")
    token = create_token(tmp_path, guardian, "tester", NOW)
    log_out(tmp_path, log_in(tmp_path, token.number, NOW, NOW + 60).number, NOW)
    asked = {"at": NOW, "actor": guardian.name, "role": guardian.role.value}
    Desk(tmp_path, "UTC").ask("Karl", "1", TimeOut(days=1, **asked))
    revoke_token(tmp_path, guardian.name, "tester", NOW)
    forget(tmp_path, "Karl", "tester", NOW)
    assert b"Karl" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert [token.name for token in list_tokens(tmp_path)] == ["#1"]


def test_who_signs_in_and_out_is_written_down(tmp_path):
    token = make(tmp_path, PEOPLE[Role.ADMIN]), make(tmp_path, PEOPLE[Role.DREAMER])
    for number in range(1, len(token) + 1):
        for _ in range(2):  # a login that is gone is not gone again
            login = log_in(tmp_path, number, NOW, NOW + 60)
        for _ in range(2):
            log_out(tmp_path, login.number, NOW)
    came_and_went = [Deed.LOGGED_IN, Deed.LOGGED_IN, Deed.LOGGED_OUT]
    assert deeds(tmp_path)[2:] == [
        (deed, actor, {"token": number})
        for number, actor in ((1, "a admin"), (2, "#2"))
        for deed in came_and_went
    ]


def test_a_reading_is_one_entry_and_of_nobody_unknown(tmp_path):
    for dreamer in ("bed-1", "bed-2"):
        make(tmp_path, Person(f"of {dreamer}", Role.DREAMER, dreamer))
    forget(tmp_path, "bed-1", "tester", NOW)
    before = len(deeds(tmp_path))
    with pytest.raises(NotPermitted, match="'bed-1'"):
        note_reading(tmp_path, "Bob", NOW, "live", frozenset({"bed-1", "bed-2"}))
    make(tmp_path, Person("of bed-3", Role.DREAMER, "bed-3"))
    note_reading(tmp_path, "Bob", NOW, "live", frozenset({"bed-3", "bed-2"}))
    note_reading(tmp_path, "Bob", NOW, "live", None)
    assert [detail for _, _, detail in deeds(tmp_path)[before + 1 :]] == [
        {"what": "live", "chains": [3, 4]},
        {"what": "live", "chains": None},
    ]


def test_who_sees_raw_signal_is_written_down_once_an_hour(guarded_here):
    running = guarded_here(Role.TECHNICIAN, Role.VIEWER)
    eventually(lambda: len(running.served.station.hub.overview.heads) == 2)
    for _ in range(3):
        assert listen(running, Role.TECHNICIAN, f"types=signal&dreamer={OWN}") == "snapshot"
    listen(running, Role.TECHNICIAN, "types=signal,stage")
    listen(running, Role.VIEWER, "types=stage")
    listen(running, Role.VIEWER, "")
    read = [(actor, detail) for deed, actor, detail in deeds(running.data_dir) if deed == Deed.READ]
    (first, one), (second, everybody) = read
    assert first == second == "a technician"
    assert everybody == {"what": "live", "chains": None}
    assert one["what"] == "live"
    (chain,) = one["chains"]
    assert audit(running.data_dir, f"#{chain}").heads[0].dreamer == OWN
    report = audit(running.data_dir)
    assert report.faults == []
    assert LOG in {head.dreamer for head in report.heads}


def test_nobody_sees_signal_that_cannot_be_written_down(guarded, monkeypatch):
    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(gate_module, "note_reading", fail)
    with pytest.raises(Exception, match="503"):
        listen(guarded, Role.ADMIN, f"types=signal&dreamer={OWN}")
    assert listen(guarded, Role.ADMIN, "types=stage") == "snapshot"


def test_refused_logins_are_written_down_together(guarded_here):
    running = guarded_here(Role.VIEWER)
    with running.client() as client:
        for _ in range(3):
            answer = client.post("/api/v1/login", json={"token": "dreamwatch_1_guess"})
            assert answer.status_code == 401
    with running.client("guess") as client:
        assert client.get("/api/v1/me").status_code == 401

    def refused() -> list[dict]:
        return [detail for deed, _, detail in deeds(running.data_dir) if deed == Deed.REFUSED]

    eventually(refused)
    (entry,) = refused()
    assert 1 <= entry["times"] <= 4
    assert entry["addresses"] == ["127.0.0.1"]
    assert "guess" not in json.dumps(entry)


def test_the_command_shows_it_and_the_log_stays_sound(tmp_path):
    make(tmp_path, PEOPLE[Role.ADMIN])
    forget_older(tmp_path, time.time(), "tester", time.time())
    shown = CliRunner().invoke(app, ["audit", "--access", "--data-dir", str(tmp_path)])
    assert shown.exit_code == 0
    assert "tester  token create  name=an admin" in shown.stdout.replace("a admin", "an admin")
    as_json = ["audit", "--access", "--json", "--data-dir", str(tmp_path)]
    found = json.loads(CliRunner().invoke(app, as_json).stdout)
    assert found["ok"] is True
    assert [each["data"]["command"] for each in found["access"]] == ["token create"]
