"""The page: whole in one file, nothing from elsewhere, nothing a name could smuggle in."""

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_night import (
    NOTE,
    START,
    coverage,
    epoch,
    report_of,
    report_on,
    session,
    waking,
    write,
)

import service as package
from monitor.domain.events import Coverage
from monitor.domain.stage import STAGES, Stage
from monitor.usage.days import find_zone
from service.report.page import POLICY, SAFETY, page
from service.report.shapes import NightReport
from service.report.svg import LEFT, RIGHT, WIDTH, Axis
from service.store import Store

_VOID = {"meta", "img", "br", "rect", "line", "path", "image"}


class Reader(HTMLParser):
    """Reads a page, in which every element that is opened must be closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags = Counter[str]()
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self._caption = ""
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]
        if tag == "tr":
            self.tables.setdefault(self._caption, []).append([])
        if tag in ("th", "td"):
            self.tables[self._caption][-1].append("")
        if tag not in _VOID or (tag == "rect" and not self.get_starttag_text().endswith("/>")):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if self.open and self.open[-1] == "caption":
            self._caption = data
        if self.open and self.open[-1] in ("th", "td"):
            self.tables[self._caption][-1][-1] += data


@pytest.fixture(scope="module")
def written(night: NightReport) -> str:
    return page(night)


@pytest.fixture(scope="module")
def read(written: str) -> Reader:
    return Reader(written)


def rows(read: Reader, caption: str) -> dict[str, list[str]]:
    return {row[0]: row[1:] for row in read.tables[caption]}


def test_the_wording_is_that_of_the_page_word_for_word(read):
    footer = (Path(package.__file__).parent / "static" / "index.html").read_text()
    said = " ".join(re.search(r"<footer[^>]*>(.*?)</footer>", footer, re.DOTALL)[1].split())
    assert SAFETY in said
    assert SAFETY in read.text


def test_the_file_refers_to_nothing_outside_itself(written, read):
    assert not re.search(r"https?:|//[a-z]|@import|url\(", written, re.IGNORECASE)
    outward = [(n, v) for n, v in read.attributes if n in ("src", "href", "srcset", "action")]
    assert outward
    assert all(value.startswith("data:image/png;base64,") for _, value in outward)
    assert not {"script", "link", "iframe", "object", "form", "img"} & set(read.tags)


def test_the_policy_allows_the_style_that_is_there_and_no_other(written, read):
    style = re.search(r"<style>(.*?)</style>", written, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in POLICY
    assert ("content", POLICY) in read.attributes
    assert not [name for name, _ in read.attributes if name == "style" or name.startswith("on")]


def test_hostile_names_are_told_and_do_nothing(written, read):
    assert NOTE in read.text
    assert "<script" not in written
    assert "<img" not in written
    assert "<i>" not in written
    assert any("onerror=alert(1)>" in row[0] for row in read.tables["Quality of the channels"])


def test_each_figure_says_in_words_what_it_shows(read):
    named = [value for name, value in read.attributes if name == "aria-labelledby"]
    assert read.tags["figure"] == len(named) == 5
    assert set(named) <= set(read.ids)
    assert len(set(read.ids)) == len(read.ids)
    assert read.tags["svg"] == read.attributes.count(("role", "img")) + read.attributes.count(
        ("aria-hidden", "true")
    )


def test_the_numbers_are_those_of_the_json(night, read):
    told = rows(read, "Statistics (AASM)")
    assert told["Time in bed (TIB)"][0] == "20 min"
    assert told["Total sleep time (TST)"][0] == "15 min"
    assert told["Sleep efficiency (TST / TIB)"][0] == "75.0 %"
    assert told["REM latency, from sleep onset"][0] == "11 min"
    assert told["REM, share of TST"][0] == "5 min, 33.3 %"
    assert rows(read, "Coverage")["MONITORED"] == ["18.5 min", "92.5 %"]
    assert rows(read, "Lost samples by cause")["radio"] == ["1", "50", "0.5 s"]
    assert rows(read, "Alarms")["HARD_TO_WAKE"][:2] == ["high, escalated to level 1", "08:11:40"]
    assert [row[2] for row in read.tables["Wake protocol"]] == [
        "Round",
        "1 of 3",
        "1 of 3",
        "0 of 3",
    ]
    assert page(NightReport.model_validate_json(night.model_dump_json())) == page(night)


def test_the_data_of_the_drawings_are_there_as_tables(read):
    spells = read.tables["Hypnogram"][1:]
    assert [row[1] for row in spells] == ["Wake", "N1", "N2", "N3", "?", "N2", "REM", "Wake"]
    assert sum(float(row[2]) for row in spells) == 20.0
    (shares,) = read.tables["Probabilities"][1:]
    assert shares[0] == "08:00"


def test_what_is_open_and_what_is_missing_is_said(tmp_path, read):
    assert "Alarms that nobody has resolved: EEG_LOST." in read.text
    with Store(tmp_path) as store:
        write(store, [epoch(39, Stage.N2), session("ended", 1_200)])
    assert "was erased" in Reader(page(report_of(tmp_path))).text


NIGHTS = {
    "nothing but its start": [session("started", 0)],
    "no epoch": [session("started", 0), coverage(0, Coverage.NOT_MONITORED), session("ended", 20)],
    "one epoch": [session("started", 0), epoch(0, Stage.W), session("ended", 30)],
    "unscored": [session("started", 0), *[epoch(i, Stage.UNSCORED) for i in range(4)]],
    "an epoch missing": [session("started", 0), epoch(0, Stage.N2), epoch(5, Stage.N2)],
    "ended at once": [session("started", 0), session("ended", 0)],
}


@pytest.mark.parametrize("events", NIGHTS.values(), ids=NIGHTS)
def test_a_night_of_next_to_nothing_has_a_page(tmp_path, events):
    with Store(tmp_path) as store:
        write(store, events, status="running")
    told = report_of(tmp_path)
    read = Reader(page(told))
    expected = "No epoch was scored" if not told.epochs else "Hypnogram"
    assert expected in read.text
    assert "Night report: bed-7" in read.text


def test_a_log_of_an_older_version_has_a_page_without_spectrogram(tmp_path):
    with Store(tmp_path) as store:
        bare = [epoch(i, Stage.N2) for i in range(4)]
        bare = [replace(e, epoch=replace(e.epoch, spectrum=(), channels=())) for e in bare]
        write(store, [session("started", 0), *bare])
    text = Reader(page(report_of(tmp_path))).text
    assert "Spectrogram" not in text
    assert "Hypnogram" in text


def test_a_day_and_a_night_fit_into_a_small_file():
    stages = (Stage.N2, Stage.R, Stage.UNSCORED, Stage.W, Stage.N3)
    epochs = [epoch(i, stages[i // 9 % 5]) for i in range(2_880)]
    text = page(report_on([session("started", 0), *epochs, session("ended", 86_400)]))
    assert len(text) < 500_000
    Reader(text)


_PLACED = r'<(?:rect|image)[^>]* x="([-\d.]+)"[^>]* width="([-\d.]+)"'


@settings(max_examples=15)
@given(st.lists(st.sampled_from([*STAGES, Stage.UNSCORED]), min_size=1, max_size=60))
def test_everything_is_drawn_within_the_figures(stages):
    events = [session("started", 0), *[epoch(i, s) for i, s in enumerate(stages)], *waking()]
    text = page(report_on(events))
    Reader(text)
    placed = [(float(x), float(width)) for x, width in re.findall(_PLACED, text)]
    assert len(placed) > len(waking())
    assert all(x >= LEFT and x + width <= WIDTH - RIGHT + 2.1 for x, width in placed)


@given(
    st.floats(0, 4e9), st.floats(60, 8e5), st.sampled_from(["UTC", "Asia/Kolkata", "Europe/Berlin"])
)
def test_ticks_are_a_few_round_times_within_the_axis(start, length, zone):
    axis = Axis(start, start + length, find_zone(zone))
    ticks = axis.ticks()
    assert ticks == sorted(ticks)
    assert len(ticks) <= 14
    assert all(start - 1e-6 <= at <= start + length for at in ticks)


def test_the_axis_brings_what_lies_outside_to_its_edge():
    axis = Axis(START, START + 60)
    assert [axis.x(START + s) for s in (-5, 0, 60, 99)] == [
        LEFT,
        LEFT,
        WIDTH - RIGHT,
        WIDTH - RIGHT,
    ]
