"""The frame of the browser tests itself: what it notices, and what it lets pass."""

import pytest

from tests.browser.conftest import unavailable


def test_an_error_on_the_console_and_a_failed_request_are_noticed(served_here, page, troubles):
    running = served_here()
    page.goto(f"{running.http.base_url}icon.svg")
    with page.expect_response("**/nowhere"):
        page.evaluate("console.error('ink'); fetch('/nowhere')")
    assert "console: ink" in troubles
    assert f"404: {running.http.base_url}nowhere" in troubles
    troubles.expect("ink", "404")


def test_a_thrown_error_is_noticed(page, troubles):
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw new Error('blot') })")
    assert [text for text in troubles if "blot" in text]
    troubles.expect("blot")


def test_violations_of_accessibility_are_found(page, axe):
    page.set_content("<html><body><img src='data:,'></body></html>")
    assert any(text.startswith("image-alt") for text in axe(page))


@pytest.mark.parametrize("required", [False, True])
def test_no_browser_is_a_skip_unless_required(required, monkeypatch):
    monkeypatch.setenv("REQUIRE_BROWSER", "1" if required else "0")
    outcome = pytest.fail.Exception if required else pytest.skip.Exception
    with pytest.raises(outcome, match="no ink"):
        unavailable("no ink")
