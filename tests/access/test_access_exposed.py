"""Beyond this machine: not without a token, not in the clear."""

import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from access_people import NIGHTS, OWN, PEOPLE, make
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from service import server
from service.access.gate import COOKIE, CSRF_COOKIE, CSRF_HEADER
from service.access.roles import Role
from service.app import create_app
from service.client import Commands, EventClient
from service.errors import SettingsError
from service.server import check_certificate
from service.settings import Settings
from tests.service.service_server import served

ENCRYPTED = {"X-Forwarded-Proto": "https"}
"""What a proxy says of who came to it by TLS."""


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    """Return a certificate for this machine, signed by itself, and its key."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("there is no openssl command to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subject = "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1,DNS:localhost"
    kind = "-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    command = f"{openssl} req {kind} {subject} -keyout {key} -out {cert}"
    subprocess.run(command.split(), check=True, capture_output=True)
    return cert, key


def test_over_tls_everything_works_and_nothing_is_told_in_the_clear(
    tmp_path, certificate, monkeypatch
):
    cert, key = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))  # whom clients trust
    trusted = ssl.create_default_context(cafile=cert)
    token = make(tmp_path, PEOPLE[Role.TECHNICIAN])
    with served(tmp_path, *NIGHTS, tls_cert=cert, tls_key=key) as running:
        page = str(running.http.base_url)
        assert page.startswith("https://")
        assert running.ws.startswith("wss://")
        with httpx.Client(base_url=page, verify=trusted, trust_env=False) as browser:
            answer = browser.post("/api/v1/login", json={"token": token})
            assert answer.headers["strict-transport-security"].startswith("max-age=")
            assert all("Secure" in line for line in answer.headers.get_list("set-cookie"))
            assert browser.get("/api/v1/me").json()["name"] == "a technician"
            browser.headers[CSRF_HEADER] = browser.cookies[f"__Host-{CSRF_COOKIE}"]
            ticket = browser.post("/api/v1/tickets", json={}).json()["ticket"]
            url = f"{running.ws}?cursor=null&ticket={ticket}"
            with connect(url, proxy=None, ssl=trusted) as stream:
                assert "snapshot" in stream.recv(timeout=20)
            assert f"__Host-{COOKIE}" in browser.cookies
            left = browser.post("/api/v1/logout", json={})
            assert all("Secure" in line for line in left.headers.get_list("set-cookie"))
            assert not browser.cookies
        first = next(EventClient(running.ws, [OWN], token=token).follow())
        assert first["type"] == "snapshot"
        done = Commands(page, token=token).wake(OWN)
        assert done.events[0].data.actor == "a technician"
        with pytest.raises(httpx.TransportError):
            httpx.get(page.replace("https", "http"), trust_env=False)


def test_a_certificate_that_is_none_is_told_before_anything_starts(tmp_path, certificate):
    (tmp_path / "no.pem").write_text("no certificate")
    cert, key = certificate
    for wrong in (
        {"tls_cert": tmp_path / "no.pem", "tls_key": key},
        {"tls_cert": cert, "tls_key": tmp_path / "missing.pem"},
        {"tls_cert": cert, "tls_key": cert},
    ):
        with pytest.raises(SettingsError, match=r"tls_cert .* cannot be used"):
            check_certificate(Settings(data_dir=tmp_path, **wrong))
    check_certificate(Settings(data_dir=tmp_path, tls_cert=cert, tls_key=key))


@pytest.mark.parametrize(
    "settings",
    [
        {"host": "192.0.2.1", "proxy": "192.0.2.2"},
        {"proxy": "127.0.0.1", "allowed_hosts": ("sleep.lab",)},
    ],
)
def test_nobody_can_reach_a_service_without_a_token(tmp_path, settings):
    with pytest.raises(SettingsError, match="dreamwatch token create"):
        create_app(Settings(data_dir=tmp_path, **settings))
    create_app(Settings(data_dir=tmp_path / "other")).state.station.stop()


def test_behind_a_proxy_the_service_goes_by_the_names_it_was_given(tmp_path):
    token = make(tmp_path, PEOPLE[Role.VIEWER])
    lab = {"Host": "sleep.lab", "Origin": "https://sleep.lab", **ENCRYPTED}
    given = {"proxy": "127.0.0.1", "allowed_hosts": ("sleep.lab",)}
    with served(tmp_path, **given, allowed_origins=("https://desk.lab",)) as running:
        for headers, status in (
            (lab, 204),
            (lab | {"Origin": "https://desk.lab"}, 204),
            (lab | {"Origin": "https://evil.example"}, 403),
            (lab | {"Host": "evil.example"}, 403),
            (lab | {"X-Forwarded-Proto": "http"}, 403),
        ):
            answer = running.http.post("/api/v1/login", json={"token": token}, headers=headers)
            assert answer.status_code == status, headers
        answer = running.http.post("/api/v1/login", json={"token": token}, headers=lab)
        assert all("Secure" in line for line in answer.headers.get_list("set-cookie"))
        assert "strict-transport-security" in answer.headers
        assert running.http.get("/api/v1/me", headers=ENCRYPTED).status_code == 401
        assert running.http.get("/healthz", headers=ENCRYPTED).json()["dreamers"] == {}


@pytest.mark.parametrize(
    ("proxy", "headers"),
    [
        ("127.0.0.1", {}),
        ("127.0.0.1", {"X-Forwarded-Proto": "http"}),
        ("192.0.2.2", {"X-Forwarded-Proto": "https"}),
    ],
)
def test_where_a_proxy_ends_tls_nothing_comes_in_the_clear(tmp_path, proxy, headers):
    """Nor from whom is no proxy, whatever it says."""
    token = make(tmp_path, PEOPLE[Role.TECHNICIAN])
    shown = headers | {"Authorization": f"Bearer {token}"}
    with served(tmp_path, proxy=proxy) as running:
        assert running.http.get("/api/v1/me", headers=shown).status_code == 403
        with pytest.raises(InvalidStatus, match="403"):
            connect(running.ws, proxy=None, additional_headers=shown)


def test_the_websocket_comes_by_the_proxy_too(tmp_path):
    token = make(tmp_path, PEOPLE[Role.TECHNICIAN])
    shown = ENCRYPTED | {"Authorization": f"Bearer {token}"}
    with (
        served(tmp_path, proxy="127.0.0.0/8,::1") as running,
        connect(f"{running.ws}?cursor=null", proxy=None, additional_headers=shown) as stream,
    ):
        assert "snapshot" in stream.recv(timeout=20)


def test_who_does_not_begin_with_tls_is_hung_up_on_and_who_listens_is_not(
    tmp_path, certificate, monkeypatch
):
    monkeypatch.setattr(server, "REQUEST_S", 0.5)
    cert, key = certificate
    trusted = ssl.create_default_context(cafile=cert)
    shown = {"Authorization": f"Bearer {make(tmp_path, PEOPLE[Role.TECHNICIAN])}"}
    with (
        served(tmp_path, tls_cert=cert, tls_key=key) as running,
        connect(running.ws, proxy=None, ssl=trusted, additional_headers=shown) as stream,
    ):
        url = running.http.base_url
        with socket.create_connection((url.host, url.port), timeout=20) as idle:
            assert idle.recv(1) == b""
        for _ in range(3):  # the first at once, then one a second
            assert stream.recv(timeout=20)


def test_who_is_refused_is_known_by_what_the_proxy_says(tmp_path):
    """Wrong tokens of one address behind the proxy hold up nobody of another."""
    make(tmp_path, PEOPLE[Role.VIEWER])
    began = time.monotonic()
    with served(tmp_path, proxy="127.0.0.1") as running:

        def guess(address: str) -> int:
            headers = ENCRYPTED | {"X-Forwarded-For": address, "Authorization": "Bearer guess"}
            return running.http.get("/api/v1/me", headers=headers).status_code

        found = [guess("198.51.100.1") for _ in range(8)]
        assert guess("198.51.100.2") == 401
    if time.monotonic() - began < 20:  # or a bucket has filled up meanwhile
        assert found[-1] == 429
