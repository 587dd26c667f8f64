"""Tokens: shown once, kept as hashes, in force at once and no longer than they should be."""

import json
import re
import time
from hashlib import sha256

import pytest
from access_people import OWN, PEOPLE, closing, make
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner
from websockets.sync.client import connect

from monitor.domain.errors import DreamwatchError
from service.access.register import PERIOD_S, Register
from service.access.roles import Person, Role
from service.access.secret import Secret, hash_of
from service.access.tokens import (
    DAY_S,
    LOGINS_EACH,
    create_token,
    list_tokens,
    log_in,
    revoke_token,
)
from service.cli import app
from service.database import FILE
from service.errors import ServiceError
from service.retention import forget
from tests.service.service_server import eventually

ANN = Person("Ann", Role.TECHNICIAN)
NOW = 1_800_000_000.0


@pytest.fixture
def register(tmp_path):
    opened = Register(tmp_path)
    yield opened
    opened.close()


def known(register, text: str, now: float = NOW) -> Person | None:
    register.refresh(now)
    badge = register.by_token(text, now)
    return badge and badge.person


def test_a_token_says_who_holds_it(tmp_path, register):
    text = str(create_token(tmp_path, ANN, "tester", NOW))
    assert known(register, text) == ANN


def test_no_token_and_no_login_lies_anywhere_in_the_clear(tmp_path):
    token = create_token(tmp_path, ANN, "tester", NOW)
    login = log_in(tmp_path, token.number, NOW, NOW + 60)
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for secret in (token, login):
        assert secret.word.encode() not in kept
        assert sha256(secret.word.encode()).hexdigest().encode() in kept
        assert len(secret.word) >= 43  # 256 bits
        assert secret.word not in repr(secret)


@given(st.integers(0, 10**18 - 1), st.text("abcXYZ019-_", min_size=1, max_size=43))
def test_a_secret_is_read_as_it_was_written(number, word):
    secret = Secret(number, word)
    assert Secret.parse(str(secret)) == secret
    assert secret.matches(hash_of(word))


@given(st.text() | st.from_regex(r"dreamwatch_\w{0,30}_\w{0,200}", fullmatch=True))
def test_what_is_no_secret_is_no_error(text):
    found = Secret.parse(text)
    assert found is None or str(found) == text or found.number == int(text.split("_")[1])


@pytest.mark.parametrize("change", ["number", "word", "head"])
def test_another_token_is_nobodys(tmp_path, register, change):
    secret = create_token(tmp_path, ANN, "tester", NOW)
    other = create_token(tmp_path, Person("Bob", Role.ADMIN), "tester", NOW)
    text = {
        "number": str(Secret(other.number, secret.word)),
        "word": str(secret)[:-1] + ("A" if secret.word[-1] != "A" else "B"),
        "head": f"x{secret}",
    }[change]
    assert known(register, text) is None


def test_a_token_holds_until_it_expires_and_not_a_moment_longer(tmp_path, register):
    text = str(create_token(tmp_path, ANN, "tester", NOW, days=2))
    end = NOW + 2 * DAY_S
    assert known(register, text, end - 0.001) == ANN
    assert known(register, text, end) is None


def test_a_revoked_token_holds_no_longer_nor_its_logins(tmp_path, register):
    token = create_token(tmp_path, ANN, "tester", NOW)
    login = str(log_in(tmp_path, token.number, NOW, NOW + 60))
    register.refresh(NOW)
    badge = register.by_login(login, NOW)
    assert register.holds(badge, NOW)
    revoke_token(tmp_path, "Ann", "tester", NOW)
    assert known(register, str(token)) is None
    assert register.by_login(login, NOW) is None
    assert not register.holds(badge, NOW)
    assert not register.is_empty
    with pytest.raises(ServiceError, match="no token called 'Ann' that holds"):
        revoke_token(tmp_path, "Ann", "tester", NOW)


def test_a_login_is_over_with_its_time_and_the_oldest_goes_first(tmp_path, register):
    token = create_token(tmp_path, ANN, "tester", NOW)
    logins = [str(log_in(tmp_path, token.number, NOW, NOW + 60)) for _ in range(LOGINS_EACH + 1)]
    register.refresh(NOW)
    assert register.by_login(logins[0], NOW) is None
    assert register.by_login(logins[1], NOW).person == ANN
    assert register.by_login(logins[1], NOW + 60) is None
    assert register.by_token(logins[1], NOW) is None


def test_a_name_is_never_given_twice(tmp_path):
    create_token(tmp_path, ANN, "tester", NOW)
    revoke_token(tmp_path, "Ann", "tester", NOW)
    with pytest.raises(ServiceError, match="there is, or was, a token called 'Ann'"):
        create_token(tmp_path, ANN, "tester", NOW)


@pytest.mark.parametrize(
    ("person", "days", "message"),
    [
        (Person("", Role.VIEWER), None, "1 to 64 printable"),
        (Person("x" * 65, Role.VIEWER), None, "1 to 64 printable"),
        (Person("a\nb", Role.VIEWER), None, "1 to 64 printable"),
        (Person("anonymous", Role.ADMIN), None, "who has no token"),
        (Person("#1", Role.ADMIN), None, "does not begin with #"),
        (Person("Kid", Role.DREAMER), None, "needs --dreamer"),
        (Person("Ann", Role.TECHNICIAN, OWN), None, "has no --dreamer"),
        (Person("Kid", Role.DREAMER, "../bed"), None, "must be 1 to 64"),
        (Person("Ann", Role.VIEWER), 0, "more than 0 and at most 3650 days: 0"),
        (Person("Ann", Role.VIEWER), 3651, "at most 3650 days: 3651"),
        (Person("Ann", Role.VIEWER), float("nan"), "at most 3650 days: nan"),
    ],
)
def test_what_no_token_can_be_is_refused_and_leaves_nothing(tmp_path, person, days, message):
    with pytest.raises(DreamwatchError, match=message):
        create_token(tmp_path, person, "tester", NOW, days)
    assert not (tmp_path / FILE).exists()


def test_forgetting_a_dreamer_revokes_their_tokens_and_erases_whose_they_were(tmp_path):
    create_token(tmp_path, Person("Kid", Role.DREAMER, "Karl-Otto"), "tester", NOW)
    forget(tmp_path, "Karl-Otto", "tester", NOW)
    (token,) = list_tokens(tmp_path)
    assert (token.dreamer, token.state(NOW)) == ("", "revoked")
    assert b"Karl-Otto" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_the_command_makes_lists_and_revokes(tmp_path):
    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, ["token", *arguments, "--data-dir", str(tmp_path)])
        assert done.exit_code == 0, done.output
        return done.stdout

    text = run("create", "Ann", "--role", "technician", "--days", "7").strip()
    assert re.fullmatch(r"dreamwatch_1_[\w-]{43}", text)
    run("create", "Kid", "--role", "guardian", "--dreamer", OWN)
    listed = json.loads(run("list", "--json"))
    assert [(row["name"], row["role"], row["dreamer"], row["state"]) for row in listed] == [
        ("Ann", "technician", None, "holds"),
        ("Kid", "guardian", OWN, "holds"),
    ]
    assert "hash" not in listed[0]
    assert "Ann" in run("revoke", "Ann")
    assert json.loads(run("list", "--json"))[0]["state"] == "revoked"
    run("create", "[/x] admin", "--role", "viewer")
    assert "[/x] admin" in run("list")


def test_beside_a_running_service_tokens_hold_and_cease_within_seconds(guarded_here):
    """Nobody needs one at first; with the first token everybody does, whoever listens too."""
    running = guarded_here()
    with running.client() as anybody, connect(f"{running.served.ws}?cursor=null", proxy=None) as ws:
        assert anybody.get("/api/v1/me").json()["anonymous"] is True
        token = make(running.data_dir, PEOPLE[Role.VIEWER])
        began = time.monotonic()
        eventually(lambda: anybody.get("/api/v1/me").status_code == 401)
        assert closing(ws) == 4401
        assert time.monotonic() - began < 2 * PERIOD_S
    with running.client(token) as viewer:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{running.served.ws}?cursor=null"
        assert viewer.get("/api/v1/me").json()["role"] == "viewer"
        with connect(url, proxy=None, additional_headers=headers) as ws:
            revoke_token(running.data_dir, PEOPLE[Role.VIEWER].name, "tester", time.time())
            assert closing(ws) == 4401
        assert viewer.get("/api/v1/me").status_code == 401
