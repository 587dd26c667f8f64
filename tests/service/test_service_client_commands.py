"""Commands: each has one id however often it is sent, and a refusal says why."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from service_server import eventually, served

from monitor.domain.inputs import Disposition, Responder
from service.client import Commands, RefusedError

DONE = {"command_id": "as sent", "repeated": False, "events": []}


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler]):
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def plain(status: int, answer: bytes = b"", **headers: str):
    """Something that is no service of ours; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    return listening(Handler)


@contextmanager
def answering(*answers: tuple[int, dict]):
    """A service that gives one answer after another; 0 hangs up. Yields address and requests."""
    asked: list[tuple[str, dict]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, {}))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = answers[min(len(asked), len(answers) - 1)]
            asked.append((self.path, body))
            if status:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            pass

    with listening(Handler) as url:
        yield url, asked


def commands(url: str) -> Commands:
    return Commands(url, actor="Ada", sleep=lambda _: None)


def test_what_is_not_answered_is_sent_again_under_the_same_id():
    unavailable = (503, {"error": "not_monitored", "detail": "nobody"})
    with answering((0, {}), unavailable, (200, DONE)) as (url, asked):
        assert commands(url).wake("bed-7").repeated is False
    assert [path for path, _ in asked] == ["/api/v1/dreamers/bed-7/wake"] * 3
    assert len({body["command_id"] for _, body in asked}) == 1
    assert asked[0][1]["actor"] == "Ada"


def test_two_commands_have_two_ids():
    with answering((200, DONE)) as (url, asked):
        commands(url).respond("bed-7", Responder.BUTTON)
        commands(url).respond("bed-7", Responder.BUTTON)
    assert len({body["command_id"] for _, body in asked}) == 2


def test_a_refusal_is_final_and_says_which_version_there_is():
    problem = {"error": "stale_version", "detail": "it changed", "current_version": 3}
    with answering((409, problem)) as (url, asked), pytest.raises(RefusedError, match="409") as no:
        commands(url).acknowledge("bed-7:UNRESPONSIVE::1", 2)
    assert no.value.problem["current_version"] == 3
    assert len(asked) == 1


def test_a_service_that_is_not_there_is_an_error_in_the_end():
    waits = []
    away = Commands("http://127.0.0.1:9/", sleep=waits.append)
    with pytest.raises(OSError, match="refused"):
        away.wake("bed-7")
    assert waits == sorted(waits)
    assert len(waits) == 5


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_token_does_not_follow_a_redirect(status):
    with answering((200, DONE)) as (elsewhere, asked), plain(status, Location=elsewhere) as url:
        with pytest.raises(RefusedError, match=f"{status}: the answer is no service's"):
            Commands(url, token="secret").wake("bed-7")  # noqa: S106
        assert asked == []


@pytest.mark.parametrize("answer", [b"", b"<h1>403</h1>", b"[]", b"\xff"])
def test_a_refusal_that_is_no_json_is_one_all_the_same(answer):
    with plain(403, answer) as url, pytest.raises(RefusedError, match="403: the answer"):
        commands(url).wake("bed-7")


def test_the_address_of_a_stream_is_no_page():
    with pytest.raises(ValueError, match="page"):
        Commands("ws://127.0.0.1:8000/api/v1/events")


@pytest.fixture
def alone(tmp_path):
    """A service of nobody else's, and its alarm, for others attend to those that are shared."""
    with served(tmp_path, "sim:?seed=1&hours=1&dreamer=bed-2") as service:

        def alarm() -> dict:
            alarms = service.http.get("/api/v1/alarms").json()
            return next((a for a in alarms if a["kind"] == "UNRESPONSIVE"), {})

        eventually(lambda: service.station.runners["bed-2"].watching)
        said = service.http.post("/api/v1/dreamers/bed-2/unresponsive", json={"command_id": "1"})
        said.raise_for_status()
        eventually(alarm)
        yield service, alarm


def test_every_command_reaches_the_real_service(alone):
    service, unresponsive = alone
    alarm, real = unresponsive(), commands(str(service.http.base_url))
    assert real.acknowledge(alarm["alarm_id"], alarm["version"]).events[0].data.actor == "Ada"
    with pytest.raises(RefusedError, match="409"):
        real.acknowledge(alarm["alarm_id"], alarm["version"])
    with pytest.raises(RefusedError, match="409"):
        real.shelve(alarm["alarm_id"], unresponsive()["version"], "noise", 60.0)
    with pytest.raises(RefusedError, match="409"):
        real.resolve(alarm["alarm_id"], alarm["version"] - 1, Disposition.FALSE_ALARM)
    with pytest.raises(RefusedError, match="404"):
        real.wake("bed-99")
