"""Every route and every message, with every role: what the table says holds, and nothing else.

`NEEDS` says of each route what it is; a route that is not in it fails the test. So does one that
asks for something else, and one that asks for nothing.
"""

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from access_people import OTHER, OWN
from fastapi import FastAPI
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from service.access.roles import MAY, SCOPED, Action, Needs, Role
from service.app import create_app
from service.entries import DURABLE_TYPES, TYPES, Entry, telemetry
from service.settings import Settings

OPEN = None
"""For everybody, without a token."""
NEEDS: dict[str, Action | None] = {
    "GET /api/v1/openapi.json": OPEN,
    "GET /api/v1/asyncapi.json": OPEN,
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    "GET /metrics": Action.SEE_SERVICE,
    "GET /login": OPEN,
    "GET /plotly.min.js": OPEN,
    "GET /bedside/{dreamer}": OPEN,
    "GET /": OPEN,
    "POST /api/v1/login": OPEN,
    "POST /api/v1/logout": Action.SEE,
    "POST /api/v1/tickets": Action.SEE,
    "GET /api/v1/me": Action.SEE,
    "GET /api/v1/dreamers": Action.SEE,
    "GET /api/v1/dreamers/{dreamer}": Action.SEE,
    "GET /api/v1/dreamers/{dreamer}/hypnogram": Action.SEE,
    "GET /api/v1/dreamers/{dreamer}/report": Action.SEE,
    "GET /api/v1/dreamers/{dreamer}/usage": Action.SEE,
    "GET /api/v1/alarms": Action.SEE,
    "GET /api/v1/events": Action.SEE,
    "GET /api/v1/policy": Action.SEE_SERVICE,
    "POST /api/v1/dreamers/{dreamer}/wake": Action.WAKE,
    "POST /api/v1/dreamers/{dreamer}/respond": Action.RESPOND,
    "POST /api/v1/dreamers/{dreamer}/unresponsive": Action.CALL,
    "POST /api/v1/dreamers/{dreamer}/sessions": Action.RUN,
    "POST /api/v1/dreamers/{dreamer}/sessions/end": Action.RUN,
    "PUT /api/v1/dreamers/{dreamer}/limits": Action.SET_LIMITS,
    "POST /api/v1/dreamers/{dreamer}/limits/confirm": Action.SET_LIMITS,
    "POST /api/v1/dreamers/{dreamer}/limits/time-out": Action.SET_LIMITS,
    "POST /api/v1/dreamers/{dreamer}/limits/self-exclusion": Action.SET_LIMITS,
    "POST /api/v1/dreamers/{dreamer}/limits/withdraw": Action.SET_LIMITS,
    "POST /api/v1/dreamers/{dreamer}/limits/override": Action.OVERRIDE,
    "PUT /api/v1/dreamers/{dreamer}/profile": Action.SET_PROFILE,
    "POST /api/v1/alarms/{alarm_id:path}/ack": Action.ATTEND,
    "POST /api/v1/alarms/{alarm_id:path}/silence": Action.ATTEND,
    "POST /api/v1/alarms/{alarm_id:path}/deescalate": Action.ATTEND,
    "POST /api/v1/alarms/{alarm_id:path}/shelve": Action.ATTEND,
    "POST /api/v1/alarms/{alarm_id:path}/resolve": Action.ATTEND,
    "WS /api/v1/events": Action.SEE,
}
V, T, A, D, G = Role
TABLE = {
    Action.SEE: {V, T, A, D, G},
    Action.SEE_RAW: {T, A},
    Action.SEE_SERVICE: {V, T, A},
    Action.RESPOND: {T, A, D, G},
    Action.CALL: {T, A, G},
    Action.WAKE: {T, A},
    Action.RUN: {T, A, D, G},
    Action.ATTEND: {T, A},
    Action.SET_LIMITS: {T, A, D, G},
    Action.SET_PROFILE: {T, A, G},
    Action.OVERRIDE: {A},
}
"""Written out once more, so that nobody is given a right in passing."""
ABOUT_SOMEBODY = [name for name, action in NEEDS.items() if action and "{" in name]
ABOUT_NOBODY = [name for name, action in NEEDS.items() if action and "{" not in name]


@pytest.fixture(scope="module")
def routes(tmp_path_factory) -> dict[str, object]:
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("routes")))
    app.state.station.stop()
    app.state.gate.close()
    return dict(walk(app))


def walk(app: FastAPI) -> Iterator[tuple[str, object]]:
    """Yield every route by its methods and path."""
    found = list(app.routes)
    while found:
        route = found.pop()
        if inner := getattr(route, "original_router", None):
            found += inner.routes
            continue
        path = route.path or "/"
        for method in getattr(route, "methods", None) or _kind(route):
            if method != "HEAD":
                yield f"{method} {path}", route


def _kind(route: object) -> list[str]:
    return ["GET"] if hasattr(route, "app") and not hasattr(route, "dependant") else ["WS"]


def asked(route: object) -> set[Action]:
    """Return what a route asks for by its dependencies."""
    dependant = getattr(route, "dependant", None)
    calls = [each.call for each in dependant.dependencies] if dependant else []
    return {call.action for call in calls if isinstance(call, Needs)}


def test_the_table_is_what_was_decided():
    assert {action: set(roles) for action, roles in MAY.items()} == TABLE
    assert set(MAY) == set(Action)
    assert set(SCOPED) == {D, G}


def test_every_route_is_in_the_table_and_asks_for_what_it_says(routes):
    assert sorted(set(routes) - set(NEEDS)) == [], "add these to NEEDS, and Needs(…) to the routes"
    for name, route in routes.items():
        expected = set() if NEEDS[name] is OPEN else {NEEDS[name]}
        assert asked(route) == expected, name


def test_nothing_stands_in_the_table_that_is_not_there(routes):
    assert sorted(set(NEEDS) - set(routes)) == []


def status(client, name: str, dreamer: str = OWN) -> int:
    method, path = name.split(" ", 1)
    alarm = quote(f"{dreamer}:OVERRUN::1", safe="")
    path = path.replace("{dreamer}", dreamer).replace("{alarm_id:path}", alarm)
    if method == "WS":
        return handshake(client, f"cursor=null&dreamer={dreamer}")
    body = {} if method in ("GET", "HEAD") else {"json": {"command_id": "c", "token": "x"}}
    return client.request(method, path, **body).status_code


def handshake(client, query: str) -> int:
    """Return the status of a handshake; 101 when it is let in."""
    url = f"{str(client.base_url).replace('http', 'ws', 1)}api/v1/events?{query}"
    header = client.headers.get("authorization")
    headers = {"Authorization": header} if header else {}
    try:
        with connect(url, proxy=None, additional_headers=headers, close_timeout=1):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


@pytest.mark.parametrize("role", Role)
def test_every_route_with_every_role(guarded, role):
    with guarded.client(guarded.tokens[role]) as client:
        for name in [*ABOUT_SOMEBODY, *ABOUT_NOBODY]:
            refused = status(client, name) == 403
            assert refused == (role not in TABLE[NEEDS[name]]), name


@pytest.mark.parametrize("role", sorted(SCOPED))
def test_who_is_tied_to_one_dreamer_may_do_nothing_with_another(guarded, role):
    with guarded.client(guarded.tokens[role]) as client:
        for name in [*ABOUT_SOMEBODY, "WS /api/v1/events"]:
            for dreamer in (OTHER, "bed-12"):
                assert status(client, name, dreamer) == 403, name


def test_without_a_token_nothing_is_done_and_no_path_is_told_from_another(guarded):
    with guarded.client() as client:
        for name in [*ABOUT_SOMEBODY, *ABOUT_NOBODY, "GET /api/v1/no-such-thing"]:
            assert status(client, name) == 401, name
            assert status(client, name, "bed-12") == 401, name


@pytest.mark.parametrize("name", [name for name, action in NEEDS.items() if action is OPEN])
def test_what_is_open_is_answered(guarded, name):
    with guarded.client() as client:
        assert status(client, name) in (200, 204, 422)


def test_the_bedside_page_does_not_tell_who_else_is_there(guarded):
    with guarded.client(guarded.tokens[Role.GUARDIAN]) as client:
        pages = [client.get(f"/bedside/{dreamer}") for dreamer in (OWN, OTHER, "bed-12")]
    assert [page.status_code for page in pages] == [200, 404, 404]
    assert pages[1].text == pages[2].text


def test_what_is_open_names_nobody(guarded):
    with guarded.client() as client:
        for name in [name for name, action in NEEDS.items() if action is OPEN]:
            method, path = name.split(" ", 1)
            if method == "GET":
                text = client.get(path.replace("{dreamer}", "x")).text
                assert OWN not in text.replace("bed-12", ""), name


@pytest.mark.parametrize("role", Role)
def test_lists_hold_whom_one_may_see(guarded, role):
    seen = {OWN} if role in SCOPED else {OWN, OTHER}
    with guarded.client(guarded.tokens[role]) as client:
        assert {each["dreamer"] for each in client.get("/api/v1/dreamers").json()} == seen
        page = client.get("/api/v1/events", params={"limit": 1000}).json()
        assert {each["dreamer"] for each in page["events"]} == seen
        assert set(page["cursor"]) == seen
        for alarm in client.get("/api/v1/alarms").json():
            assert alarm["dreamer"] in seen


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", [*TYPES, None])
def test_who_may_listen_to_each_type(guarded, role, kind):
    needed = Action.SEE_RAW if kind == "signal" else Action.SEE
    with guarded.client(guarded.tokens[role]) as client:
        found = handshake(client, f"cursor=null&types={kind}" if kind else "cursor=null")
        assert found == (101 if role in TABLE[needed] else 403)


@pytest.mark.parametrize("role", Role)
def test_only_who_may_attend_counts_as_technician(guarded, role):
    with guarded.client(guarded.tokens[role]) as client:
        found = handshake(client, "cursor=null&role=technician")
        assert found == (101 if role in TABLE[Action.ATTEND] else 403)


class Listener:
    """One connection of a role, told apart by what it hears."""

    def __init__(self, guarded, role: Role, types: str = "") -> None:
        headers = {"Authorization": f"Bearer {guarded.tokens[role]}"}
        url = f"{guarded.served.ws}?cursor=null{f'&types={types}' if types else ''}"
        self.socket = connect(url, proxy=None, additional_headers=headers, close_timeout=1)

    def until_beat_after(self, marker: str) -> list[dict]:
        """Return what is heard up to the second heartbeat after the marked message of `OWN`.

        A heartbeat keeps its place among the entries, telemetry comes after both.
        """
        heard: list[dict] = []
        beats = 0
        while beats < 2:
            heard.append(json.loads(self.socket.recv(timeout=10)))
            is_marked = any(marker in json.dumps(m) for m in heard)
            beats += is_marked and heard[-1]["type"] == "heartbeat"
        return heard


@pytest.mark.parametrize("role", Role)
def test_what_each_role_hears_of_every_message_there_is(guarded, role):
    """Each type is told of both dreamers; the marked one comes last."""
    hub = guarded.served.station.hub
    listener = Listener(guarded, role, ",".join(TYPES) if role in TABLE[Action.SEE_RAW] else "")
    with listener.socket:
        first = json.loads(listener.socket.recv(timeout=10))
        for dreamer in (OTHER, OWN):
            for kind in ("stage", "signal"):
                hub.tell(telemetry(kind, 0.0, {"session": "s"}, dreamer))
            hub._loop.call_soon_threadsafe(_offer, hub, [_entry(dreamer, k) for k in DURABLE_TYPES])
        heard = [first, *listener.until_beat_after("the marked one")]
    seen = {OWN} if role in SCOPED else {OWN, OTHER}
    types = (
        set(DURABLE_TYPES) | {"stage"} | ({"signal"} if role in TABLE[Action.SEE_RAW] else set())
    )
    about = {(m["dreamer"], m["type"]) for m in heard if "dreamer" in m}
    assert about == {(dreamer, kind) for dreamer in seen for kind in types}
    for message in heard:
        assert OTHER in seen or OTHER not in json.dumps(message)
    assert {m["type"] for m in heard if "dreamer" not in m} == {"snapshot", "heartbeat"}
    assert set(heard[-1]["data"]["coverage"]) == seen


def _offer(hub, entries: list[Entry]) -> None:
    """Deliver past the overview, which would remember what never was."""
    for client in hub._clients:
        for entry in entries:
            client.offer(entry)
    hub._ring_soon()


def _entry(dreamer: str, kind: str) -> Entry:
    return Entry(1, dreamer, 10**6, "id", kind, 0.0, '{"note": "the marked one"}')
