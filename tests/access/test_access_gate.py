"""Who is let in, with clocks that the test moves: tickets, logins, and how often one may ask."""

import asyncio
from contextlib import ExitStack
from threading import Event, Thread
from types import SimpleNamespace

import pytest
from access_people import PEOPLE
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from service.access import buckets, tickets
from service.access import register as tables
from service.access.buckets import Buckets
from service.access.connections import Connections
from service.access.gate import ATTEMPTS, COMMANDS, COOKIE, CSRF_HEADER, LOGIN, Gate
from service.access.register import NOBODY, STRANGER, Badge, Register
from service.access.roles import ANONYMOUS, SCOPED, Role
from service.access.tickets import Tickets
from service.access.tokens import create_token
from service.errors import NotPermitted, NotSignedIn, SettingsError, TooMany
from service.settings import Settings
from tests.service.service_fakes import FakeClock

BADGE = Badge(PEOPLE[Role.VIEWER], token=1)
OTHER = Badge(PEOPLE[Role.ADMIN], token=2)
WAKE = "/api/v1/dreamers/bed-1/wake"


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def open_gate(tmp_path, clock):
    """Return what opens a gate with tokens for the roles: ``open_gate(*roles, **settings)``."""
    opened = []

    def open_one(*roles: Role, **settings: object) -> tuple[Gate, list[str]]:
        made = [str(create_token(tmp_path, PEOPLE[role], "tester", clock())) for role in roles]
        opened.append(Gate(Settings(data_dir=tmp_path, **settings), clock, clock))
        return opened[-1], made

    yield open_one
    for gate in opened:
        gate.close()


def connection(
    kind: str = "http", method: str = "POST", query: str = "", path: str = WAKE, **headers: str
):
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return HTTPConnection(
        {
            "type": kind,
            "method": method,
            "path": path,
            "headers": raw,
            "query_string": query.encode(),
            "client": ("192.0.2.7", 1),
        }
    )


def bearer(token: str, **more: str):
    return connection(authorization=f"Bearer {token}", **more)


def test_a_ticket_opens_one_connection_soon(clock):
    given_out = Tickets()
    first, second = (given_out.give(BADGE, clock()) for _ in range(2))
    assert given_out.take(first, clock()) == BADGE
    assert given_out.take(first, clock()) is None
    clock.now += tickets.HOLDS_S
    assert given_out.take(second, clock()) is None
    assert given_out.take("made up", clock()) is None
    assert tickets.HOLDS_S <= 60


def test_tickets_are_bounded_for_each_and_for_all(clock, monkeypatch):
    monkeypatch.setattr(tickets, "MOST", tickets.EACH + 1)
    given_out = Tickets()
    for _ in range(tickets.EACH):
        assert given_out.give(BADGE, clock())
    assert given_out.give(BADGE, clock()) is None
    assert given_out.give(OTHER, clock())
    assert given_out.give(OTHER, clock()) is None
    clock.now += tickets.HOLDS_S
    assert given_out.give(BADGE, clock())


def test_a_ticket_is_worth_what_its_token_is_when_it_is_used(open_gate, clock):
    gate, [token] = open_gate(Role.VIEWER)
    badge = gate.identify(bearer(token))
    ticket = gate.tickets.give(badge, clock())
    gate._register._tokens.clear()
    with pytest.raises(NotSignedIn):
        gate.identify(connection("websocket", query=f"ticket={ticket}"))


def test_a_cookie_opens_no_websocket(open_gate):
    gate, [token] = open_gate(Role.VIEWER)
    cookie, _, _ = asyncio.run(gate.log_in(connection(), token))
    shown = f"{COOKIE}={cookie}"
    assert gate.identify(connection(cookie=shown)).person == PEOPLE[Role.VIEWER]
    assert gate.identify(connection("websocket", cookie=shown)) is None


def test_a_login_lasts_as_long_as_the_settings_say(open_gate, clock):
    gate, [token] = open_gate(Role.VIEWER, login_hours=2)
    cookie, _, lasts_s = asyncio.run(gate.log_in(connection(), token))
    shown = connection(cookie=f"{COOKIE}={cookie}")
    assert lasts_s == 7200
    clock.now += lasts_s - 1
    badge = gate.identify(shown)
    assert gate.holds(badge)
    clock.now += 1
    assert gate.identify(shown) is None
    assert not gate.holds(badge)


def test_a_browser_has_to_show_that_our_page_asks_and_a_program_has_not(open_gate):
    gate, [token] = open_gate(Role.VIEWER)
    cookie, csrf, _ = asyncio.run(gate.log_in(connection(), token))
    shown = f"{COOKIE}={cookie}"
    badge = gate.identify(connection(cookie=shown))
    gate.admit(connection(method="GET", cookie=shown), badge)
    for wrong in ({}, {CSRF_HEADER: ""}, {CSRF_HEADER: csrf[:-1]}, {CSRF_HEADER: "ä"}):
        with pytest.raises(NotPermitted, match=CSRF_HEADER):
            gate.admit(connection(cookie=shown, **_lower(wrong)), badge)
    gate.admit(connection(cookie=shown, **_lower({CSRF_HEADER: csrf})), badge)
    gate.admit(bearer(token), gate.identify(bearer(token)))
    assert csrf not in cookie


def _lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@pytest.mark.parametrize(
    ("settings", "roles", "comes_in"),
    [
        ({}, (), True),
        ({}, (Role.VIEWER,), False),
        ({"anonymous": "always"}, (Role.VIEWER,), True),
        ({"anonymous": "never"}, (), False),
        ({"anonymous": "always", "proxy": "127.0.0.1"}, (Role.VIEWER,), False),
        ({"anonymous": "always", "allowed_hosts": ("x.lab",)}, (Role.VIEWER,), False),
    ],
)
def test_who_may_come_without_a_token(open_gate, settings, roles, comes_in):
    gate, _ = open_gate(*roles, **settings)
    badge = gate.identify(connection())
    assert badge == ((STRANGER if roles else NOBODY) if comes_in else None)
    assert gate.holds(NOBODY) == gate.holds(STRANGER) == comes_in
    assert (ANONYMOUS.role, ANONYMOUS.anonymous) == (Role.TECHNICIAN, True)


def test_without_a_token_nobody_signs_with_the_name_of_one():
    assert NOBODY.person.signs("ann") == "ann"
    assert STRANGER.person.signs("ann") == ANONYMOUS.name


@pytest.mark.parametrize(
    "settings", [{"host": "192.0.2.1", "proxy": "192.0.2.2"}, {"allowed_hosts": ("sleep.lab",)}]
)
def test_beyond_this_machine_nobody_listens_without_a_token(open_gate, settings):
    with pytest.raises(SettingsError, match="make a token: dreamwatch token create"):
        open_gate(**settings)
    open_gate(Role.TECHNICIAN, **settings)


@pytest.mark.parametrize("shown", ["Bearer x", "Bearer dreamwatch_1_x", "Basic YTpi", "Bearer"])
def test_what_is_no_token_is_refused_even_where_none_is_needed(open_gate, shown):
    gate, _ = open_gate()
    with pytest.raises(NotSignedIn):
        gate.identify(connection(authorization=shown))


def test_wrong_tokens_are_bounded_and_a_right_one_passes_all_the_same(open_gate, clock):
    gate, [token] = open_gate(Role.VIEWER)
    burst, rate = ATTEMPTS
    for _ in range(int(burst)):
        with pytest.raises(NotSignedIn):
            gate.identify(bearer("wrong"))
    with pytest.raises(TooMany) as too_many:
        asyncio.run(gate.log_in(connection(), "wrong"))
    assert too_many.value.wait_s == pytest.approx(1 / rate)
    assert gate.identify(bearer(token)).person == PEOPLE[Role.VIEWER]
    clock.now += 1 / rate
    with pytest.raises(NotSignedIn):
        gate.identify(bearer("wrong"))


def test_commands_are_bounded_for_each_person(open_gate, clock):
    gate, tokens = open_gate(Role.TECHNICIAN, Role.ADMIN)
    ann, bob = (gate.identify(bearer(token)) for token in tokens)
    for _ in range(int(COMMANDS[0])):
        gate.admit(connection(), ann)
    with pytest.raises(TooMany):
        gate.admit(connection(), ann)
    gate.admit(connection(), bob)
    gate.admit(connection(method="GET"), ann)
    gate.admit(connection("websocket"), ann)
    clock.now += 1 / COMMANDS[1]
    gate.admit(connection(), ann)


def test_who_signs_in_too_often_waits_and_holds_nobody_else_up(open_gate, clock):
    """Not even those at the same address: a flood of wrong tokens keeps no right one out."""
    gate, [ann, bob] = open_gate(Role.TECHNICIAN, Role.ADMIN)
    burst, rate = COMMANDS
    for _ in range(2 * int(burst)):
        gate.admit(connection(path=LOGIN), None)
    for _ in range(int(burst)):
        asyncio.run(gate.log_in(connection(path=LOGIN), ann))
    with pytest.raises(TooMany, match="too many commands"):
        asyncio.run(gate.log_in(connection(path=LOGIN), ann))
    asyncio.run(gate.log_in(connection(path=LOGIN), bob))
    clock.now += 1 / rate
    asyncio.run(gate.log_in(connection(path=LOGIN), ann))


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
def test_whom_a_proxy_passes_on_is_not_at_this_machine(open_gate, header):
    gate, _ = open_gate(anonymous="always")
    assert gate.identify(connection()) == NOBODY
    assert gate.identify(connection(**{header.lower(): "x"})) is None


@given(st.integers(1, 200), st.sampled_from([*PEOPLE.values(), ANONYMOUS]))
def test_the_last_tenth_of_the_places_is_for_those_who_can_help(most, person):
    here, taken = Connections(most, each=most), 0
    with ExitStack() as holding:
        while here.has_room(person):
            holding.enter_context(here.hold(Badge(person, token=taken)))
            taken += 1
        assert here.has_room(PEOPLE[Role.TECHNICIAN]) == (taken < most)
    helps = person.role in {Role.TECHNICIAN, Role.ADMIN}
    assert taken == (most if helps else most - most // 10)


@pytest.mark.parametrize("role", SCOPED)
def test_who_is_tied_to_one_dreamer_has_few_connections(role):
    here, badge = Connections(100, each=20), Badge(PEOPLE[role], token=1)
    with ExitStack() as holding:
        for _ in range(4):
            holding.enter_context(here.hold(badge))
        with pytest.raises(TooMany, match="has 4 connections"), here.hold(badge):
            pass


def test_of_two_refreshes_the_later_one_stands(tmp_path, monkeypatch):
    """Else a login is gone again because somebody began to read before it was there."""
    register = Register(tmp_path)
    reads, goes_on = Event(), Event()

    def slow(_connection):
        reads.set()
        goes_on.wait(10)
        return []

    monkeypatch.setattr(tables, "read_tokens", slow)
    earlier = Thread(target=register.refresh, args=(0.0,))
    earlier.start()
    reads.wait(10)
    monkeypatch.setattr(tables, "read_tokens", lambda _: [SimpleNamespace(number=7)])
    later = Thread(target=register.refresh, args=(0.0,))
    later.start()
    later.join(0.2)
    goes_on.set()
    earlier.join()
    later.join()
    assert not register.is_empty
    register.close()


def test_connections_are_bounded_for_each_token_and_end_with_it():
    here = Connections(10, each=2)
    with here.hold(BADGE) as first, here.hold(BADGE), here.hold(OTHER) as other:
        with pytest.raises(TooMany, match="2 connections"), here.hold(BADGE):
            pass
        with here.hold(NOBODY), here.hold(NOBODY), here.hold(NOBODY):
            assert len(here) == 6
        here.end_unless(lambda badge: badge == OTHER)
        assert first.is_set()
        assert not other.is_set()
    with here.hold(BADGE):
        assert len(here) == 1
    assert len(here) == 0


@given(
    st.floats(1, 20),
    st.floats(0.1, 10),
    st.lists(st.floats(0, 5), min_size=1, max_size=80),
)
def test_a_bucket_never_gives_more_than_its_burst_and_rate(burst, rate, waits):
    bucket, now, taken = Buckets(burst, rate), 0.0, 0
    for wait in waits:
        now += wait
        missing = bucket.take("x", now)
        taken += missing == 0
        assert taken <= burst + rate * now + 1e-6
        if missing:
            assert bucket.take("x", now) == pytest.approx(missing)


@given(st.floats(1, 20), st.floats(0.1, 10))
def test_who_comes_again_when_told_is_let_in(burst, rate):
    bucket = Buckets(burst, rate)
    while not (wait := bucket.take("x", 0.0)):
        pass
    assert bucket.take("x", wait + 1e-6) == 0


def test_the_idlest_bucket_makes_room(monkeypatch):
    monkeypatch.setattr(buckets, "MOST_KEYS", 2)
    few = Buckets(1, 1e-9)
    assert few.take("a", 0) == few.take("b", 0) == 0
    assert few.take("a", 0) > 0
    assert few.take("c", 0) == 0
    assert few.take("a", 0) > 0
    assert few.take("b", 0) == 0
