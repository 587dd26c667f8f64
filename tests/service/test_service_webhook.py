"""Alarms that nobody took on reach the outside, signed, once it can be reached."""

import hashlib
import hmac
import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from service_fakes import alarm
from service_server import eventually

from service.addresses import check_address
from service.entries import Entry, draft
from service.errors import OutsideError
from service.outside import send
from service.webhook import MAX_WAITING, Webhook, not_watched

KEY = "sixteen characters"


@pytest.fixture
def receiver():
    """A server that keeps what it gets and answers what `answers` says."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.got.append((dict(self.headers), body))
            self.send_response(self.server.answers.pop(0) if self.server.answers else 204)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.got, server.answers = [], []
        server.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def webhook(receiver):
    webhook = Webhook(receiver.url, KEY)
    yield webhook
    webhook.close()


def entry(level=2, state="ACTIVE_UNACK", alarm_id="bed-7:UNRESPONSIVE::1", version=3):
    event = replace(
        alarm(), escalation_level=level, state=state, alarm_id=alarm_id, version=version
    )
    made = draft(event, "night")
    return Entry(version, "bed-7", version, made.event_id, made.type, made.at, made.data)


def test_an_alarm_at_its_top_level_is_sent_and_signed(receiver, webhook):
    sent = entry()
    webhook.publish([sent])
    eventually(lambda: receiver.got)
    headers, body = receiver.got[0]
    assert json.loads(body) == sent.message
    assert headers["Dreamwatch-Event"] == sent.event_id
    signed = f"{headers['Dreamwatch-Timestamp']}.".encode() + body
    expected = hmac.new(KEY.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["Dreamwatch-Signature"] == f"sha256={expected}"


@pytest.mark.parametrize(("level", "state"), [(1, "ACTIVE_UNACK"), (2, "ACTIVE_ACK")])
def test_what_somebody_inside_sees_to_is_not_sent(receiver, webhook, level, state):
    webhook.publish([entry(level, state)])
    webhook.publish([entry(alarm_id="bed-7:SIGNAL_LOST::1")])
    eventually(lambda: receiver.got)
    assert [json.loads(b)["data"]["alarm_id"] for _, b in receiver.got] == ["bed-7:SIGNAL_LOST::1"]


def test_it_is_tried_again_until_it_is_taken_and_the_same_event_stays_the_same(receiver, webhook):
    receiver.answers = [503]
    sent = entry()
    webhook.publish([sent])
    eventually(lambda: len(receiver.got) == 1)
    eventually(lambda: "503" in webhook.trouble)
    eventually(lambda: len(receiver.got) == 2)
    assert {headers["Dreamwatch-Event"] for headers, _ in receiver.got} == {sent.event_id}
    eventually(lambda: webhook.trouble == "")


def test_the_newest_of_an_alarm_takes_the_place_of_an_older_one():
    refusing, posted = threading.Event(), []

    def post(_url, body, _headers):
        if not refusing.wait(5):
            raise AssertionError("never let go")
        posted.append(json.loads(body)["data"]["version"])

    webhook = Webhook("http://127.0.0.1:1/", KEY, post)
    webhook.publish([entry(version=1)])
    eventually(lambda: not webhook._waiting)
    webhook.publish([entry(version=2)])
    webhook.publish([entry(version=3)])
    refusing.set()
    eventually(lambda: posted == [1, 3])
    webhook.close()


def test_what_waits_is_bounded():
    going = threading.Event()
    webhook = Webhook("http://127.0.0.1:1/", KEY, lambda *_: going.wait(5))
    for number in range(MAX_WAITING + 50):
        webhook.put(str(number), "id", "{}")
    assert len(webhook._waiting) <= MAX_WAITING
    with webhook._changed:
        webhook._waiting.clear()
    going.set()
    webhook.close()


def test_a_message_says_whom_nobody_watches():
    message = json.loads(not_watched("bed-7", "2026-01-01T00:00:00.000+00:00", "it died"))
    assert (message["type"], message["dreamer"]) == ("not_watched", "bed-7")
    assert message["data"] == {"reason": "it died"}


def test_a_redirection_is_not_followed(receiver):
    receiver.answers = [302]
    with pytest.raises(OutsideError, match="answered 302"):
        send(receiver.url, b"{}")
    assert len(receiver.got) == 1


def test_an_address_that_is_not_there_is_told():
    with pytest.raises(OutsideError, match=r"127\.0\.0\.1 cannot be reached"):
        send("http://127.0.0.1:9/")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://example.org/", "use https"),
        ("ftp://example.org/", "no http or https"),
        ("file:///etc/passwd", "no http or https"),
        ("https://", "no http or https"),
    ],
)
def test_only_safe_addresses_are_taken(url, told):
    with pytest.raises(ValueError, match=told):
        check_address(url)
