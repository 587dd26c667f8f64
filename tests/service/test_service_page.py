"""The page: complete, nothing from elsewhere, the wording word for word."""

import re
from pathlib import Path

import pytest

import service as package
from monitor.alarm.record import State
from monitor.alarm.wake_steps import Step
from monitor.domain.events import Coverage, Priority
from monitor.domain.stage import Stage
from service.entries import TYPES
from service.overview import CLOSED

STATIC = Path(package.__file__).parent / "static"
STATION = (
    "alarms.js header.js keys.js log.js night.js present.js tile.js tiles.js traces.js usage.js "
    "view.js wake.js"
)
WORDING = (
    "Research and education software. Not a medical device; not cleared or certified. It does not "
    "measure breathing, heartbeat or oxygen and cannot tell sleep from coma. No alarm does not "
    "mean no danger. Never use it as the only means of supervising a person, least of all a child. "
    "If someone cannot be woken, call emergency services; do not wait for the software. Alarm "
    "performance was tested on simulated and replayed data only."
)


def test_the_wording_is_there_word_for_word(service):
    page = service.http.get("/")
    assert page.headers["content-type"].startswith("text/html")
    footer = re.search(r"<footer>(.*?)</footer>", page.text, re.S)
    assert " ".join(footer[1].split()) == WORDING


def test_everything_the_page_loads_is_served_here(service):
    page = service.http.get("/").text
    for name in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert not name.startswith(("http", "//"))
        answer = service.http.get(f"/{name}")
        assert answer.status_code == 200, name
        assert len(answer.content) > 100


def test_the_page_says_not_monitored_until_it_hears_otherwise(service):
    page = service.http.get("/").text
    assert '<body class="lost">' in page
    assert "NOT MONITORED" in page


@pytest.mark.parametrize("file", sorted(STATIC.glob("*.js")), ids=lambda file: file.name)
def test_modules_import_only_each_other(file):
    text = file.read_text()
    for name in re.findall(r'from "([^"]+)"', text):
        assert (STATIC / name).is_file(), name
    for unsafe in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert unsafe not in text


def test_every_part_and_place_that_a_module_names_is_in_the_page():
    page = (STATIC / "index.html").read_text()
    text = "".join((STATIC / name).read_text() for name in STATION.split())
    named = set(re.findall(r"\bparts\.(\w+)\b", text))
    assert named <= set(re.findall(r'data-part="(\w+)"', page))
    places = set(re.findall(r'(?:getElementById|clone)\("([\w-]+)"\)', text))
    assert places <= set(re.findall(r'id="([\w-]+)"', page))


def test_the_page_hears_every_type_of_the_log():
    whole = re.search(r'const WHOLE = "([\w,]+)"', (STATIC / "stream.js").read_text())
    assert set(whole[1].split(",")) == set(TYPES) - {"signal"}


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("STATES", {state.value for state in State} - CLOSED),
        ("STEPS", {step.value for step in Step}),
        ("COVERAGE", {coverage.value for coverage in Coverage}),
        ("STAGE_NAMES", {stage.value for stage in Stage}),
        ("SHAPE", {priority.value for priority in Priority}),
    ],
)
def test_the_page_has_words_for_all(table, names):
    text = (STATIC / "words.js").read_text()
    entries = re.search(rf"const {table} = {{(.*?)}};", text, re.S)
    assert set(re.findall(r"(\w+): [\"\[]", entries[1])) == names


def test_no_script_or_style_is_inline():
    page = (STATIC / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=", page) == []
