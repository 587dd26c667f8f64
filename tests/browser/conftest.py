"""The pages in a real browser: Debian's Chromium, driven by Playwright.

Where there is none the tests are skipped and say so; with ``REQUIRE_BROWSER=1`` they fail.
Whatever a page writes to its console as an error, and every request that fails, fails the test too,
unless the test means it to happen and says so to `troubles`.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.bedside_script import LISTENING
from tests.e2e.e2e_process import Program, serve
from tests.service.service_server import Served, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Request

NAMES = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--use-fake-device-for-media-stream"
)
DEFAULTS = {"viewport": {"width": 1180, "height": 820}, "reduced_motion": "reduce"}
"""A tablet; without animations, which take a processor without graphics all its time."""


class Troubles(list[str]):
    """What went wrong in the browser; what a test means to happen is not listed."""

    def __init__(self) -> None:
        self._meant: list[str] = []

    def expect(self, *patterns: str) -> None:
        """Overlook what matches, before and after."""
        self._meant += patterns
        self[:] = [text for text in self if not self._is_meant(text)]

    def note(self, text: str) -> None:
        if not self._is_meant(text):
            self.append(text)

    def watch(self, context: "BrowserContext") -> None:
        """Listen to every page of a context."""
        context.on("console", lambda m: m.type == "error" and self.note(f"console: {m.text}"))
        context.on("weberror", lambda error: self.note(f"exception: {error.error}"))
        context.on("requestfailed", self._note_failed)
        context.on("response", lambda r: r.status < 400 or self.note(f"{r.status}: {r.url}"))

    def _note_failed(self, request: "Request") -> None:
        if request.failure != "net::ERR_ABORTED":  # the page went elsewhere meanwhile
            self.note(f"failed: {request.url} {request.failure}")

    def _is_meant(self, text: str) -> bool:
        return any(re.search(pattern, text) for pattern in self._meant)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of the browser."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        unavailable(f"no browser: none of {', '.join(NAMES)} (apt-get install chromium)")
    return found


def unavailable(reason: str) -> None:
    """Skip the test, or fail it where the browser must be there."""
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")  # as long as it lives, no other event loop runs in this thread
def browser(chromium: str) -> "Iterator[Browser]":
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        unavailable(f"playwright cannot be used here: {error}")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=QUIET.split())


@pytest.fixture
def served_here(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Return what starts the service in a thread: ``served_here(*sources, **settings)``."""
    with ExitStack() as running:

        def start(*sources: str, **settings: Any) -> Served:
            return running.enter_context(served(tmp_path / "data", *sources, **settings))

        yield start


@pytest.fixture
def served_apart(tmp_path: Path) -> Iterator[Callable[..., tuple[Program, str]]]:
    """Return what starts the service as a process to be killed; it returns the page's address.

    ``served_apart(*sources, port=0)``; the same data directory each time.
    """
    with ExitStack() as running:

        def start(*sources: str, port: int = 0) -> tuple[Program, str]:
            program, events = serve(tmp_path / "data", *sources, port=port)
            running.callback(program.kill)
            return program, events.replace("ws", "http", 1).partition("api/")[0]

        yield start


@pytest.fixture
def troubles(served_here: object, served_apart: object) -> Iterator[Troubles]:  # noqa: ARG001
    """What went wrong in the browser; the service stops only after it is read."""
    found = Troubles()
    yield found
    assert found == []


@pytest.fixture
def new_context(browser: "Browser", troubles: Troubles) -> "Iterator[Callable[..., Any]]":
    """Return what opens another, separate browser: ``new_context(**options)``."""
    with ExitStack() as opened:

        def open_context(**options: Any) -> "BrowserContext":
            context = browser.new_context(**(DEFAULTS | options))
            opened.callback(context.close)
            context.set_default_timeout(10_000)
            troubles.watch(context)
            return context

        yield open_context


@pytest.fixture
def context(new_context: "Callable[..., BrowserContext]") -> "BrowserContext":
    return new_context()


@pytest.fixture
def page(context: "BrowserContext") -> "Page":
    return context.new_page()


@pytest.fixture
def bedside(page: "Page") -> Callable[..., None]:
    """Return what opens a bedside page, ``bedside(service, dreamer, ready=True)``, and hears it."""
    page.add_init_script(LISTENING)

    def open_bed(service: Served, dreamer: str = "bed-1", ready: bool = True) -> None:
        page.goto(f"{service.http.base_url}bedside/{dreamer}")
        if ready:
            page.get_by_role("button", name="Ready for the night").click()
            page.wait_for_selector("[data-scene=night][data-sound=unlocked]")

    return open_bed


@pytest.fixture(scope="session")
def axe() -> "Callable[[Page], list[str]]":
    """Return what looks for violations of WCAG 2.2 A and AA on a page."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    options = {"runOnly": tags, "resultTypes": ["violations"]}

    def violations(page: "Page") -> list[str]:
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(page, options=options).response["violations"]
        return [
            f"{rule['id']}: {node['target']} {node['failureSummary']}"
            for rule in found
            for node in rule["nodes"]
        ]

    return violations
