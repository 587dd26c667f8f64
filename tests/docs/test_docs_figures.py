"""The figures in the README are those that were measured."""

import json

import pytest

from monitor.staging.bundle import load_bundle
from tests.docs.reader import ROOT

README = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
CARD = load_bundle().card["cross_validation"]
STUDY = json.loads((ROOT / "docs" / "validation.json").read_text(encoding="utf-8"))
MARKS = {mark["mark"]: mark for mark in STUDY["marks"]}
OVERUSE = json.loads((ROOT / "docs" / "overuse.json").read_text(encoding="utf-8"))


def said(text: str) -> None:
    assert text in README, f"the README should say: {text}"


def plain(share: float) -> str:
    """Write .738 without its nought."""
    return f"{share:.3f}".removeprefix("0")


@pytest.mark.parametrize("setup", ["fpz", "pz", "all", "cold_start"])
def test_the_agreement_is_that_of_the_card(setup):
    found = CARD[setup]
    low, high = map(plain, found["interval"])
    said(f"| {plain(found['kappa'])} ({low}–{high}) | {plain(found['acc'])} |")


def test_the_calibration_is_that_of_the_card():
    worst = max(CARD[setup]["ece"] for setup in ("fpz", "pz", "all", "cold_start"))
    said(f"expected calibration error at most {plain(worst)}")


def test_the_alarms_are_those_of_the_study():
    study = STUDY["study"]
    real = study["nights"] - study["hypnograms"]["simulated"]["nights"]
    nights = f"({real} of {study['nights']} nights after human hypnograms)"
    said(f"{study['hours']:.0f} simulated hours {nights}")


def test_the_false_alarms_are_those_of_the_study():
    rates = [MARKS[f"false alarms per 24 h, {name}"] for name in ("high", "medium", "low")]
    high, medium, low = (f"{mark['value']:.1f}" for mark in rates)
    said(f"false were {high} high, {medium} medium and {low} low ones in 24 h")


def test_the_marks_missed_are_those_of_the_study():
    missed = sum(mark["verdict"] != "met" for mark in MARKS.values())
    said(f"{missed} of {len(MARKS)} marks are missed")


def test_every_alarm_that_is_said_to_be_found_was():
    grave = ("SIGNAL_LOST", "PIPELINE_FAULT", "UNATTENDED", "ELECTRODE_OFF", "UNRESPONSIVE")
    found = [STUDY["kinds"][kind]["sensitivity"] for kind in (*grave, "EEG_SUPPRESSED")]
    assert found == [1.0] * len(found)
    said("Every technical and high-priority alarm that was planted was found")


def test_what_is_overlooked_is_said():
    causes = {each["cause"]: each for each in STUDY["causes"]}
    stage, deep = causes["one stage too long"], causes["N2 and N3 too long"]
    said(
        f"of the {stage['planted']} nights of one stage too long {stage['found']} were found, "
        f"of the {deep['planted']} of N2 and N3 too long {deep['found']}"
    )


def test_the_figures_of_overuse_are_those_of_its_study():
    marks = {mark["mark"]: mark for mark in OVERUSE["marks"]}
    rem, sleep, sessions = (
        f"{marks[f'more {what}, at once: median days to its finding']['value']:g}"
        for what in ("REM", "sleep", "sessions")
    )
    said(
        f"noticed after {rem} days in the median, sleep after {sleep} and sessions after {sessions}"
    )
    share = marks["planted breaches: share found"]["value"]
    said(f"the share of planted breaches that was found is {share:.2f}")
    wrong = marks["wrong level 3 in a year of a stable user"]["value"]
    missed = sum(mark["verdict"] != "met" for mark in marks.values())
    is_or_are = "is" if missed == 1 else "are"
    said(
        f"highest level {wrong:.2f} times a year: {missed} of {len(marks)} marks {is_or_are} missed"
    )
