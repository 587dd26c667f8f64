"""The central station: from a bed to an acknowledged alarm, and what happens when it goes wrong."""

import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest

from monitor.domain.events import Priority
from tests.browser.ward import Bed, alarm, ward
from tests.service.service_server import Served, eventually, served

SLEEPER = "sim:?scenario=unresponsive&hours=24&speed=20&seed={0}&dreamer=bed-{0}"
STARTS = """
window.starts = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) { window.starts.push(at); start.call(this, at); };
"""
FRAMES = """
window.frames_ms = [];
const ask = window.requestAnimationFrame;
window.requestAnimationFrame = (draw) => ask((at) => {
  const begin = performance.now();
  draw(at);
  window.frames_ms.push(performance.now() - begin);
});
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Iterator[Served]:
    """Four beds whose dreamers answer no cue, twenty times as fast as life."""
    sources = map(SLEEPER.format, (1, 2, 3, 4))
    with served(tmp_path_factory.mktemp("data"), *sources) as running:
        eventually(lambda: set(running.station.coverage().values()) == {"MONITORED"})
        yield running


@pytest.fixture
def visit(service, troubles) -> Callable[..., None]:
    """Return what opens the station on a page, once it hears the service."""
    troubles.expect("409")  # so fast, an alarm may change while it is acknowledged: sent again

    def go(page, path: str = "", at: Served = service) -> None:
        page.goto(f"{at.http.base_url}{path}")
        page.wait_for_selector("body:not(.lost) .tile", state="attached")

    return go


def declare(service: Served, bed: str) -> None:
    """Say that a dreamer does not respond: UNRESPONSIVE is raised at once."""
    body = {"command_id": str(uuid4())}
    path = f"/api/v1/dreamers/{bed}/unresponsive"
    service.http.post(path, json=body).raise_for_status()


def tile(page, bed: str):
    return page.locator(f".tile[data-name={bed}]")


def row(page, bed: str, kind: str = "Unresponsive"):
    return page.locator("#alarms .alarm", has_text=kind).filter(
        has=page.get_by_text(bed, exact=True)
    )


def test_from_a_bed_to_an_alarm_that_is_taken_on_and_closed(page, visit):
    visit(page)
    assert tile(page, "bed-1").get_attribute("data-coverage") == "MONITORED"
    tile(page, "bed-1").get_by_role("button", name="Wake now").click()
    page.locator("#ask").get_by_role("button", name="Wake now").click()
    left = tile(page, "bed-1").locator(".left")
    left.filter(has_text=re.compile(r"^0:\d\d$")).wait_for()
    tile(page, "bed-1").get_by_role("button", name="Does not respond").click()
    page.locator("#ask").get_by_role("button", name="Does not respond").click()
    alarm = row(page, "bed-1")
    alarm.get_by_text("▲ HIGH").wait_for()
    alarm.get_by_role("button", name="Acknowledge").click()
    alarm.get_by_text("taken on by").wait_for()
    alarm.get_by_role("button", name="Close …").click()
    page.get_by_label("False alarm").check()
    page.get_by_label("Note").fill("the sample night")
    page.locator("#resolve").get_by_role("button", name="Close the alarm").click()
    alarm.wait_for(state="detached")


def test_of_two_who_acknowledge_at_once_one_wins_and_the_other_is_told(service, new_context, visit):
    declare(service, "bed-2")
    first, second = (new_context().new_page() for _ in range(2))
    held = []
    second.route("**/ack", lambda route: held.append(route))
    for each in (first, second):
        visit(each)
        row(each, "bed-2").wait_for()
    row(second, "bed-2").get_by_role("button", name="Acknowledge").click()
    row(first, "bed-2").get_by_role("button", name="Acknowledge").click()
    for each in (first, second):
        row(each, "bed-2").get_by_text("taken on by").wait_for()
    held[0].continue_()
    second.locator("#toast", has_text="Somebody else was first").wait_for()
    assert "taken on by" in second.locator("#toast").text_content()


def test_by_keyboard_alone(service, page, visit):
    declare(service, "bed-3")
    visit(page)
    row(page, "bed-3").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the alarms"
    page.keyboard.press("Enter")
    passed = [focused(page)]
    while passed[-1] != "Acknowledge Unresponsive, bed-3":
        page.keyboard.press("Tab")
        passed.append(focused(page))
        assert len(passed) < 40, passed
    page.keyboard.press("Enter")
    row(page, "bed-3").get_by_text("taken on by").wait_for()


def focused(page) -> str:
    name = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
    return page.evaluate(name)


def test_the_key_a_acknowledges_the_most_urgent_after_asking(service, page, visit):
    declare(service, "bed-4")
    visit(page)
    row(page, "bed-4").wait_for()
    page.keyboard.press("a")
    dialog = page.locator("#ask[open]")
    dialog.wait_for()
    assert focused(page) == "Cancel"
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.keyboard.press("a")
    heading = dialog.get_by_role("heading").text_content()
    kind, whose = re.fullmatch(r"Acknowledge (.+), (.+)\?", heading).groups()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    row(page, whose, kind).get_by_text("taken on by").wait_for()


def test_shortcuts_can_be_switched_off(page, visit):
    visit(page)
    page.keyboard.press("?")
    page.get_by_label("One-key shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    assert page.locator("html").get_attribute("data-theme") == "day"
    page.reload()
    page.keyboard.press("?")
    assert not page.locator("#help").is_visible()


@pytest.mark.parametrize("view", ["", "#/dreamers/bed-1"], ids=["station", "dreamer"])
def test_accessible_in_both_themes(new_context, visit, axe, view):
    page = new_context(color_scheme="light", reduced_motion="reduce").new_page()
    visit(page, view)
    if view:
        page.locator(".night .main-svg").first.wait_for(timeout=30_000)
        page.locator("[data-part=usage]").wait_for()
    for theme in ("day", "night"):
        assert page.locator("html").get_attribute("data-theme") == theme
        assert axe(page) == []
        page.keyboard.press("t")


def test_a_dreamers_view_shows_signal_night_and_log_and_leads_back(page, visit):
    visit(page)
    tile(page, "bed-4").get_by_role("link").focus()
    page.keyboard.press("Enter")
    page.locator(".view h2", has_text="bed-4").wait_for()
    assert focused(page) == "bed-4"
    page.locator("[data-part=tracesNote]").wait_for(state="hidden")
    page.locator("[data-part=spectral]").wait_for()
    page.locator(".log td", has_text="Session started").wait_for()
    page.locator(".statistics", has_text="Efficiency").wait_for()
    assert painted(page, ".traces")
    assert painted(page, ".spectrogram")
    page.get_by_label("Show").select_option("epoch")
    page.locator(".log td", has_text="Epoch 0:").wait_for()
    page.locator(".view h2").focus()
    page.keyboard.press("Escape")
    tile(page, "bed-4").wait_for()
    assert focused(page) == "bed-4"


def painted(page, canvas: str) -> bool:
    """Whether anything was drawn."""
    return page.evaluate(
        """(selector) => {
          const canvas = document.querySelector(selector);
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return data.some((value) => value > 0);
        }""",
        canvas,
    )


@pytest.mark.e2e
def test_a_service_that_hangs_or_dies_is_not_monitoring_and_one_that_is_back_is(
    served_apart, page, troubles
):
    troubles.expect("ERR_", "failed: ", "Failed to fetch", "WebSocket")
    program, address = served_apart(SLEEPER.format(1))
    page.goto(address)
    page.locator(".tile[data-coverage=MONITORED]").wait_for()
    program.process.send_signal(signal.SIGSTOP)
    assert lost_within(page) < 6.5  # the last heartbeat was up to a second before
    program.process.send_signal(signal.SIGCONT)
    page.locator(".tile[data-coverage=MONITORED]").wait_for()
    program.kill()
    assert lost_within(page) < 2
    assert page.get_by_role("alert").filter(has_text="NOT MONITORED").is_visible()
    assert page.title().startswith("NOT MONITORED")
    assert tile(page, "bed-1").locator(".stage b").text_content() == "?"
    served_apart(SLEEPER.format(1), port=int(address.rstrip("/").rpartition(":")[2]))
    page.wait_for_selector("body:not(.lost) .tile[data-coverage=MONITORED]", timeout=30_000)
    assert not page.locator(".banner").is_visible()


def lost_within(page) -> float:
    """Seconds until the page says that nobody is monitored."""
    begun = time.monotonic()
    page.wait_for_selector("body.lost .tile[data-coverage=NOT_MONITORED]")
    return time.monotonic() - begun


def test_a_computer_that_slept_is_not_monitoring_until_it_hears_again(page, visit):
    visit(page)
    page.evaluate("""
      window.seen = [];
      new MutationObserver(() => window.seen.push(document.body.className))
        .observe(document.body, { attributes: true });
      const now = Date.now;
      Date.now = () => now() + 60_000;
    """)
    eventually(lambda: page.evaluate("window.seen.length > 1"))
    assert page.evaluate("window.seen.slice(0, 2)") == ["lost", ""]


def test_only_who_may_act_has_buttons(page, visit):
    me = {"name": "Vera", "role": "viewer", "dreamer": None, "anonymous": False, "may": ["see"]}
    page.route("**/api/v1/me", lambda route: route.fulfill(json=me))
    visit(page)
    page.locator(".only-look").wait_for()
    page.get_by_text("Vera, viewer").wait_for()
    assert page.locator(".tile button:visible, .alarm button:visible").count() == 0
    assert not page.locator(".anonymous").is_visible()


def test_it_says_that_nobody_has_to_sign_in(page, visit):
    visit(page)
    page.locator(".anonymous", has_text="Nobody has to sign in here").wait_for()
    assert page.locator(".person").text_content() == "No sign-in here"
    assert not page.locator("#sign-out").is_visible()


def test_arrow_keys_go_from_tile_to_tile(page, visit):
    visit(page)
    names = page.locator(".tile h3").all_text_contents()
    tile(page, names[0]).get_by_role("link").focus()
    page.keyboard.press("ArrowRight")
    assert focused(page) == names[1]
    page.keyboard.press("ArrowLeft")
    assert focused(page) == names[0]


@pytest.fixture
def open_ward(tmp_path) -> Iterator[Callable]:
    with ExitStack() as opened:
        yield lambda *beds: opened.enter_context(ward(tmp_path, *beds))


def test_no_tile_jumps_away_under_a_pointer(open_ward, page, visit):
    here = open_ward(*(Bed(f"bed-{n}", 10) for n in (1, 2, 3)))
    visit(page, at=here.served)
    tile(page, "bed-1").hover()
    here.tell(here.beds["bed-3"], alarm("bed-3"))
    tile(page, "bed-3").locator(".strip").wait_for()
    names = page.locator(".tile").evaluate_all("tiles => tiles.map(tile => tile.dataset.name)")
    assert names == ["bed-1", "bed-2", "bed-3"]
    page.mouse.move(1, 1)
    here.tell_live(here.beds["bed-2"])
    eventually(lambda: page.evaluate("document.querySelector('.tile').dataset.name === 'bed-3'"))
    said = page.locator("#assertive", has_text="high alarm: Unresponsive, bed-3")
    said.wait_for(state="attached")


def test_sound_waits_for_a_first_touch_then_calls_in_ten_pulses_and_can_be_paused(
    open_ward, page, visit
):
    here = open_ward(Bed("bed-1", 10, events=[alarm("bed-1")]), Bed("bed-2", 10))
    page.add_init_script(STARTS)
    visit(page, at=here.served)
    sound = page.locator("#sound")
    assert sound.get_attribute("data-state") == "blocked"
    sound.click()
    eventually(lambda: page.evaluate("window.starts.length === 10"))
    assert sound.get_attribute("data-state") == "on"
    sound.click()
    assert re.match(r"Sound paused (2:00|1:59)", sound.text_content().strip())
    here.tell(here.beds["bed-2"], alarm("bed-2"))  # as grave as any: ends the pause
    eventually(lambda: page.evaluate("window.starts.length === 20"))
    assert sound.get_attribute("data-state") == "on"


def test_a_hundred_beds(open_ward, page, visit, capsys):
    beds = [Bed(f"bed-{n}", 20, seed=n) for n in range(1, 101)]
    beds[41].events = [alarm("bed-42"), alarm("bed-42", Priority.LOW, "OVERRUN")]
    here = open_ward(*beds)
    page.add_init_script(FRAMES)
    visit(page, at=here.served)
    eventually(lambda: page.evaluate("document.querySelectorAll('.tile').length === 100"))
    eventually(lambda: page.evaluate("document.querySelector('.tile').dataset.name === 'bed-42'"))
    page.evaluate("window.frames_ms.length = 0")
    for turn in range(0, 100, 20):  # as many live stages a second as of 100 beds, and more
        for bed in beds[turn : turn + 20]:
            here.tell_live(bed)
        for bed in beds[turn : turn + 3]:
            here.tell(bed, bed.next_epoch())
        page.wait_for_timeout(200)
    spent = sorted(page.evaluate("window.frames_ms"))
    median, worst = spent[len(spent) // 2], spent[-1]
    with capsys.disabled():
        print(f"\n100 beds, {len(spent)} frames: median {median:.1f}, longest {worst:.1f} ms")  # noqa: T201
    assert median < 33
