"""What the station and a dreamer's view say: the gravest first, nothing that is not so."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from monitor.domain.events import (
    CommandDone,
    Reason,
    SessionChanged,
    UsageCounted,
    WakeStep,
)
from tests.browser.ward import NOW, Bed, Ward, alarm, ward
from tests.service.service_server import eventually

NOTE = "Called Dr. Smith_Jones, gave O2 3 l/min; NOT breathing well"
TAKEN_ON = {"state": "ACTIVE_ACK", "acked_by": "Ann", "acked_at": NOW}
MANY_USES = [
    UsageCounted(NOW, "bed-1", minute, minute, 0.0, 0.0, 0.0) for minute in map(float, range(2_500))
]

UNTIL = "2027-01-15T10:23:21.000Z"
TOO_SOON = {"code": "x", "text": "Too soon.", "limit": None, "value": 1, "bound": 2, "until": UNTIL}
DAY = {"sleep_min": 400.0, "rem_min": 90.0, "unscored_min": 5.0, "session_min": 480, "sessions": 1}
ACCOUNT = {
    "level": 0, "breaches": [], "checks": {}, "limits": {}, "override": None,
    "sleep_24h_min": 400.0, "rem_24h_min": 90.0,
    "admission": {"allowed": False, "reasons": [TOO_SOON], "until": UNTIL},
    "days": [DAY | {"date": f"2027-01-{day:02}"} for day in range(2, 16)],
}  # fmt: skip
"""What of an account the page shows; a ward keeps none."""


@pytest.fixture
def open_ward(tmp_path, troubles) -> Iterator[Callable[..., Ward]]:  # noqa: ARG001
    with ExitStack() as opened:
        yield lambda *beds: opened.enter_context(ward(tmp_path, *beds))


@pytest.fixture
def visit(page) -> Callable[..., None]:
    """Return what opens the station or a dreamer's view, ``visit(ward, "bed-1")``."""

    def go(here: Ward, dreamer: str = "", on=page) -> None:
        on.route("**/usage", lambda route: route.fulfill(json=ACCOUNT))
        on.goto(f"{here.served.http.base_url}{dreamer and f'#/dreamers/{dreamer}'}")
        on.wait_for_selector("body:not(.lost) .tile", state="attached")

    return go


def is_a(page, role: str, may: list[str], dreamer: str | None = None) -> None:
    """Let the service say so of whoever sits there."""
    person = {"name": "Vera", "role": role, "dreamer": dreamer, "anonymous": False, "may": may}
    page.route("**/api/v1/me", lambda route: route.fulfill(json=person))


def ended(bed: str) -> SessionChanged:
    return SessionChanged(NOW, bed, "ended", 100.0, ("C3-M2", "O1-M2"), 28_800.0, "adult", 0)


def waking(step: str, seconds: float) -> WakeStep:
    return WakeStep(NOW, step, 1, 3, None, NOW + seconds, Reason("ward", "as the ward says"))


def test_who_does_not_respond_comes_before_all_else(open_ward, page, visit):
    hard = replace(alarm("bed-1", kind="HARD_TO_WAKE"), raised_at=NOW - 400)
    lost = replace(alarm("bed-2", kind="SIGNAL_LOST"), raised_at=NOW - 300)
    here = open_ward(
        Bed("bed-1", 10, events=[hard, alarm("bed-1")]),
        Bed("bed-2", 10, events=[lost]),
        Bed("bed-3", 10, events=[replace(alarm("bed-3"), **TAKEN_ON)]),
    )
    visit(here)
    strip = page.locator(".tile[data-name=bed-1] .strip")
    assert re.sub(r"\s+", " ", strip.inner_text()) == "▲ HIGH Unresponsive + 1"
    names = page.locator("#alarms .alarm .what b").all_inner_texts()
    assert names == ["Unresponsive", "Unresponsive", "Hard to wake", "Signal lost"]
    tiles = page.locator(".tile").evaluate_all("tiles => tiles.map(tile => tile.dataset.name)")
    assert tiles == ["bed-1", "bed-3", "bed-2"]
    told = [found["alarm_id"] for found in here.served.http.get("/api/v1/alarms").json()]
    assert [told_id.rpartition("::")[0] for told_id in told] == [
        "bed-1:UNRESPONSIVE", "bed-3:UNRESPONSIVE", "bed-1:HARD_TO_WAKE", "bed-2:SIGNAL_LOST",
    ]  # fmt: skip
    page.keyboard.press("a")
    page.get_by_role("heading", name="Acknowledge Unresponsive, bed-1?").wait_for()


def test_a_tile_still_calls_while_a_lesser_alarm_is_taken_on_by_nobody(open_ward, page, visit):
    taken = replace(alarm("bed-1"), **TAKEN_ON)
    here = open_ward(Bed("bed-1", 10, events=[taken, alarm("bed-1", kind="HARD_TO_WAKE")]))
    visit(here)
    tile = page.locator(".tile[data-name=bed-1]")
    assert tile.locator(".strip b").inner_text() == "Unresponsive"
    assert tile.get_attribute("data-taken") == "false"


def test_who_may_not_see_the_signal_is_told_so_and_asks_for_none(open_ward, page, visit):
    asked = []
    page.on("websocket", lambda socket: asked.append(socket.url))
    is_a(page, "viewer", ["see"])
    here = open_ward(Bed("bed-1", 10))
    visit(here, "bed-1")
    page.get_by_text("Your role, viewer, may not see the signal.").wait_for()
    here.tell_live(here.beds["bed-1"])
    page.locator(".channels", has_text="C3-M2").wait_for()  # how good its channels are is no secret
    assert not page.locator("canvas.traces").is_visible()
    assert len(asked) == 1
    assert "signal" not in asked[0]


def test_a_view_of_nobody_says_so_and_offers_nothing(open_ward, page, visit, axe):
    here = open_ward(Bed("bed-1", 10))
    visit(here, "bed-99")
    page.get_by_text("Nobody called bed-99 is or was monitored.").wait_for()
    assert page.locator("#dreamer button:visible").count() == 0
    assert page.locator("#dreamer a:visible").all_inner_texts() == ["← All dreamers"]
    assert axe(page) == []
    here.tell(Bed("bed-99", 10), *Bed("bed-99", 10).begin())
    page.locator("#dreamer").get_by_role("button", name="Wake now").wait_for()
    assert not page.get_by_text("Nobody called").is_visible()


def test_whoever_may_see_one_dreamer_only_is_not_told_that_there_is_nobody_else(
    open_ward, page, visit
):
    is_a(page, "dreamer", ["see"], "bed-1")
    visit(open_ward(Bed("bed-1", 10)), "bed-2")
    page.get_by_text("You may see bed-1 only.").wait_for()


@pytest.mark.parametrize("where", [".tile", ".view"])
def test_after_the_end_nothing_counts_down_but_who_sleeps_can_be_woken(
    open_ward, page, visit, where
):
    here = open_ward(Bed("bed-1", 10, events=[waking("WOKEN", 300), ended("bed-1")]))
    visit(here, "bed-1" if where == ".view" else "")
    page.locator(where).get_by_text("MONITORED", exact=True).wait_for()
    assert not page.locator(where).locator(".wake").is_visible()
    assert page.locator(where).get_by_role("button", name="Wake now").is_visible()


def test_a_wake_that_is_under_way_is_shown_after_the_end_too(open_ward, page, visit):
    here = open_ward(Bed("bed-1", 10, events=[waking("LISTEN", 300), ended("bed-1")]))
    visit(here)
    here.tell_live(here.beds["bed-1"])
    page.locator(".tile .left", has_text=re.compile(r"^[45]:\d\d$")).wait_for()
    page.locator(".tile").get_by_role("button", name="Answered").wait_for()


def test_the_log_leaves_what_a_person_wrote_as_it_is_and_puts_codes_into_words(
    open_ward, page, visit
):
    finding = {"alarm_id": "bed-1:X::1", "disposition": "medical_help_called", "note": NOTE}
    aside = {"alarm_id": "bed-1:X::1", "reason": "Dr. X_Y knows", "duration_s": 900.0}
    here = open_ward(
        Bed("bed-1", 10, events=[
            CommandDone(NOW, "1", "resolve", "Ann", finding),
            CommandDone(NOW, "2", "shelve", "Ann", aside),
            CommandDone(NOW, "3", "respond", "Ann", {"by": "technician", "counted": True}),
        ])
    )  # fmt: skip
    visit(here, "bed-1")
    page.locator(".log td", has_text="Session started").wait_for()
    said = page.locator(".log td:nth-child(3)").all_inner_texts()
    assert f"Ann: resolve – medical help called, {NOTE}" in said
    assert "Ann: shelve – Dr. X_Y knows" in said
    assert "Ann: respond – technician" in said


def test_the_log_goes_back_until_there_is_something_to_read(open_ward, page, visit):
    visit(open_ward(Bed("bed-1", 900)), "bed-1")
    page.locator(".log td", has_text="Session started").wait_for()
    assert not page.get_by_role("button", name="Older entries").is_visible()


def test_the_log_asks_for_no_more_than_ten_pages_at_a_time(open_ward, page, visit):
    asked = []
    page.on("request", lambda request: "/v1/events?" in request.url and asked.append(request.url))
    visit(open_ward(Bed("bed-1", 10, events=MANY_USES)), "bed-1")
    older = page.get_by_role("button", name="Older entries")
    eventually(lambda: older.is_enabled() and len(asked) == 10)
    assert page.locator(".log tbody td").count() == 0
    older.click()
    page.locator(".log td", has_text="Session started").wait_for()
    assert len(asked) == 13


def test_times_of_another_day_carry_its_date(open_ward, new_context, visit):
    page = new_context(timezone_id="America/New_York").new_page()
    then = "14 Jan 22:12"
    visit(open_ward(Bed("bed-1", 10, events=[alarm("bed-1")])), "bed-1", on=page)
    page.locator(".log td", has_text=f"{then}:00").first.wait_for()
    page.locator(".alarm .time", has_text=then[:-1]).wait_for()  # 40 s before
    page.locator(".view .session", has_text=f"began {then[:6]} ").wait_for()
    said = page.evaluate("import('/words.js').then(({ clockTime }) => clockTime(Date.now()))")
    assert re.fullmatch(r"\d\d:\d\d", said)


def test_it_is_said_in_local_time_until_when_no_session_may_begin(
    open_ward, new_context, visit, troubles
):
    troubles.expect("409")
    page = new_context(timezone_id="Asia/Tokyo").new_page()

    def refuse(route):
        text = f"The last one ended too short a time ago. A new session may start from {UNTIL} on."
        refusal = {"error": "not_admitted", "detail": text, "until": UNTIL}
        route.fulfill(status=409, json=refusal)

    page.route("**/dreamers/bed-1/sessions", refuse)
    visit(open_ward(Bed("bed-1", 10, events=[ended("bed-1")])), "bed-1", on=page)
    page.get_by_text("No new session until 15 Jan 19:23: Too soon.").wait_for()
    page.get_by_role("button", name="Begin next session").click()
    page.locator("#toast", has_text="may start from 15 Jan 19:23 on.").wait_for()


def test_the_days_dates_stand_apart(open_ward, page, visit):
    visit(open_ward(Bed("bed-1", 10)), "bed-1")
    page.locator(".days .xtick text").first.wait_for()
    stand_apart = """() => {
      const dates = [...document.querySelectorAll(".days .xtick text")];
      const boxes = dates.map((date) => date.getBoundingClientRect());
      boxes.sort((a, b) => a.left - b.left);
      return boxes.length >= 4 && boxes.slice(1).every((box, i) => box.left - boxes[i].right >= 6);
    }"""
    for width in (1180, 360):
        page.set_viewport_size({"width": width, "height": 800})
        eventually(lambda: page.evaluate(stand_apart), 5)


def test_nothing_scrolls_sideways(open_ward, page, visit):
    named = "Maximiliane-von-Hohenlohe-Langenburg"
    here = open_ward(Bed(named, 10, events=[alarm(named)]), Bed("bed-2", 10))
    for view in ("", named):
        visit(here, view)
        for width, height in ((360, 740), (590, 410)):  # a telephone; a tablet at 200 %
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_second_tap_on_acknowledge_does_nothing(open_ward, page, visit):
    held = []
    page.route("**/ack", lambda route: held.append(route))
    visit(open_ward(Bed("bed-1", 10, events=[alarm("bed-1")])))
    button = page.locator("#alarms").get_by_role("button", name="Acknowledge")
    button.dblclick()
    page.keyboard.press("a")
    page.locator("#ask").get_by_role("button", name="Acknowledge").click()
    eventually(lambda: held)
    page.wait_for_timeout(100)
    assert len(held) == 1
    held[0].fulfill(json={"command_id": "1", "repeated": False, "events": []})
    page.locator("#toast", has_text="acknowledged").wait_for()
    button.click()  # before the stream has told
    assert len(held) == 1
