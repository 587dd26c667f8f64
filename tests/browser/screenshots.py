"""The screenshots of the documentation: ``python -m tests.browser.screenshots``, a minute or two.

``page.png`` shows a ward of simulated entries, ``dreamer.png`` and ``bedside.png`` the replayed
sample night.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from monitor.domain.events import Coverage, Event, Priority, Reason, WakeStep
from tests.browser.conftest import NAMES, QUIET
from tests.browser.ward import NOW, Bed, alarm, ward
from tests.service.service_server import eventually, served

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
NIGHT = "edf:{path}?dreamer=bed-1&speed=240&planned_minutes=75"
GIVEN_UP = WakeStep(NOW, "UNRESPONSIVE", 3, 3, None, None, Reason("unresponsive", "nobody reports"))
CUE = WakeStep(NOW, "LISTEN", 2, 3, None, NOW + 26, Reason("cued", "cue given"))


def main() -> None:
    """Write them all."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=NAMES[0], args=QUIET.split())
        for take in (station, dreamer, bedside):
            with tempfile.TemporaryDirectory() as data_dir:
                take(browser, Path(data_dir))
        browser.close()


def station(browser: Browser, data_dir: Path) -> None:
    """The central station with eight beds, among them all that can be told apart at a glance."""
    with ward(data_dir, *_beds()) as here, _page(browser, (1440, 1100)) as page:
        page.goto(str(here.served.http.base_url))
        page.locator("#sound").click()
        page.mouse.move(0, 0)
        page.locator(".alarm").first.wait_for()
        for bed in here.beds.values():
            if bed.coverage is not Coverage.NOT_MONITORED:
                here.tell_live(bed)
        page.locator(".left", has_text=":").first.wait_for()
        page.wait_for_timeout(3000)
        page.screenshot(path=DOCS / "page.png")


def dreamer(browser: Browser, data_dir: Path) -> None:
    """A dreamer's view late in the sample night."""
    with _sample_night(data_dir) as address, _page(browser, (1440, 900)) as page:
        page.goto(f"{address}#/dreamers/bed-1")
        page.locator("#sound").click()
        page.locator("#dreamer .round", has_text="round 3 of 3").wait_for(timeout=120_000)
        page.locator("[data-part=spectral]").wait_for()
        page.wait_for_timeout(2000)
        page.screenshot(path=DOCS / "dreamer.png", full_page=True)


def bedside(browser: Browser, data_dir: Path) -> None:
    """The bedside page while it wakes."""
    with _sample_night(data_dir) as address, _page(browser, (1024, 768)) as page:
        page.goto(f"{address}bedside/bed-1")
        page.get_by_role("button", name="Ready for the night").click()
        page.wait_for_selector("[data-scene=waking]", timeout=120_000)
        page.screenshot(path=DOCS / "bedside.png")


@contextmanager
def _sample_night(data_dir: Path) -> Iterator[str]:
    sample = next((ROOT / "sample_data").glob("*.edf"))
    with served(data_dir, NIGHT.format(path=sample)) as running:
        eventually(lambda: running.station.coverage()["bed-1"] == "MONITORED")
        yield str(running.http.base_url)


@contextmanager
def _page(browser: Browser, size: tuple[int, int]) -> Iterator[Page]:
    view = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=view, color_scheme="dark", timezone_id="UTC")
    try:
        yield context.new_page()
    finally:
        context.close()


def _beds() -> list[Bed]:
    off = Reason("degraded", "O1-M2 is off")
    lost = Reason("no_signal", "no signal for 40 s")
    unanswered: list[Event] = [
        CUE,
        alarm("bed-4", Priority.MEDIUM, "HARD_TO_WAKE", "hard to wake: go and look", "Ada"),
    ]
    text = "the dreamer does not respond; after the last cue: none"
    unresponsive = [GIVEN_UP, alarm("bed-7", text=text)]
    return [
        Bed("bed-1", 652, seed=1),
        Bed("bed-2", 611, seed=2),
        Bed("bed-3", 590, Coverage.DEGRADED, off, 3,
            [alarm("bed-3", Priority.LOW, "ELECTRODE_OFF", "O1-M2: no contact")], 0.71),
        Bed("bed-4", 702, seed=4, events=unanswered),
        Bed("bed-5", 540, seed=5),
        Bed("bed-6", 498, Coverage.NOT_MONITORED, lost, 6,
            [alarm("bed-6", Priority.MEDIUM, "SIGNAL_LOST", "no valid samples")], 0.0),
        Bed("bed-7", 660, seed=7, events=unresponsive),
        Bed("bed-8", 575, seed=8),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
