"""The page: complete, nothing from elsewhere, the wording word for word."""

import re
from pathlib import Path

import pytest

import service as package

STATIC = Path(package.__file__).parent / "static"
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
    assert "innerHTML" not in text
    assert "eval(" not in text


def test_no_script_or_style_is_inline():
    page = (STATIC / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=", page) == []
