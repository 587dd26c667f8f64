"""Nothing but this machine's own pages and programs gets in."""

import socket

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from service.guard import MAX_BODY

READS = "/api/v1/dreamers"
WAKE = "/api/v1/dreamers/nobody/wake"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "[::1",
        "[x]",
        "evil.example@localhost",
        "localhost/evil.example",
    ],
)
def test_a_foreign_host_is_refused_everywhere(service, host):
    for path in ("/", "/api/v1/dreamers", "/healthz"):
        assert service.http.get(path, headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1:99", "[::1]:8000"])
def test_loopback_names_pass(service, host):
    assert service.http.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:1", "http://[x"]
)
def test_a_foreign_origin_is_refused(service, origin):
    headers = {"Origin": origin}
    assert service.http.post(WAKE, json={}, headers=headers).status_code == 403
    with (
        pytest.raises(InvalidStatus, match="403"),
        connect(service.ws, origin=origin, proxy=None),
    ):
        pass


def test_our_own_origin_passes(service):
    headers = {"Origin": str(service.http.base_url).rstrip("/")}
    body = {"command_id": "c"}
    assert service.http.post(WAKE, json=body, headers=headers).status_code == 404


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_what_a_form_of_another_site_can_send_is_refused(service, kind):
    body = b'{"command_id":"c"}'
    answer = service.http.post(WAKE, content=body, headers={"Content-Type": kind})
    assert answer.status_code == 415


def test_bodies_are_bounded_before_they_are_read(service):
    answer = service.http.post(WAKE, json={"command_id": "x" * MAX_BODY})
    assert answer.status_code == 413
    endless = service.http.post(WAKE, content=iter([b"{"]))
    assert endless.status_code == 411


def test_a_length_beside_which_chunks_count_is_none(service):
    """RFC 9112, 6.3: Transfer-Encoding overrides Content-Length, so that there is no bound."""
    url = service.http.base_url
    head = f"POST {WAKE} HTTP/1.1\r\nHost: {url.netloc.decode()}\r\nContent-Length: 2\r\n"
    rest = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection((url.host, url.port), timeout=10) as connection:
        connection.sendall((head + rest).encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 411")


def test_no_page_of_another_site_asks_for_what_is_said_of_people(service):
    """A link from elsewhere leads to the page all the same."""
    foreign = {"Sec-Fetch-Site": "cross-site"}
    statuses = [service.http.get(p, headers=foreign).status_code for p in (READS, "/")]
    assert statuses == [403, 200]
    ours = {"Sec-Fetch-Site": "same-origin"}
    assert service.http.get(READS, headers=ours).status_code == 200


def test_no_browser_keeps_a_copy_of_what_is_said_of_people(service):
    stored = {path: service.http.get(path).headers["cache-control"] for path in ("/", READS)}
    assert stored == {"/": "no-cache", READS: "no-store"}


def test_every_answer_forbids_foreign_scripts(service):
    for path in ("/", "/api/v1/dreamers", "/nothing"):
        headers = service.http.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "microphone=(self)" in headers["permissions-policy"]
        assert "strict-transport-security" not in headers
        assert "server" not in headers
