"""Runners are told of attendance, policy and webhook, and the outside of runners that died."""

import json

import pytest

from monitor.domain.inputs import Health, SetPolicy
from service.caretaker import AGAIN_S, NOBODY, NOT_WATCHED_S, Caretaker
from service.errors import OutsideError
from service.watchdog import Watchdog


class FakeRunner:
    def __init__(self, live=True):
        self.live, self.failure = live, None
        self.heard, self.submitted = [], []
        self.hear, self.submit = self.heard.append, self.submitted.append

    def said(self, part):
        return [health.trouble for health in self.heard if health.part == part]


class FakeWebhook:
    def __init__(self):
        self.trouble, self.sent = "", []

    def put(self, key, event_id, text):
        self.sent.append((key, event_id, json.loads(text)))


@pytest.fixture
def bed():
    return FakeRunner()


@pytest.fixture
def webhook():
    return FakeWebhook()


def test_attendance_is_told_once_and_whenever_it_changes(bed):
    caretaker = Caretaker({"bed-7": bed}, None, None)
    for now, attended in enumerate([False, False, True, True, False]):
        caretaker.look(now, lambda _, attended=attended: attended)
    assert bed.said("attendance") == [NOBODY, "", NOBODY]


def test_nobody_need_attend_a_replay(bed):
    bed.live = False
    Caretaker({"bed-7": bed}, None, None).look(0, lambda _: False)
    assert bed.said("attendance") == []


def test_a_webhook_that_does_not_deliver_is_told(bed, webhook):
    caretaker = Caretaker({"bed-7": bed}, webhook, None)
    caretaker.look(0, lambda _: True)
    webhook.trouble = "example.org answered 503"
    caretaker.look(1, lambda _: True)
    assert bed.said("webhook") == ["", "example.org answered 503"]


def test_the_outside_is_told_of_a_dreamer_whom_nobody_watches_again_and_again(bed, webhook):
    caretaker = Caretaker({"bed-7": bed}, webhook, None)
    bed.failure = "it died"
    for now in range(round(NOT_WATCHED_S + 2 * AGAIN_S) + 1):
        caretaker.look(now, lambda _: True)
    assert [message["data"]["reason"] for *_, message in webhook.sent] == ["it died"] * 3
    assert len({event_id for _, event_id, _ in webhook.sent}) == 3
    assert {key for key, *_ in webhook.sent} == {"not_watched:bed-7"}


def test_a_short_failure_is_not_told_outside(bed, webhook):
    caretaker = Caretaker({"bed-7": bed}, webhook, None)
    for now in range(60):
        bed.failure = "a moment" if now % 10 else None
        caretaker.look(now, lambda _: True)
    assert webhook.sent == []


def test_a_changed_policy_is_followed_and_a_wrong_one_is_a_fault(bed, tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text("")
    caretaker = Caretaker({"bed-7": bed}, None, path)
    caretaker.look(0, lambda _: True)
    assert bed.submitted == []
    path.write_text("max_shelf_s = 60")
    caretaker.look(1, lambda _: True)
    caretaker.look(2, lambda _: True)
    (command,) = bed.submitted
    assert isinstance(command, SetPolicy)
    assert command.policy.max_shelf_s == 60
    assert command.differs == {"max_shelf_s": 60}
    path.write_text("max_shelf_s = 'for ever'")
    caretaker.look(3, lambda _: True)
    assert len(bed.submitted) == 1
    assert "stays as it was" in bed.said("policy")[-1]
    path.write_text("max_shelf_s = 61.5")
    caretaker.look(4, lambda _: True)
    assert bed.said("policy")[-1] == ""
    assert len(bed.submitted) == 2
    assert all(isinstance(item, Health) for item in bed.heard)


def test_a_sign_of_life_is_given_every_so_often(tmp_path):
    asked = []
    dog = Watchdog("https://example.org/ping", tmp_path / "alive", 60, asked.append)
    for now in range(100, 300):
        if dog.is_due(now):
            dog.sign(now)
    assert len(asked) == 4
    assert (tmp_path / "alive").exists()


def test_a_sign_that_does_not_arrive_is_logged_once_and_tried_again(caplog):
    def fails(_url):
        raise OutsideError("example.org cannot be reached")

    dog = Watchdog("https://example.org/ping", None, 60, fails)
    for now in (100, 160, 220):
        assert dog.is_due(now)
        dog.sign(now)
    assert len(caplog.records) == 1


def test_without_anybody_to_tell_no_sign_is_due():
    assert not Watchdog("", None, 60).is_due(1e9)
