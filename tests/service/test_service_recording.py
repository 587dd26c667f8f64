"""A live session is written as it comes, and a disk that fails is an alarm, not an end."""

from itertools import chain
from types import SimpleNamespace

import pytest
from service_fakes import START, FakeHub

from monitor.sources.edf import open_edf
from monitor.sources.spec import parse_spec
from monitor.staging.bundle import load_bundle
from service import recording
from service.runner import Runner
from service.scoring import score_night
from service.store import RUNNING, Store
from service.watch import open_watch

SPEC = "sim:?seed=5&hours=0.1&sfreq=100&speed=0&dreamer=bed-7"
SFREQ = 100


@pytest.fixture(scope="module")
def bundle():
    return load_bundle()


def opened(store, bundle, spec=SPEC + "&record=yes"):
    runner = Runner(open_watch(parse_spec(spec), bundle, store, START), store, [FakeHub()])
    runner.begin()
    return runner


def advance(runner, until_s):
    while runner._status == RUNNING and runner._session.position < until_s * SFREQ:
        runner.turn()


def log(store, kind):
    entries = chain.from_iterable(store.between({}, {"bed-7": 10_000}))
    return [entry.message["data"] for entry in entries if entry.type == kind]


def test_the_recording_of_a_session_is_staged_as_the_session_was(tmp_path, bundle):
    with Store(tmp_path) as store:
        runner = opened(store, bundle)
        advance(runner, 330)
        runner.stop()
        (path,) = (tmp_path / "recordings" / "bed-7").iterdir()
        staged = [epoch["stage"] for epoch in log(store, "epoch")]
    source = open_edf(str(path), {})
    assert [epoch.stage for epoch in score_night(source, bundle).epochs][: len(staged)] == staged
    assert len(staged) == 11
    source.close()


@pytest.mark.parametrize("spec", [SPEC, SPEC + "&record=no"])
def test_what_can_be_had_again_is_not_recorded_unasked(tmp_path, bundle, spec):
    with Store(tmp_path) as store:
        runner = opened(store, bundle, spec)
        advance(runner, 60)
        runner.stop()
    assert not (tmp_path / "recordings").exists()


def test_what_is_live_is_recorded_unless_told_otherwise():
    assert parse_spec("board:synthetic").record
    assert not parse_spec("board:synthetic?record=no").record


def test_a_full_disk_is_a_fault_that_is_over_when_there_is_room(tmp_path, bundle, monkeypatch):
    disk = SimpleNamespace(free=2**40)
    module = recording.recording
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: disk)
    with Store(tmp_path) as store:
        runner = opened(store, bundle)
        advance(runner, 60)
        disk.free = 2**20
        advance(runner, 180)
        disk.free = 2**40
        advance(runner, 300)
        runner.stop()
        faults = [a for a in log(store, "alarm") if a["kind"] == "PIPELINE_FAULT"]
        assert [a["state"] for a in faults] == ["ACTIVE_UNACK", "RESOLVED"]
        assert "1 MiB left" in faults[0]["reason"]["text"]
        assert len(log(store, "epoch")) == 10
    assert len(list((tmp_path / "recordings" / "bed-7").iterdir())) == 2


def test_a_restart_writes_a_new_part_and_harms_no_old_one(tmp_path, bundle):
    with Store(tmp_path) as store:
        runner = opened(store, bundle)
        advance(runner, 60)
        runner.stop()
        (first,) = (tmp_path / "recordings" / "bed-7").iterdir()
        before = first.read_bytes()
        runner = opened(store, bundle)
        advance(runner, 120)
        runner.stop()
    assert first.read_bytes() == before
    assert {p.name for p in first.parent.iterdir()} == {first.name, f"{first.stem}.part2.edf"}
