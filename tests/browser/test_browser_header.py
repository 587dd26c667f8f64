"""The head of the station: the first touch switches the sound on, and must still hit its button."""

import pytest

from tests.browser.ward import Bed, ward
from tests.service.service_server import eventually


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A ward of two beds."""
    with ward(tmp_path_factory.mktemp("data"), Bed("bed-1", 10), Bed("bed-2", 10)) as here:
        yield str(here.served.http.base_url)


@pytest.mark.parametrize("width", [360, 820, 1180, 1920])
def test_the_first_touch_moves_nothing_and_counts(address, page, width):
    me = {
        "name": "Ann",
        "role": "technician",
        "dreamer": None,
        "anonymous": False,
        "may": ["see", "attend", "wake"],
    }
    page.route("**/api/v1/me", lambda route: route.fulfill(json=me))
    page.set_viewport_size({"width": width, "height": 820})
    page.goto(address)
    page.locator("#sign-out").wait_for()
    button = page.locator(".tile[data-name=bed-1]").get_by_role("button", name="Wake now")
    button.hover()
    before = button.bounding_box()
    page.mouse.down()
    page.locator("#sound[data-state=on]", has_text="Sound on").wait_for()
    assert button.bounding_box() == before
    page.mouse.up()
    page.locator("#ask").get_by_role("button", name="Cancel").click()
    page.locator("#sound").click()
    page.locator("#sound[data-state=paused]").wait_for()
    eventually(lambda: button.bounding_box() == before, within_s=1)
    assert page.evaluate("document.documentElement.scrollWidth") == width
