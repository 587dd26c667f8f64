"""Intervals, figures and marks, worked out by hand."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, poisson
from validation_records import planted, raised, record

from monitor.domain.events import Coverage, Priority
from service.sheets import html, markdown
from service.validation.intervals import rate_interval, share_interval
from service.validation.pages import report_of
from service.validation.records import Covered
from service.validation.report import assess, missed
from service.validation.study import Study

DOCS = Path(__file__).parents[2] / "docs"


def figures(*records):
    return assess(records, Study(), {}, "2")


def mark(found, name):
    return next(mark for mark in found["marks"] if mark["mark"] == name)


@given(of=st.integers(1, 300), share=st.floats(0, 1))
def test_the_interval_of_a_share_is_where_its_tails_are_2_5_percent(of, share):
    found = round(share * of)
    low, high = share_interval(found, of)
    assert 0 <= low <= found / of <= high <= 1
    if found:
        assert binom.sf(found - 1, of, low) == pytest.approx(0.025)
    if found < of:
        assert binom.cdf(found, of, high) == pytest.approx(0.025)


@given(count=st.integers(0, 300), exposure=st.floats(0.1, 1000))
def test_the_interval_of_a_rate_is_where_its_tails_are_2_5_percent(count, exposure):
    low, high = rate_interval(count, exposure)
    assert low <= count / exposure <= high
    assert poisson.cdf(count, high * exposure) == pytest.approx(0.025)
    if count:
        assert poisson.sf(count - 1, low * exposure) == pytest.approx(0.025)


def test_textbook_values():
    assert share_interval(36, 36) == pytest.approx((0.9026, 1.0), abs=1e-4)
    assert share_interval(0, 0) == (0.0, 1.0)
    assert rate_interval(0, 30.0)[1] * 30 == pytest.approx(3.6889, abs=1e-4)


def test_sensitivity_and_delay_of_a_cause():
    plants = [planted(onset=at, until=at + 100) for at in (1000.0, 2000.0, 3000.0, 4000.0)]
    alarms = [raised(1010), raised(2012.5), raised(3011)]
    found = figures(record(plants, alarms))
    (row,) = found["causes"]
    assert (row["planted"], row["found"], row["sensitivity"]) == (4, 3, 0.75)
    assert (row["median_s"], row["p99_s"], row["p99_late_s"]) == (11.0, 12.5, 2.5)
    assert mark(found, "ELECTRODE_OFF: sensitivity")["verdict"] == "missed"
    late = mark(found, "ELECTRODE_OFF: p99 after it is due, s, worst cause")
    assert (late["value"], late["verdict"]) == (2.5, "missed")
    assert found["missing_alarms"] == [
        {"night": "night 0", "onset_s": 4000.0, "kind": "ELECTRODE_OFF", "cause": plants[0].cause}
    ]


def test_false_alarms_are_counted_per_24_h_of_monitored_time():
    day, half = 86_400.0, 43_200.0
    covered = (Covered(0, half, Coverage.MONITORED), Covered(half, day, Coverage.NOT_MONITORED))
    alarms = [raised(10.0, priority=Priority.LOW)] * 3 + [raised(20.0, priority=Priority.HIGH)]
    found = figures(record([], alarms, covered=covered))
    assert found["false"]["low"]["per_24_h"] == 6.0
    assert mark(found, "false alarms per 24 h, low")["verdict"] == "missed"
    assert mark(found, "false alarms per 24 h, medium")["verdict"] == "met"
    assert mark(found, "false alarms per 24 h, high")["value"] == 2.0
    assert found["coverage"]["NOT_MONITORED"]["share"] == 0.5


def test_time_not_watched_around_a_fault_is_told_apart():
    dark = (
        Covered(0, 1000, Coverage.MONITORED),
        Covered(1000, 1100, Coverage.NOT_MONITORED),
        Covered(1100, 3000, Coverage.MONITORED),
        Covered(3000, 3060, Coverage.NOT_MONITORED),
        Covered(3060, 3600, Coverage.MONITORED),
    )
    fault = planted(onset=990.0, until=1090.0)
    found = figures(record([fault], [raised(1000)], hours=1.0, covered=dark))["coverage"]
    assert found["NOT_MONITORED"]["hours"] == pytest.approx(160 / 3600, abs=1e-4)
    assert found["not_monitored_without_fault"]["hours"] == pytest.approx(60 / 3600, abs=1e-4)


def test_too_few_to_tell_is_no_pass_unless_quick():
    plants = [planted("cannot be woken", "UNRESPONSIVE", sources=())]
    few = figures(record(plants, [raised(110, "UNRESPONSIVE", "", Priority.HIGH)]))
    assert mark(few, "UNRESPONSIVE: lower bound of sensitivity")["verdict"] == "too few"
    assert "UNRESPONSIVE: lower bound of sensitivity" in missed(few, quick=False)
    assert missed(few, quick=True) == []
    gone = figures(record(plants))
    assert mark(gone, "UNRESPONSIVE: lower bound of sensitivity")["verdict"] == "missed"
    assert "UNRESPONSIVE: sensitivity" in missed(gone, quick=True)


def test_figures_survive_json():
    found = figures(record([planted()], [raised(110), raised(5000)]))
    assert json.loads(json.dumps(found)) == found
    assert np.isfinite(found["kinds"]["ELECTRODE_OFF"]["per_24_h"])


def test_the_pages_tell_every_mark_and_escape_what_they_tell():
    night = replace(record([], [raised(10, source="<b>")]), name="calm & 1")
    found = figures(night)
    page, text = html(report_of(found)), markdown(report_of(found))
    assert "&lt;b&gt;" in page
    assert "calm &amp; 1" in page
    for told in found["marks"]:
        assert f"| {told['mark']} |" in text
        assert f"<td>{told['mark']}</td>" in page
    assert "http" not in page
    assert "<script" not in page


@pytest.mark.parametrize(
    ("name", "write"), [("validation.md", markdown), ("validation.html", html)]
)
def test_the_committed_report_is_what_its_json_says(name, write):
    found = json.loads((DOCS / "validation.json").read_text(encoding="utf-8"))
    assert (DOCS / name).read_text(encoding="utf-8") == write(report_of(found))
    assert found["study"]["hours"] >= 720
