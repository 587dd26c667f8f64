"""Signing in: with a keyboard, for what was wanted, and out again when the token is revoked."""

import time

import pytest

from service.access.roles import Person, Role
from service.access.tokens import create_token, revoke_token
from tests.browser.bedside_script import LISTENING
from tests.service.service_server import eventually

NIGHT = "sim:?seed=2&hours=0.1&speed=0&dreamer=bed-1"


@pytest.fixture
def guarded(served_here, tmp_path):
    """A service with the token of a technician: its page, and the token."""
    ann = Person("Ann", Role.TECHNICIAN)
    token = create_token(tmp_path / "data", ann, "tester", time.time())
    return str(served_here(NIGHT).http.base_url), str(token)


def test_who_has_not_signed_in_is_asked_for_a_token_and_then_sees(guarded, page, troubles, axe):
    home, token = guarded
    troubles.expect("401")
    page.goto(f"{home}#wanted")
    page.wait_for_url("**/login?next=*")
    assert "NOT MONITORED" in page.inner_text("body")
    assert axe(page) == []
    page.keyboard.type("dreamwatch_1_wrong")
    page.keyboard.press("Enter")
    page.get_by_text("no such token").wait_for()
    page.keyboard.type(token)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{home}#wanted")
    page.get_by_text("bed-1").first.wait_for()
    assert token not in page.evaluate("document.cookie + JSON.stringify(localStorage)")


def test_when_the_token_is_revoked_the_station_stays_and_sounds_until_one_signs_in(
    guarded, page, troubles, axe, tmp_path
):
    home, token = guarded
    troubles.expect("401", "WebSocket")
    page.add_init_script(LISTENING)
    page.goto(f"{home}login")
    page.fill("#token", token)
    page.keyboard.press("Enter")
    page.locator("body:not(.lost) .tile[data-name=bed-1]").wait_for()
    page.locator("#sound").click()
    assert not page.get_by_role("button", name="Sign in again").is_visible()
    page.evaluate("tones.length = 0")
    revoke_token(tmp_path / "data", "Ann", "tester", time.time())
    banner = page.get_by_role("alert").filter(has_text="NOT MONITORED — you are signed out")
    banner.wait_for()
    eventually(lambda: page.evaluate("tones.length") == 3)  # medium: the connection is lost
    assert page.title().startswith("NOT MONITORED")
    assert page.url == home
    assert axe(page) == []
    banner.get_by_role("button", name="Sign in again").click()
    page.wait_for_url("**/login?next=*")


def test_it_leads_to_no_other_site(guarded, page):
    home, token = guarded
    page.goto(f"{home}login?next=//evil.example/")
    page.fill("#token", token)
    page.keyboard.press("Enter")
    page.wait_for_url(home)
