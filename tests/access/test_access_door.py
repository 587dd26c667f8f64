"""Strangers who connect and say nothing lock nobody out."""

import resource
import socket
import time
from collections import Counter
from contextlib import ExitStack
from ipaddress import ip_network

import pytest
from access_people import PEOPLE, Guarded, make
from hypothesis import given
from hypothesis import strategies as st
from websockets.sync.client import connect

from service import server
from service.access.roles import Role
from service.door import Bounds
from service.settings import Settings
from tests.service.service_server import served

PROXY = ip_network("192.0.2.0/28")
BEHIND = ["127.0.0.1", "127.8.0.1", "::1", "192.0.2.2"]
"""Who stands for many: this machine, and a proxy."""
BOUNDS = Bounds(40, (PROXY,))


def come(bounds: Bounds, hosts: list[str]) -> Counter[str]:
    """Return how many connections of each host have come in."""
    places, inside = Counter(), Counter()
    for host in hosts:
        whose = bounds.whose(host)
        if bounds.have_room(places, whose):
            places[whose] += 1
            inside[host] += 1
    return inside


@given(st.lists(st.sampled_from(["198.51.100.1", "198.51.100.2", "2001:db8::1", *BEHIND])))
def test_one_address_takes_a_quarter_of_the_places_at_most(hosts):
    inside = come(BOUNDS, hosts)
    assert inside.total() <= 40
    assert all(n <= 10 for host, n in inside.items() if host not in BEHIND)
    if len(hosts) <= 40:
        assert all(inside[host] == hosts.count(host) for host in BEHIND)


def test_this_machine_and_the_proxy_may_fill_all_places():
    assert all(come(BOUNDS, [host] * 50)[host] == 40 for host in BEHIND)
    assert come(BOUNDS, ["198.51.100.1"] * 50).total() == 10
    assert come(Bounds(1), ["198.51.100.1"] * 2).total() == 1


def test_addresses_of_one_network_of_ipv6_are_one_subscriber():
    near = [f"2001:db8::{i:x}" for i in range(50)]
    far = [f"2001:db8:0:{i:x}::1" for i in range(50)]
    assert come(BOUNDS, near).total() == 10
    assert come(BOUNDS, far).total() == 40
    assert BOUNDS.whose("fe80::1%lo") == "fe80::/64"


def test_who_leaves_makes_room_once():
    with server.listen("127.0.0.1", 0, Bounds(2)) as door, ExitStack() as coming:

        def knock() -> socket.socket:
            return coming.enter_context(socket.create_connection(door.getsockname(), timeout=10))

        def let_in() -> socket.socket:
            knock()
            return coming.enter_context(door.accept()[0])

        first, _ = let_in(), let_in()
        for _ in range(2):
            refused = knock()
            with pytest.raises(ConnectionAbortedError):
                door.accept()
            assert refused.recv(1) == b""
            if first.fileno() >= 0:
                first.close()
                first.close()
                let_in()


def test_there_is_room_for_the_log_beside_all_connections(tmp_path, monkeypatch):
    limits = [(1024, 4096)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, limit: limits.append(limit))
    settings = Settings(data_dir=tmp_path, max_clients=600, proxy="192.0.2.0/28")
    assert server.bounds_of(settings) == Bounds(512, (PROXY,))
    server.allow_files()
    assert limits[-1] == (4096, 4096)
    assert server.bounds_of(settings) == Bounds(700, (PROXY,))


@pytest.fixture
def hasty(tmp_path, monkeypatch):
    """A service with 101 places that does not wait long."""
    monkeypatch.setattr(server, "REQUEST_S", 1.0)
    token = make(tmp_path, PEOPLE[Role.TECHNICIAN])
    with served(tmp_path, max_clients=1) as running:
        yield Guarded(running, tmp_path, {Role.TECHNICIAN: token})


def stranger(running: Guarded, said: bytes = b"") -> socket.socket:
    url = running.served.http.base_url
    made = socket.create_connection((url.host, url.port), timeout=10)
    made.sendall(said)
    return made


def test_who_is_in_is_not_hurt_by_a_crowd_of_strangers_and_the_crowd_goes(hasty):
    token = hasty.tokens[Role.TECHNICIAN]
    shown = {"Authorization": f"Bearer {token}"}
    with hasty.client(token) as technician, ExitStack() as crowd:
        assert technician.get("/api/v1/me").status_code == 200
        url = f"{hasty.served.ws}?cursor=null"
        stream = crowd.enter_context(connect(url, proxy=None, additional_headers=shown))
        began = time.monotonic()
        idle = [crowd.enter_context(stranger(hasty)) for _ in range(150)]
        assert technician.get("/api/v1/me").status_code == 200
        assert [each.recv(1) for each in idle] == [b""] * 150
        assert time.monotonic() - began >= server.REQUEST_S
        while time.monotonic() - began < 2.5 * server.REQUEST_S:
            stream.recv(timeout=10)
        with hasty.client(token) as another:
            assert another.get("/api/v1/me").status_code == 200


GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\n"
JSON = b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "said",
    [GET, GET + b"\r\n" + GET, POST + JSON, POST + CHUNKED],
    ids=["head", "second head", "body", "endless body"],
)
def test_who_says_half_of_it_or_goes_on_and_on_is_hung_up_on(hasty, said):
    with stranger(hasty, said) as slow:
        until = time.monotonic() + 20
        while heard(slow):
            assert time.monotonic() < until
            time.sleep(0.2)


def heard(slow: socket.socket) -> bool:
    """Send one byte more; return whether the service still listens."""
    try:
        slow.sendall(b"1")
        slow.settimeout(0.01)
        return bool(slow.recv(4096))
    except TimeoutError:
        return True
    except OSError:
        return False


def test_a_slow_answer_is_waited_for(hasty, monkeypatch):
    def slowly(_: str) -> None:
        time.sleep(1.5)

    monkeypatch.setattr(hasty.served.station, "version_of", slowly)
    with hasty.client(hasty.tokens[Role.TECHNICIAN]) as technician:
        body = {"command_id": "c", "expected_version": 1}
        answer = technician.post("/api/v1/alarms/bed-1:x/ack", json=body)
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_alarm")
    assert answer.elapsed.total_seconds() > server.REQUEST_S
