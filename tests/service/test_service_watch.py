"""Taking up the watch again: the same session after a kill, alarms carried over, losses told."""

import json
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
from service_fakes import START, FakeHub, alarm

from monitor.domain.errors import ModelError
from monitor.domain.events import UsageCounted
from monitor.domain.inputs import Acknowledge, Gap, Wake
from monitor.domain.stage import STAGES
from monitor.sources.spec import open_source, parse_spec
from monitor.staging.bundle import load_bundle
from monitor.staging.calibration import Calibration
from service import watch as module
from service.entries import draft
from service.runner import Runner
from service.snapshots import pack
from service.store import ENDED, RUNNING, SessionRow, Store
from service.watch import RESUME_WITHIN_S, open_watch

SFREQ = 100
END_S = 361
SPEC = parse_spec("sim:?scenario=unresponsive&seed=5&hours=0.1&sfreq=100&speed=0&dreamer=bed-7")


@pytest.fixture(scope="module")
def bundle():
    return load_bundle()


def opened(store: Store, bundle, spec=SPEC, now: float = START) -> Runner:
    runner = Runner(open_watch(spec, bundle, store, now), store, [FakeHub()])
    runner.begin()
    return runner


def advance(runner: Runner, until_s: int) -> None:
    """Take turns until this second of the night; at second 120 somebody wakes the dreamer."""
    while runner._status == RUNNING and runner._session.position < until_s * SFREQ:
        if runner._session.position == 120 * SFREQ:
            runner.submit(Wake(command_id="wake-1"))
            runner.answer(0)
        runner.turn()


def log(store: Store) -> list:
    return list(chain.from_iterable(store.between({}, {"bed-7": 10_000})))


def told(store: Store) -> list:
    """Return what was said, but for the resumptions and the coverage they repeat."""
    said, coverage = [], None
    for entry in log(store):
        now = entry.message["data"].get("coverage", coverage)
        if entry.type != "session" and (entry.type != "coverage" or now != coverage):
            said.append((entry.type, entry.at, entry.data))
        coverage = now
    return said


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, bundle):
    with Store(tmp_path_factory.mktemp("whole")) as store:
        advance(opened(store, bundle), END_S)
        return store.last_session("bed-7").session, told(store)


def test_the_night_has_what_a_kill_could_lose(undisturbed):
    kinds = [json.loads(data).get("kind") for kind, _, data in undisturbed[1] if kind == "alarm"]
    assert "UNRESPONSIVE" in kinds
    assert {"epoch", "wake", "command", "coverage"} <= {kind for kind, _, _ in undisturbed[1]}


@pytest.mark.parametrize("kills", [(1,), (119,), (121, 150), (40, 170, 171, 260, 330), (301,)])
def test_a_night_killed_anywhere_tells_the_same_as_one_that_was_not(
    tmp_path, bundle, undisturbed, kills, monkeypatch
):
    """Nothing is done at the end of a runner here, just as nothing is at a kill -9."""
    name, expected = undisturbed
    monkeypatch.setattr(module, "_new_id", lambda _: name)
    with Store(tmp_path) as store:
        for kill in (*kills, END_S):
            advance(opened(store, bundle, now=START + 9999 * (kill != kills[0])), kill)
        assert [e.seq for e in log(store)] == list(range(1, len(log(store)) + 1))
        assert told(store) == expected
        statuses = [e.message["data"]["status"] for e in log(store) if e.type == "session"]
        assert statuses == ["started", *["resumed"] * len(kills), "ended"]


def test_after_the_end_a_new_session_begins_later_and_keeps_open_alarms(tmp_path, bundle):
    with Store(tmp_path) as store:
        advance(opened(store, bundle), END_S)
        first, last_at = store.last_session("bed-7"), store.last_at("bed-7")
        assert first.status == ENDED
        runner = opened(store, bundle, now=START + 1)
        second = store.last_session("bed-7")
        assert second.session != first.session
        assert second.start == runner._session.now == last_at
        alarms = [e.message["data"] for e in log(store) if e.type == "alarm"]
        alarm = next(a for a in reversed(alarms) if a["kind"] == "UNRESPONSIVE")
        command = Acknowledge(
            command_id="ack", alarm_id=alarm["alarm_id"], expected_version=alarm["version"]
        )
        answer = runner.submit(command)
        runner.answer(0)
        states = [e.message["data"].get("state") for e in answer.result()]
        assert "ACTIVE_ACK" in states


def test_a_session_begins_no_earlier_than_the_other_had_got_to(tmp_path, bundle):
    """Time that passed without an entry in the log counts too."""
    with Store(tmp_path) as store:
        runner = opened(store, bundle)
        advance(runner, 45)
        runner._record([UsageCounted(START + 1, "night", 0.0, 0.0, 0.0, 0.0, 0.0)])
        reached = runner._session.now
        assert store.last_at("bed-7") < reached
        opened(store, bundle, replace(SPEC, text=f"{SPEC.text}&speed=2"), now=START - 500)
        assert store.last_session("bed-7").start == reached


def test_another_spec_begins_another_session(tmp_path, bundle):
    with Store(tmp_path) as store:
        advance(opened(store, bundle), 60)
        before = store.last_session("bed-7")
        opened(store, bundle, replace(SPEC, text=f"{SPEC.text}&speed=2"), now=START + 100)
        after = store.last_session("bed-7")
        assert after.session != before.session
        assert after.start == START + 100


def test_a_state_that_does_not_fit_any_more_begins_another_session(
    tmp_path, bundle, monkeypatch, caplog
):
    with Store(tmp_path) as store:
        advance(opened(store, bundle), 60)
        before = store.last_session("bed-7").session
        fewer = parse_spec(f"{SPEC.text}&channels=Fpz-Cz")
        monkeypatch.setattr(module, "open_source", lambda _: open_source(fewer))
        opened(store, bundle, now=START + 100)
        assert store.last_session("bed-7").session != before
    assert "cannot go on" in caplog.text


@pytest.mark.parametrize("snapshot", [b"damaged", pack({}), pack({"now": START, "alarms": {}})])
def test_a_damaged_state_keeps_nobody_from_being_watched_and_is_an_error_in_the_log(
    tmp_path, bundle, caplog, snapshot
):
    with Store(tmp_path) as store:
        row = SessionRow("night", "bed-7", SPEC.text, START, RUNNING, snapshot)
        store.commit(row, [draft(alarm(), "night")])
        runner = opened(store, bundle)
        runner.turn()
        assert store.last_session("bed-7").session != "night"
        assert log(store)[0].message["data"]["state"] == "ACTIVE_UNACK"
    told = [r.getMessage() for r in caplog.records if r.levelname == "ERROR"]
    assert len(told) == 1
    assert told[0].startswith("bed-7: a new session begins without what session night left open")


@pytest.fixture
def live(monkeypatch):
    def open_live(spec):
        source = open_source(spec)
        source.live = True
        return source

    monkeypatch.setattr(module, "open_source", open_live)


@pytest.mark.usefixtures("live")
def test_what_a_live_source_sent_meanwhile_is_lost_and_said_so(tmp_path, bundle):
    with Store(tmp_path) as store:
        runner = opened(store, bundle)
        for _ in range(90):
            runner.turn()
        watch = open_watch(SPEC, bundle, store, START + 150)
        assert watch.lost == Gap(90 * SFREQ, 60 * SFREQ, "service stopped")
        assert watch.source.read()[0].first_sample == 150 * SFREQ
        Runner(watch, store, [FakeHub()]).begin()
        assert [e.type for e in log(store)][-1:] != ["session"]
        assert "gap" in [e.type for e in log(store)]


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    ("later", "goes_on"), [(-50, True), (RESUME_WITHIN_S, True), (RESUME_WITHIN_S + 31, False)]
)
def test_a_clock_set_back_loses_nothing_and_the_next_night_is_another_session(
    tmp_path, bundle, later, goes_on
):
    with Store(tmp_path) as store:
        runner = opened(store, bundle)
        for _ in range(30):
            runner.turn()
        watch = open_watch(SPEC, bundle, store, START + later)
        assert (watch.lost is not None) is (goes_on and later > 0)
        assert (watch.session.config.session == store.last_session("bed-7").session) is goes_on


def wearer_of(sha256: str) -> Calibration:
    bias = dict.fromkeys(STAGES, 0.0) | {"N3": 2.0}
    return Calibration(sha256, 2.0, bias, "2026", 900, None, None)


def probabilities(folder, bundle, spec) -> np.ndarray:
    """Return what is logged of the first minute."""
    with Store(folder) as store:
        advance(opened(store, bundle, spec), 61)
        epochs = [entry.message["data"] for entry in log(store) if entry.type == "epoch"]
        return np.array([list(epoch["proba"].values()) for epoch in epochs])


def test_a_wearers_calibration_is_applied_and_one_of_another_model_is_left_aside(
    tmp_path, bundle, caplog
):
    wearer, path = wearer_of(bundle.card["sha256"]), tmp_path / "wearer.json"
    spec = parse_spec(f"{SPEC.text}&calibration={path}")
    plain = probabilities(tmp_path / "plain", bundle, SPEC)
    assert len(plain) == 2

    path.write_text(json.dumps(wearer.to_dict()))
    said = probabilities(tmp_path / "calibrated", bundle, spec)
    assert said == pytest.approx(wearer.apply(plain), abs=1e-3)
    assert not caplog.records

    path.write_text(json.dumps(wearer_of("0" * 64).to_dict()))
    assert probabilities(tmp_path / "other", bundle, spec) == pytest.approx(plain)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert f"bed-7: watched without {path}: " in caplog.text
    assert "calibrate anew" in caplog.text


@pytest.mark.parametrize(("content", "said"), [(None, "cannot be read"), ("{}", "no calibration")])
def test_a_calibration_that_is_missing_or_damaged_is_an_error(tmp_path, bundle, content, said):
    path = tmp_path / "wearer.json"
    if content:
        path.write_text(content)
    spec = parse_spec(f"{SPEC.text}&calibration={path}")
    with Store(tmp_path) as store, pytest.raises(ModelError, match=rf"wearer\.json .*{said}"):
        open_watch(spec, bundle, store, START)


def test_a_session_keeps_its_plan_over_a_restart(tmp_path, bundle):
    with Store(tmp_path) as store:
        asked = replace(SPEC, planned_s=90.0)
        advance(opened(store, bundle, asked), 40)
        resumed = open_watch(SPEC, bundle, store, START + 50).session
    assert resumed.config.planned_s == 90.0
