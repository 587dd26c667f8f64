"""The bedside page beside a real service: the cue, the answer, and when nobody watches."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from service.access.roles import Role
from service.access.tokens import revoke_token
from tests.access.access_people import PEOPLE, make
from tests.browser.bedside_script import SILENT, SOUNDING, until
from tests.service.service_server import Served, eventually, served

SLEEPER = "sim:?scenario=unresponsive&hours=24&speed=20&seed={0}&dreamer=bed-{0}"


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Iterator[Served]:
    """Three beds whose dreamers answer no cue by themselves, twenty times as fast as life."""
    with served(tmp_path_factory.mktemp("data"), *map(SLEEPER.format, (1, 2, 3))) as running:
        eventually(lambda: set(running.station.coverage().values()) == {"MONITORED"})
        yield running


@pytest.fixture
def bed(service, bedside) -> Callable[..., None]:
    return partial(bedside, service)


def start_waking(service: Served, bed: str) -> None:
    body = {"command_id": f"wake-{bed}"}
    service.http.post(f"/api/v1/dreamers/{bed}/wake", json=body).raise_for_status()


def entries(service: Served, cursor: dict[str, int], kind: str) -> list[dict]:
    """Return what the log says after a cursor."""
    given = {"limit": 1000, "cursor": json.dumps(cursor)}
    events = service.http.get("/api/v1/events", params=given).json()["events"]
    return [event["data"] for event in events if event["type"] == kind]


def steps(service: Served, cursor: dict[str, int]) -> list[str]:
    return [data["step"] for data in entries(service, cursor, "wake")]


def test_the_cue_sounds_and_the_button_ends_the_wake_protocol(service, page, bed):
    bed("bed-1")
    cursor = dict(service.station.hub.overview.heads)
    start_waking(service, "bed-1")
    until(page, SOUNDING)
    assert page.evaluate("tones[0].type") == "square"
    assert page.evaluate("tones[0].hz") == 520
    page.get_by_role("button", name="I am awake").click()
    page.get_by_role("heading", name="Well done").wait_for()
    until(page, SILENT)
    assert "RESPONDED" in steps(service, cursor)


def test_an_answer_that_gets_lost_is_sent_again_and_counts_once(service, page, bed, troubles):
    troubles.expect("respond", "ERR_FAILED")
    sent = []

    def lose(route):
        sent.append(json.loads(route.request.post_data))
        if len(sent) == 1:
            route.abort()
        elif len(sent) == 2:
            route.fetch()  # the service gets it, its answer gets lost
            route.abort()
        else:
            route.continue_()

    page.route("**/respond", lose)
    bed("bed-3")
    cursor = dict(service.station.hub.overview.heads)
    start_waking(service, "bed-3")
    page.get_by_role("heading", name="Wake up").wait_for()
    page.get_by_role("button", name="I am awake").click()
    page.get_by_text("Not sent yet. Trying again: no connection").wait_for()
    page.get_by_role("button", name="I am awake").click()  # says nothing new meanwhile
    page.get_by_text("The service has heard you.").wait_for()
    assert len(sent) == 3
    assert {body["by"] for body in sent} == {"button"}
    assert len({body["command_id"] for body in sent}) == 1
    carried_out = entries(service, cursor, "command")
    answers = [command for command in carried_out if command["command"] == "respond"]
    assert [command["command_id"] for command in answers] == [sent[0]["command_id"]]


def test_the_keyboard_is_enough(service, page, bed):
    bed("bed-2", ready=False)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "ready"
    page.keyboard.press("Tab")
    page.keyboard.type("Bo")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-scene=night]")
    cursor = dict(service.station.hub.overview.heads)
    start_waking(service, "bed-2")
    page.get_by_role("heading", name="Bo").wait_for()
    page.keyboard.press("Enter")
    eventually(lambda: "RESPONDED" in steps(service, cursor), 5)


def test_a_dreamer_signs_in_and_the_page_stays_when_the_token_ends(
    served_here, page, troubles, tmp_path
):
    troubles.expect("401", "WebSocket")
    token = make(tmp_path / "data", PEOPLE[Role.DREAMER])
    running = served_here(SLEEPER.format(1))
    page.goto(f"{running.http.base_url}bedside/bed-1")
    page.wait_for_url("**/login*")
    page.get_by_label("Your token").fill(token)
    page.keyboard.press("Enter")
    page.wait_for_url("**/bedside/bed-1")
    page.get_by_role("button", name="Ready for the night").click()
    page.wait_for_selector("[data-scene=night][data-coverage=MONITORED]")
    revoke_token(tmp_path / "data", PEOPLE[Role.DREAMER].name, "tester", time.time())
    page.get_by_text("NOT MONITORED").wait_for()
    page.get_by_text("you are signed out").wait_for()
    page.get_by_role("button", name="I am awake").click()
    page.get_by_text("Not taken: sign in at /login").wait_for()
    assert page.locator("[data-scene=night]").count() == 1
    page.get_by_role("button", name="Sign in again").click()
    page.wait_for_url("**/login?next=%2Fbedside%2Fbed-1")


def test_not_monitored_shows_within_five_seconds(served_apart, page, troubles):
    program, address = served_apart(SLEEPER.format(1))
    troubles.expect("WebSocket", "ERR_CONNECTION_REFUSED")
    page.goto(f"{address}bedside/bed-1")
    monitored = page.locator("[data-coverage=MONITORED]")
    nobody = page.locator("[data-coverage=NOT_MONITORED]")
    monitored.wait_for(timeout=20_000)
    program.process.send_signal(signal.SIGSTOP)
    nobody.wait_for(timeout=5_600)  # the last heartbeat, five seconds, half a second's tick
    page.get_by_text("no word from the service").wait_for()
    program.process.send_signal(signal.SIGCONT)
    monitored.wait_for(timeout=20_000)
    program.kill()
    nobody.wait_for(timeout=5_000)


def test_an_unknown_dreamer_has_no_page(service, page, axe, troubles):
    troubles.expect("404")
    answer = page.goto(f"{service.http.base_url}bedside/nobody")
    assert answer.status == 404
    page.get_by_role("heading", name="Nobody of this name").wait_for()
    assert axe(page) == []
