"""A request outside has an answer in its time or an error, and goes to no other address."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest
from service_server import eventually

from service import outside
from service.errors import OutsideError
from service.outside import send
from service.watchdog import Watchdog
from service.webhook import Webhook

DRIP_S = 0.02
HEAD = b"HTTP/1.1 200 OK\r\nX: "


@pytest.fixture
def receiver():
    """Return what serves each connection by a function of its socket, and tells its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/hook"
    threads = []

    def serve(answer):
        def accept():
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return
                with line:
                    line.settimeout(5)
                    answer(line)

        threads.append(threading.Thread(target=accept))
        threads[-1].start()
        return url

    yield serve
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    for thread in threads:
        thread.join(10)


def request_of(line):
    head = b""
    while b"\r\n\r\n" not in head:
        head += line.recv(65_536)
    return head


@contextmanager
def within(seconds):
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


@pytest.fixture
def drip(receiver):
    """Answer byte by byte for ever; `ended` is set when nobody listens any more."""
    ended = threading.Event()

    def answer(line):
        request_of(line)
        try:
            line.sendall(HEAD)
            while True:
                line.sendall(b"y")
                time.sleep(DRIP_S)
        except OSError:
            ended.set()

    return receiver(answer), ended


@pytest.fixture
def brief(monkeypatch):
    monkeypatch.setattr(outside, "TIMEOUT_S", 0.3)


@pytest.mark.usefixtures("brief")
def test_an_answer_that_comes_byte_by_byte_is_none(drip):
    url, ended = drip
    with (
        within(2),
        pytest.raises(OutsideError, match=r"127\.0\.0\.1 has not answered within 0\.3 s"),
    ):
        send(url, b"{}")
    assert ended.wait(2), "the connection stays open"


@pytest.mark.usefixtures("brief")
def test_the_beginning_of_an_answer_that_was_cut_off_is_no_answer(drip):
    with pytest.raises(TimeoutError):
        outside._OPENER.open(drip[0], timeout=1)


@pytest.mark.usefixtures("brief")
def test_an_address_that_says_nothing_is_not_waited_for(receiver):
    let = threading.Event()
    url = receiver(lambda _: let.wait(5))
    with within(2), pytest.raises(OutsideError, match="within"):
        send(url)
    let.set()


@pytest.mark.usefixtures("brief")
def test_a_slow_answer_that_comes_in_time_is_one(receiver):
    def answer(line):
        request_of(line)
        for byte in b"HTTP/1.1 204 No Content\r\n\r\n":
            line.sendall(bytes([byte]))
            time.sleep(0.002)

    send(receiver(answer))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_other_address_gets_what_was_for_one(receiver, status):
    paths = []

    def answer(line):
        paths.append(request_of(line).split()[1])
        line.sendall(f"HTTP/1.1 {status} X\r\nLocation: /other\r\n\r\n".encode())

    url = receiver(answer)
    with pytest.raises(OutsideError, match=f"answered {status}"):
        send(url, headers={"Dreamwatch-Signature": "sha256=0"})
    assert paths == [b"/hook"]


def test_an_address_that_is_not_there_is_told():
    with pytest.raises(OutsideError, match=r"127\.0\.0\.1 cannot be reached"):
        send("http://127.0.0.1:9/")


@pytest.mark.usefixtures("brief")
def test_a_webhook_that_answers_byte_by_byte_is_a_trouble_and_ends(drip):
    webhook = Webhook(drip[0], "sixteen characters")
    webhook.put("a", "A", "{}")
    eventually(lambda: "has not answered" in webhook.trouble)
    with within(2):
        webhook.close()


@pytest.mark.usefixtures("brief")
def test_a_watchdog_that_answers_byte_by_byte_is_told_and_ends(drip, caplog):
    with within(2):
        Watchdog(drip[0], None, 60).sign(0)
    assert "the sign of life does not arrive: 127.0.0.1 has not answered" in caplog.text
