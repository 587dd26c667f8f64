"""The station: all sources or none, and what counts as watched."""

import json

import pytest
from service_fakes import FakeHub

from monitor.domain.errors import SourceError
from monitor.sources.simulator.source import SimulatorSource
from service.errors import SettingsError
from service.settings import Settings
from service.station import Station
from service.store import Store

SPEC = "sim:?hours=0.1&sfreq=100&dreamer=bed-7"


def settings(data_dir, *sources: str) -> Settings:
    return Settings(sources=sources, data_dir=data_dir)


def test_two_sources_of_one_dreamer_are_refused(tmp_path):
    with pytest.raises(SettingsError, match="two sources watch 'bed-7'"):
        Station(settings(tmp_path, SPEC, f"{SPEC}&seed=2"))


def test_a_source_that_cannot_be_opened_lets_everything_go_again(tmp_path):
    with pytest.raises(SourceError, match=r"missing\.edf"):
        Station(settings(tmp_path, SPEC, "edf:missing.edf?dreamer=bed-8"))
    Store(tmp_path).close()


def test_stopping_closes_every_source_once(tmp_path, monkeypatch):
    closed = []
    monkeypatch.setattr(SimulatorSource, "close", lambda source: closed.append(source))
    station = Station(settings(tmp_path, SPEC, f"{SPEC[:-1]}8"))
    station.stop()
    assert len(closed) == len(set(map(id, closed))) == 2


def test_before_its_runner_turns_nobody_is_monitored(tmp_path):
    station = Station(settings(tmp_path, SPEC))
    assert station.coverage() == {"bed-7": "NOT_MONITORED"}
    assert not station.ready
    station.stop()


def test_those_of_earlier_nights_are_shown_but_not_as_monitored(tmp_path):
    station = Station(settings(tmp_path, SPEC))
    runner = station.runners["bed-7"]
    runner._listeners = [FakeHub()]
    runner.begin()
    station.stop()
    later = Station(settings(tmp_path))
    assert later.coverage() == {"bed-7": "NOT_MONITORED"}
    shown = later.describe("bed-7")
    assert shown["session"]["status"] == "started"
    assert shown["coverage_reason"]["text"] == "no source watches this dreamer now"
    later.stop()


def test_a_runner_that_has_failed_is_named_wherever_coverage_is_told(tmp_path):
    station = Station(settings(tmp_path, SPEC))
    runner = station.runners["bed-7"]
    runner._source_failed = "the cable is out"
    assert station.coverage() == {"bed-7": "NOT_MONITORED"}
    reason = station.describe("bed-7")["coverage_reason"]
    assert (reason["code"], reason["text"]) == ("not_watched", "the cable is out")
    beat = json.loads(station.heartbeat().text)["data"]
    assert beat["coverage"] == {"bed-7": "NOT_MONITORED"}
    assert beat["reasons"] == {"bed-7": reason}
    station.stop()
