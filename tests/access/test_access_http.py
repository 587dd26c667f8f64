"""Signing in, tickets and bounds on the real thing."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie

import httpx
import pytest
from access_people import OWN, PEOPLE, closing
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from service.access import gate
from service.access.gate import COOKIE, CSRF_COOKIE, CSRF_HEADER
from service.access.roles import Action, Role
from service.access.secret import Secret
from service.client import AsyncEventClient, Commands, EventClient, RefusedError
from tests.service.service_server import eventually

TICKETS = "/api/v1/tickets"


@contextmanager
def signed_in(guarded, role: Role) -> Iterator[httpx.Client]:
    with guarded.client() as client:
        client.post("/api/v1/login", json={"token": guarded.tokens[role]}).raise_for_status()
        client.headers[CSRF_HEADER] = client.cookies[CSRF_COOKIE]
        yield client


def test_me_says_who_i_am_and_what_i_may(guarded):
    with guarded.client(guarded.tokens[Role.GUARDIAN]) as client:
        me = client.get("/api/v1/me").json()
    may = me.pop("may")
    assert me == {
        "name": "a guardian",
        "role": "guardian",
        "dreamer": OWN,
        "anonymous": False,
        "csrf": None,
    }
    assert set(may) == {a.value for a in Action if PEOPLE[Role.GUARDIAN].may(a)}


def test_a_command_is_logged_in_the_name_of_the_token_whatever_it_says(guarded):
    with guarded.client(guarded.tokens[Role.DREAMER]) as client:
        body = {"command_id": "mine", "actor": "a technician", "by": "button"}
        answer = client.post(f"/api/v1/dreamers/{OWN}/respond", json=body)
    actors = [e["data"]["actor"] for e in answer.json()["events"] if e["type"] == "command"]
    assert actors == ["a dreamer"]


def test_a_dreamer_cannot_answer_as_a_technician(guarded):
    body = {"command_id": "claimed", "by": "technician"}
    with guarded.client(guarded.tokens[Role.DREAMER]) as client:
        assert client.post(f"/api/v1/dreamers/{OWN}/respond", json=body).status_code == 403


def test_the_cookie_of_a_login_is_for_this_site_and_no_script(guarded):
    with guarded.client() as client:
        answer = client.post("/api/v1/login", json={"token": guarded.tokens[Role.VIEWER]})
    assert answer.status_code == 204
    cookies = SimpleCookie()
    for line in answer.headers.get_list("set-cookie"):
        cookies.load(line)
    login, csrf = cookies[COOKIE], cookies[CSRF_COOKIE]
    for cookie in (login, csrf):
        assert cookie["samesite"] == "strict"
        assert cookie["path"] == "/"
        assert cookie["secure"] == ""  # TLS has its own test
        assert int(cookie["max-age"]) == 86_400
    assert login["httponly"] is True
    assert csrf["httponly"] == ""
    assert guarded.tokens[Role.VIEWER] not in str(cookies)


def test_a_browser_signs_in_asks_and_signs_out(guarded):
    with signed_in(guarded, Role.TECHNICIAN) as browser:
        me = browser.get("/api/v1/me").json()
        assert (me["name"], me["csrf"]) == ("a technician", browser.cookies[CSRF_COOKIE])
        ticket = browser.post(TICKETS, json={}).json()["ticket"]
        with connect(f"{guarded.served.ws}?cursor=null&ticket={ticket}", proxy=None) as stream:
            assert json.loads(stream.recv(timeout=10))["type"] == "snapshot"
            cookie = browser.cookies[COOKIE]
            assert browser.post("/api/v1/logout", json={}).status_code == 204
            assert COOKIE not in browser.cookies
            assert closing(stream) == 4401
        again = browser.get("/api/v1/me", headers={"Cookie": f"{COOKIE}={cookie}"})
        assert again.status_code == 401


@pytest.mark.parametrize("shown", [None, "", "0" * 64])
def test_a_browsers_command_needs_the_word_of_our_page(guarded, shown):
    with signed_in(guarded, Role.TECHNICIAN) as browser:
        del browser.headers[CSRF_HEADER]
        headers = {} if shown is None else {CSRF_HEADER: shown}
        answer = browser.post(TICKETS, json={}, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (403, "not_permitted")
        assert browser.get("/api/v1/dreamers").status_code == 200


def test_another_site_cannot_use_the_cookie(guarded):
    with signed_in(guarded, Role.TECHNICIAN) as browser:
        answer = browser.post(TICKETS, json={}, headers={"Origin": "https://evil.example"})
        assert (answer.status_code, answer.json()["error"]) == (403, "refused")
        with (
            pytest.raises(InvalidStatus, match="403"),
            connect(guarded.served.ws, proxy=None, origin="https://evil.example"),
        ):
            pass


def test_a_websocket_that_is_refused_is_no_fault_of_ours(guarded, caplog):
    headers = {"Authorization": f"Bearer {guarded.tokens[Role.VIEWER]}"}
    url = f"{guarded.served.ws}?cursor=null&role=technician"
    with pytest.raises(InvalidStatus) as refused:
        connect(url, proxy=None, additional_headers=headers)
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["error"] == "not_permitted"
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_ticket_is_for_one_connection(guarded):
    with guarded.client(guarded.tokens[Role.VIEWER]) as client:
        given = client.post(TICKETS, json={}).json()
    assert given["expires_in_s"] <= 60
    url = f"{guarded.served.ws}?cursor=null&ticket={given['ticket']}"
    with connect(url, proxy=None) as stream:
        assert json.loads(stream.recv(timeout=10))["type"] == "snapshot"
    with pytest.raises(InvalidStatus, match="401"), connect(url, proxy=None):
        pass


def test_a_refusal_says_how_to_come_in(guarded):
    with guarded.client() as client:
        answer = client.get("/api/v1/me")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["error"] == "not_signed_in"
    assert "/login" in answer.json()["detail"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_the_page_to_sign_in_needs_nothing_from_elsewhere(guarded):
    with guarded.client() as client:
        page = client.get("/login")
        assert page.headers["content-type"].startswith("text/html")
        assert "NOT MONITORED" in page.text
        for name in ("login.js", "login.css", "icon.svg", "api.js"):
            assert client.get(f"/{name}").status_code == 200


def test_too_many_commands_hold_back_no_alarm(guarded_here, monkeypatch):
    """Whoever has asked too often goes on hearing; only new commands have to wait."""
    monkeypatch.setattr(gate, "COMMANDS", (2.0, 0.001))
    running = guarded_here(Role.TECHNICIAN, Role.ADMIN)
    headers = {"Authorization": f"Bearer {running.tokens[Role.TECHNICIAN]}"}
    url = f"{running.served.ws}?cursor=null&types=alarm"
    call = f"/api/v1/dreamers/{OWN}/unresponsive"
    with (
        connect(url, proxy=None, additional_headers=headers) as stream,
        running.client(running.tokens[Role.TECHNICIAN]) as hasty,
        running.client(running.tokens[Role.ADMIN]) as other,
    ):
        assert [hasty.post(TICKETS, json={}).status_code for _ in range(2)] == [200, 200]
        refused = hasty.post(call, json={"command_id": "a"})
        assert (refused.status_code, refused.json()["error"]) == (429, "too_many")
        assert int(refused.headers["retry-after"]) >= 1
        assert other.post(call, json={"command_id": "b"}).status_code == 200
        heard = [json.loads(stream.recv(timeout=20))]
        while heard[-1]["type"] != "alarm":
            heard.append(json.loads(stream.recv(timeout=20)))
            assert len(heard) < 60
    assert heard[-1]["dreamer"] == OWN


def test_one_token_has_so_many_connections_and_keeps_them(guarded_here):
    running = guarded_here(Role.VIEWER, max_clients_each=1)
    headers = {"Authorization": f"Bearer {running.tokens[Role.VIEWER]}"}
    url = f"{running.served.ws}?cursor=null"
    with connect(url, proxy=None, additional_headers=headers) as only:
        with pytest.raises(InvalidStatus) as refused:
            connect(url, proxy=None, additional_headers=headers)
        assert refused.value.response.status_code == 429
        assert "1 connections already" in refused.value.response.body.decode()
        only.recv(timeout=10)
    eventually(lambda: not running.served.station.hub._clients)
    with connect(url, proxy=None, additional_headers=headers):
        pass


def test_the_clients_show_their_token(guarded):
    url, page = guarded.served.ws, str(guarded.served.http.base_url)
    token = guarded.tokens[Role.DREAMER]
    first = next(EventClient(url, token=token).follow())
    assert [each["dreamer"] for each in first["data"]["dreamers"]] == [OWN]
    done = Commands(page, token=token).respond(OWN, "button")
    assert done.events[0].data.actor == "a dreamer"
    with pytest.raises(RefusedError, match="403"):
        Commands(page, token=token).wake(OWN)
    with pytest.raises(InvalidStatus, match="401"):
        next(EventClient(url, token=token[:-1]).follow())
    with pytest.raises(InvalidStatus, match="401"):
        next(EventClient(url).follow())


@pytest.mark.parametrize("make", [EventClient, AsyncEventClient, Commands])
def test_a_token_goes_to_another_machine_encrypted_only(make):
    token = str(Secret(1, "word"))
    scheme = "http" if make is Commands else "ws"
    with pytest.raises(ValueError, match="TLS only"):
        make(f"{scheme}://192.0.2.1:8000/", token=token)
    make(f"{scheme}s://192.0.2.1:8000/", token=token)
    make(f"{scheme}://[::1]:8000/", token=token)
