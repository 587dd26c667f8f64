"""``dreamwatch usage``: what it prints, what it writes, and what it refuses."""

import csv
import io
import json
import os
from datetime import UTC, datetime, timedelta

import edfio
import numpy as np
import pytest
from typer.testing import CliRunner

from monitor.domain.errors import DreamwatchError
from service.cli import app

STAGES = ["W"] * 20 + ["N2"] * 1_000 + ["R"] * 300 + ["UNSCORED"] * 20 + ["N2"] * 180
START = "2025-11-21T22:00+01:00"


@pytest.fixture
def usage(tmp_path):
    """Return what a subcommand prints; raise what it refuses."""

    def run(*arguments: str) -> str:
        given = ["usage", *arguments, "--data-dir", str(tmp_path / "data")]
        result = CliRunner().invoke(app, given)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


@pytest.fixture
def night(tmp_path):
    """A night as ``dreamwatch score`` writes it."""
    path = tmp_path / "night.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["onset_s", "duration_s", "stage", "p_w", "quality"])
        writer.writerows([30 * i, 30, stage, 0.5, 1.0] for i, stage in enumerate(STAGES))
    return str(path)


def shown(usage, at: str = "2025-11-22T12:00+01:00", dreamer: str = "bed-7") -> dict:
    return json.loads(usage("show", dreamer, "--at", at, "--json"))


def test_an_imported_night_is_in_the_account_once_however_often_it_is_imported(usage, night):
    assert "imported 12.67 h" in usage("import", "bed-7", night, "--start", START)
    once = shown(usage)
    assert "replaced 12.67 h by 12.67 h" in usage("import", "bed-7", night, "--start", START)
    assert shown(usage) == once
    assert (once["sleep_24h_min"], once["rem_24h_min"], once["unscored_24h_min"]) == (750, 150, 10)
    assert (once["sessions_24h"], once["level"]) == (1, 3)
    assert once["breaches"][0] == {
        "limit": "sleep_24h_min",
        "severity": "hard",
        "value": 750,
        "bound": 720,
        "unit": "min",
        "text": "sleep in 24 hours",
    }


def test_windows_slide_and_see_nothing_later(usage, night):
    usage("import", "bed-7", night, "--start", START)
    assert shown(usage, "2025-11-21T23:10+01:00")["sleep_24h_min"] == 60
    assert shown(usage, "2025-11-22T22:10+01:00")["sleep_24h_min"] == 750
    assert shown(usage, "2025-11-22T23:10+01:00")["sleep_24h_min"] == 690
    assert shown(usage, "2025-11-21T12:00+01:00")["sleep_24h_min"] == 0


def test_a_time_without_an_offset_is_of_the_dreamers_clock(usage, night):
    usage("profile", "bed-7", "--zone", "Europe/Berlin")
    usage("import", "bed-7", night, "--start", "2025-11-21T22:00")
    assert shown(usage, "2025-11-21T23:10")["sleep_24h_min"] == 60


@pytest.fixture
def edf(tmp_path):
    """Ten minutes each of W, N2 and R as annotations of a signal."""
    stages = [edfio.EdfAnnotation(600 * i, 600, f"Sleep stage {s}") for i, s in enumerate("W2R")]
    signal = edfio.EdfSignal(np.zeros(1_800), 1, physical_range=(-1, 1))
    path = tmp_path / "night.edf"
    edfio.Edf([signal], annotations=stages).write(path)
    return path


def test_the_night_of_edf_annotations_is_read_as_well(usage, edf):
    usage("import", "bed-7", str(edf), "--start", START)
    account = shown(usage)
    assert (account["sleep_24h_min"], account["rem_24h_min"]) == (20, 10)


def test_lost_time_of_a_discontinuous_file_does_not_matter(usage, edf):
    with edf.open("r+b") as file:
        file.seek(192)
        file.write(b"EDF+D")
    assert "imported 0.50 h" in usage("import", "bed-7", str(edf), "--start", START)


def test_a_night_that_lacks_its_end_replaces_none(usage, edf):
    usage("import", "bed-7", str(edf), "--start", START)
    once = shown(usage)
    size = edf.stat().st_size
    os.truncate(edf, size - 100)
    promise = rf"truncated: {size - 100} bytes, its header promises {size}"
    with pytest.raises(DreamwatchError, match=promise):
        usage("import", "bed-7", str(edf), "--start", START)
    assert shown(usage) == once


def test_a_shorter_night_says_what_it_replaces(usage, night, edf):
    usage("import", "bed-7", night, "--start", START)
    assert "replaced 12.67 h by 0.50 h" in usage("import", "bed-7", str(edf), "--start", START)


@pytest.mark.parametrize("ago_h", [-87_600, -0.2, 0.2])
def test_a_night_that_is_not_over_is_refused(usage, edf, ago_h):
    start = datetime.now(UTC) - timedelta(hours=ago_h)
    with pytest.raises(DreamwatchError, match=r"from \S+ to \S+ is not over yet: it is \S+$") as no:
        usage("import", "bed-7", str(edf), "--start", start.isoformat())
    assert start.isoformat()[:19] in str(no.value)


@pytest.mark.parametrize("command", ["show", "export"])
def test_reading_makes_nothing(usage, tmp_path, command):
    with pytest.raises(DreamwatchError, match="no account of 'bed-7'"):
        usage(command, "bed-7")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "data").mkdir()
    with pytest.raises(DreamwatchError, match="no account of 'bed-7'"):
        usage(command, "bed-7")
    assert list((tmp_path / "data").iterdir()) == []


def test_the_table_names_windows_limits_days_and_until_when_no_session_may_start(usage, night):
    usage("import", "bed-7", night, "--start", START)
    text = usage("show", "bed-7", "--at", "2025-11-22T12:00+01:00")
    for word in ("level 3", "sleep in 24 hours", " hard ", "2025-11-21", "No new session until"):
        assert word in text


def test_exports_can_be_read_again(usage, night, tmp_path):
    usage("import", "bed-7", night, "--start", START)
    rows = list(csv.DictReader(io.StringIO(usage("export", "bed-7"))))
    assert [row["rem_min"] for row in rows] == ["150.0"]
    out = tmp_path / "all.json"
    usage("limit", "bed-7", "sleep_24h_min", "--soft", "500")
    usage("export", "bed-7", "--format", "json", "--out", str(out))
    whole = json.loads(out.read_text())
    assert sum(n for _, n in whole["sessions"][0]["runs"]) == len(STAGES)
    assert [change["kind"] for change in whole["changes"]] == ["set_limits"]


def test_limits_are_lowered_at_once_and_raised_after_a_day_and_a_confirmation(usage):
    assert "soft 500, hard 720" in usage("limit", "bed-7", "sleep_24h_min", "--soft", "500")
    assert "confirm them from" in usage("limit", "bed-7", "sleep_24h_min", "--soft", "700")
    with pytest.raises(DreamwatchError, match="cool-off"):
        usage("confirm", "bed-7")
    assert "withdrawn" in usage("withdraw", "bed-7", "raise")
    assert "until" in usage("override", "bed-7", "--reason", "ill", "--hours", "2")
    assert "before" in usage("self-exclude", "bed-7")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "nobody"], "no account of 'nobody'"),
        (["show", "../etc"], "letters, digits"),
        (["import", "bed-7", "missing.csv", "--start", START], "missing.csv"),
        (["limit", "bed-7", "sleep_24h_min", "--soft", "10"], "480 to 840 min"),
        (["limit", "bed-7", "tea", "--soft", "10"], "'tea'"),
        (["time-out", "bed-7", "--days", "3"], "1, 7"),
        (["override", "bed-7", "--reason", "ill", "--hours", "25"], "24 h"),
        (["profile", "bed-7", "--zone", "Mars/Olympus"], "Mars/Olympus"),
        (["limit", "bed-7", "sleep_24h_min", "--soft", "500", "--role", "king"], "king"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(usage, arguments, message):
    with pytest.raises(DreamwatchError, match=message) as refused:
        usage(*arguments)
    assert "\n" not in str(refused.value)


def test_a_start_that_is_no_time_is_named(usage, night):
    with pytest.raises(DreamwatchError, match="--start 'yesterday'"):
        usage("import", "bed-7", night, "--start", "yesterday")
