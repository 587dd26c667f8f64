"""Signing in: with a keyboard, for what was wanted, and out again when the token is revoked."""

import time

import pytest

from service.access.roles import Person, Role
from service.access.tokens import create_token, revoke_token

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


def test_when_the_token_is_revoked_the_page_asks_anew(guarded, page, troubles, tmp_path):
    home, token = guarded
    troubles.expect("401")
    page.goto(f"{home}login")
    page.fill("#token", token)
    page.keyboard.press("Enter")
    page.get_by_text("bed-1").first.wait_for()
    revoke_token(tmp_path / "data", "Ann", "tester", time.time())
    page.wait_for_url("**/login?next=*")


def test_it_leads_to_no_other_site(guarded, page):
    home, token = guarded
    page.goto(f"{home}login?next=//evil.example/")
    page.fill("#token", token)
    page.keyboard.press("Enter")
    page.wait_for_url(home)
