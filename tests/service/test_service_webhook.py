"""Alarms that nobody took on reach the outside, signed, once it can be reached."""

import hashlib
import hmac
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from service_fakes import alarm
from service_server import eventually

from monitor.domain.events import Priority
from service.addresses import check_address
from service.entries import Entry, draft
from service.errors import OutsideError
from service.webhook import CLOSE_S, MAX_WAITING, Webhook, _Message, not_watched

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


def entry(
    level=2,
    state="ACTIVE_UNACK",
    alarm_id="bed-7:UNRESPONSIVE::1",
    version=3,
    priority=Priority.HIGH,
):
    event = replace(
        alarm(alarm_id, version=version, state=state), escalation_level=level, priority=priority
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


class Post:
    """Takes what is posted once it is `let`, but for the events that it is to refuse."""

    def __init__(self, *refused):
        self.refused, self.tried = set(refused), []
        self.let = threading.Event()

    def __call__(self, _url, _body, headers):
        self.tried.append(headers["Dreamwatch-Event"])
        if not self.let.wait(5):
            raise AssertionError("never let go")
        if self.tried[-1] in self.refused:
            raise OutsideError(f"{self.tried[-1]} is refused")


@contextmanager
def hooked(post):
    webhook = Webhook("http://127.0.0.1:1/", KEY, post)
    try:
        yield webhook
    finally:
        post.let.set()
        webhook.close()


def test_the_newest_of_an_alarm_takes_the_place_of_an_older_one():
    post = Post()
    with hooked(post) as webhook:
        versions = [entry(version=version) for version in (1, 2, 3)]
        webhook.publish(versions[:1])
        eventually(lambda: post.tried)
        webhook.publish(versions[1:])
        post.let.set()
        eventually(lambda: len(post.tried) == 2)
    assert post.tried == [versions[0].event_id, versions[2].event_id]


def test_what_is_refused_holds_nothing_else_up_and_stays_a_trouble():
    post = Post("A")
    post.let.set()
    with hooked(post) as webhook:
        webhook.put("a", "A", "{}")
        eventually(lambda: webhook.trouble == "A is refused")
        webhook.put("b", "B", "{}")
        eventually(lambda: "B" in post.tried)
        eventually(lambda: post.tried.count("A") == 2)
        assert webhook.trouble == "A is refused"
        post.refused.clear()
        webhook.put("a", "A2", "{}")
        eventually(lambda: webhook.trouble == "")
    assert post.tried == ["A", "B", "A", "A2"]


def test_a_newer_message_of_what_is_refused_is_tried_at_once_and_trouble_stays():
    post = Post("A", "A2")
    post.let.set()
    with hooked(post) as webhook:
        webhook.put("a", "A", "{}")
        eventually(lambda: webhook.trouble)
        post.let.clear()
        webhook.put("a", "A2", "{}")
        eventually(lambda: post.tried[-1] == "A2", within_s=0.9)
        assert webhook.trouble == "A is refused"


def test_the_gravest_goes_first():
    post = Post()
    with hooked(post) as webhook:
        webhook.put("0", "first", "{}", Priority.LOW.rank)
        eventually(lambda: post.tried)
        low, high = (entry(alarm_id=f"bed-7:X:{p}:1", priority=p) for p in ("low", "high"))
        webhook.publish([low, high])
        post.let.set()
        eventually(lambda: len(post.tried) == 3)
    assert post.tried == ["first", high.event_id, low.event_id]


@pytest.mark.parametrize(
    ("state", "left"),
    [("ACTIVE_ACK", ""), ("RESOLVED", ""), ("SHELVED", ""), ("RTN_UNACK", " is refused")],
)
def test_what_is_taken_on_or_over_waits_no_more(state, left):
    sent = entry()
    post = Post(sent.event_id)
    post.let.set()
    with hooked(post) as webhook:
        webhook.publish([sent])
        eventually(lambda: webhook.trouble)
        webhook.publish([entry(state=state, version=4)])
        assert webhook.trouble == (left and sent.event_id + left)
        assert len(webhook._waiting) == bool(left)


def test_what_is_withdrawn_while_it_is_being_sent_is_not_tried_again():
    sent = entry()
    post = Post(sent.event_id)
    with hooked(post) as webhook:
        webhook.publish([sent])
        eventually(lambda: post.tried)
        webhook.publish([entry(state="RESOLVED", version=4)])
        post.let.set()
        webhook.put("b", "B", "{}")
        eventually(lambda: "B" in post.tried)
        assert webhook.trouble == ""


def test_the_wait_for_the_next_try_doubles_up_to_a_minute():
    message, now, waits = _Message("a", "A", "{}", 2, 0.0), 0.0, []
    for _ in range(9):
        message = message.put_off(now)
        waits.append(message.due - now)
        now = message.due
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_what_waits_is_bounded_and_the_least_grave_goes():
    post = Post()
    with hooked(post) as webhook:
        webhook.put("low", "low", "{}", Priority.LOW.rank)
        for number in range(MAX_WAITING):
            webhook.put(str(number), "id", "{}")
        assert webhook._waiting.keys() == {str(number) for number in range(MAX_WAITING)}
        webhook._waiting.clear()


def test_the_end_does_not_wait_for_an_answer_that_does_not_come():
    post = Post()
    with hooked(post) as webhook:
        webhook.put("a", "A", "{}")
        eventually(lambda: post.tried)
        begun = time.monotonic()
        webhook.close()
        assert time.monotonic() - begun < CLOSE_S + 0.5


def test_a_message_says_whom_nobody_watches():
    message = json.loads(not_watched("bed-7", "2026-01-01T00:00:00.000+00:00", "it died"))
    assert (message["type"], message["dreamer"]) == ("not_watched", "bed-7")
    assert message["data"] == {"reason": "it died"}


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
