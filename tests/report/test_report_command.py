"""``dreamwatch report`` as a user runs it."""

import json
from pathlib import Path

import pytest
from scripted_night import SESSION, report_of
from typer.testing import CliRunner, Result

from monitor.domain.errors import DreamwatchError
from service.cli import app
from service.errors import StoreError
from service.report.night import NoSuchSession
from service.report.shapes import NightReport
from service.store import Store


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


def test_it_writes_one_file_named_by_dreamer_and_session(data_dir, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("latest", "--data-dir", data_dir).exit_code == 0
    (written,) = tmp_path.iterdir()
    assert written.name == f"bed-7-{SESSION}.html"
    assert written.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_figures_are_printed_and_the_page_only_where_it_is_asked_for(
    data_dir, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    printed = NightReport.model_validate_json(run("bed-7", "--json", "--data-dir", data_dir).stdout)
    expected = report_of(data_dir)
    assert printed.statistics == expected.statistics
    assert printed.alarms == expected.alarms
    assert list(tmp_path.iterdir()) == []
    run("bed-7", "--json", "--data-dir", data_dir, "--out", "night.html")
    assert [path.name for path in tmp_path.iterdir()] == ["night.html"]


def test_it_works_beside_a_service_that_holds_the_log(data_dir):
    with Store(data_dir):
        told = run(SESSION, "--json", "--data-dir", data_dir)
    assert json.loads(told.stdout)["session"] == SESSION


def test_what_cannot_be_reported_is_said(data_dir, tmp_path):
    nobody = run("bed-8", "--data-dir", data_dir).exception
    assert isinstance(nobody, NoSuchSession)
    assert "'bed-8'" in str(nobody)
    assert isinstance(run("latest", "--data-dir", tmp_path).exception, StoreError)
    refused = run(SESSION, "--data-dir", data_dir, "--out", tmp_path / "no" / "file.html").exception
    assert isinstance(refused, DreamwatchError)
    assert "cannot be written" in str(refused)


def test_a_second_opinion_needs_the_signal(data_dir):
    pytest.importorskip("yasa", reason="needs the bench extra (yasa)")
    refused = run(SESSION, "--data-dir", data_dir, "--second-opinion").exception
    assert isinstance(refused, DreamwatchError)
    assert "was not recorded" in str(refused)
