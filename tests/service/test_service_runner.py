"""A runner under a fake clock: pace, ticks, commands, commit before publish, failure."""

import json
import sqlite3
from concurrent.futures import Future
from contextlib import closing
from itertools import chain

import pytest
from service_fakes import SFREQ, START, FakeClock, FakeHub, FakeSession, FakeSource, types
from service_server import eventually

from monitor.domain.errors import SourceError, UnknownAlarm
from monitor.domain.events import LiveStage
from monitor.domain.inputs import Acknowledge, Chunk, End, Finish, Gap, Tick, Wake
from monitor.domain.stage import Stage
from monitor.sources.spec import SourceSpec
from service.contract import Live
from service.database import FILE
from service.errors import NotWatched, StoreError
from service.recorder import LONGEST_RETRY_S
from service.runner import MAX_WAIT_S, STALLED_S, Runner
from service.snapshots import unpack
from service.store import ENDED, RUNNING, Store
from service.watch import Watch

LONG = 1000


class World(FakeHub):
    """A runner whose turns the test takes, and all it can see."""

    def __init__(self, store: Store, speed: float = 1.0, lost: Gap | None = None, **source) -> None:
        super().__init__()
        self.clock, self.store = FakeClock(), store
        self.source, self.session = FakeSource(**source), FakeSession()
        spec = SourceSpec("fake:", "fake", "", {}, "bed-7", speed)
        watch = Watch(spec, self.source, self.session, lost=lost)
        self.runner = Runner(watch, store, [self], self.clock)

    def publish(self, entries) -> None:
        """Whoever hears of an entry finds it in the log already."""
        heads = {"bed-7": entries[-1].seq}
        logged = list(chain.from_iterable(self.store.between({}, heads)))
        assert [e.text for e in logged[-len(entries) :]] == [e.text for e in entries]
        super().publish(entries)

    def turn_until_waiting(self) -> float:
        for _ in range(LONG):
            if wait := self.runner.turn():
                return wait
        raise AssertionError("never waits")

    def pass_time(self, seconds: float) -> None:
        until = self.clock.now + seconds
        while self.clock.now < until:
            self.clock.now += min(self.turn_until_waiting(), until - self.clock.now)
        self.turn_until_waiting()

    def order(self, command) -> Future:
        answer = self.runner.submit(command)
        self.runner.answer(0)
        return answer

    def chunks(self) -> int:
        return len(self.session.of(Chunk))


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("speed", [0.5, 1, 20])
def test_a_recording_is_pushed_at_its_speed(store, speed):
    world = World(store, speed, seconds=60)
    world.runner.begin()
    world.pass_time(10 / speed)
    assert world.chunks() == 11
    world.pass_time(10 / speed)
    assert world.chunks() == 21


def test_no_sleep_is_longer_than_a_command_may_wait(store):
    world = World(store, 0.01)
    world.runner.begin()
    assert 0 < world.turn_until_waiting() <= MAX_WAIT_S


def test_as_fast_as_possible_never_waits_until_the_end(store):
    world = World(store, speed=0, seconds=60)
    world.runner.begin()
    assert [world.runner.turn() for _ in range(61)] == [0.0] * 61
    assert world.chunks() == 60
    assert world.session.of(End) == [End(600)]


def test_a_replay_that_was_held_up_goes_on_at_its_speed_without_catching_up(store):
    world = World(store, speed=1, seconds=60)
    world.runner.begin()
    world.pass_time(5)
    world.clock.now += 20
    world.turn_until_waiting()
    assert world.chunks() <= 8
    world.pass_time(5)
    assert world.chunks() <= 13


@pytest.mark.parametrize("speed", [1, 0, 120])
def test_after_the_end_time_goes_on_at_the_speed_of_life(store, speed):
    world = World(store, speed, seconds=2)
    world.runner.begin()
    for _ in range(LONG):
        if world.session.of(End):
            break
        world.clock.now += world.runner.turn()
    world.pass_time(10)
    last = world.session.ticks[-1]
    assert last == pytest.approx(2 * SFREQ + 10 * SFREQ, abs=2 * SFREQ)
    assert world.session.ticks == sorted(world.session.ticks)
    assert store.last_session("bed-7").status == ENDED
    assert not world.order(Wake(command_id="later")).exception()


@pytest.mark.parametrize("speed", [1, 120])
def test_when_a_person_ends_the_session_time_goes_on_at_the_speed_of_life(store, speed):
    world = World(store, speed, seconds=1000)
    world.runner.begin()
    world.pass_time(3)
    reached = world.session.position
    world.order(Finish(command_id="up"))
    world.pass_time(10)
    assert world.session.position == reached
    assert world.session.ticks[-1] == pytest.approx(reached + 10 * SFREQ, abs=2 * SFREQ)


def test_a_live_source_that_is_silent_ticks_once_a_second(store):
    world = World(store, live=True)
    world.runner.begin()
    world.pass_time(3.05)
    assert world.session.ticks == pytest.approx([10, 20, 30], abs=2)


def test_signal_of_a_live_source_sets_the_time_anew(store):
    world = World(store, live=True)
    world.runner.begin()
    for first in range(0, 100, 10):
        world.source.coming = [FakeSource(100).read()[0]]
        world.source.coming = [Chunk(world.source.coming[0].data, first)]
        world.pass_time(0.9)
    assert world.session.ticks == []
    world.pass_time(1)
    assert world.session.ticks[0] >= 110


def test_what_was_lost_while_no_service_ran_is_pushed_first(store):
    world = World(store, live=True, lost=Gap(0, 600, "service stopped"))
    world.runner.begin()
    assert types(world.published) == ["session", "gap"]
    assert world.session.position == 600
    world.pass_time(1.2)
    assert world.session.ticks[0] >= 610


def test_state_and_events_are_committed_before_anybody_hears_of_them(store):
    world = World(store, speed=0, seconds=3)
    world.runner.begin()
    for heard in (1, 2, 3, 4):
        row = store.last_session("bed-7")
        assert len(world.published) == len(world.source.heard) == heard
        assert unpack(row.snapshot) == {"position": world.session.position}
        assert row.status == RUNNING
        world.runner.turn()
    assert [e.seq for e in world.published] == [1, 2, 3, 4, 5]


def failing(store, monkeypatch, times: int, fails=lambda: None) -> list:
    """Let the next commits fail; return what each try was given."""
    tries, commit = [], store.commit

    def try_to(row, drafts, _night=None):
        tries.append((row, drafts))
        if len(tries) <= times:
            fails()
            raise StoreError("the disk is full")
        return commit(row, drafts)

    monkeypatch.setattr(store, "commit", try_to)
    return tries


def test_a_log_that_cannot_be_written_holds_the_runner_up_and_loses_nothing(
    store, monkeypatch, caplog
):
    world = World(store, speed=0)
    world.runner.begin()
    world.runner.turn()
    waits, seen = [], []
    monkeypatch.setattr(world.runner._recorder, "_pause", lambda wait: waits.append(wait))
    tries = failing(
        store,
        monkeypatch,
        9,
        lambda: seen.append((types(world.published), len(world.source.heard))),
    )
    world.runner.turn()
    assert seen == [(["session", "epoch"], 2)] * 9
    assert all(again == tries[0] for again in tries)
    assert waits == sorted(waits)
    assert waits[0] < 1 < waits[-1] == LONGEST_RETRY_S
    assert [e.seq for e in world.published] == [1, 2, 3]
    assert caplog.text.count("the disk is full") == 1
    assert world.runner.watching
    assert types(world.order(Wake(command_id="later")).result()) == ["command"]


def test_while_the_log_cannot_be_written_nobody_is_monitored(store, monkeypatch):
    world = World(store, speed=0)
    world.runner.begin()
    world.runner.turn()
    said = []

    def pause(_wait: float) -> None:
        said.append((world.runner.watching, world.runner.failure))

    monkeypatch.setattr(world.runner._recorder, "_pause", pause)
    failing(store, monkeypatch, 2)
    world.runner.turn()
    assert said == [(False, "the disk is full")] * 2
    assert world.runner.failure is None


def test_stopping_ends_the_waiting_for_a_log_and_publishes_nothing(store, monkeypatch):
    tries = failing(store, monkeypatch, LONG)
    spec = SourceSpec("fake:", "fake", "", {}, "bed-7")
    hub = FakeHub()
    runner = Runner(Watch(spec, FakeSource(), FakeSession()), store, [hub])
    runner.start()
    eventually(lambda: len(tries) > 1)
    waiting = runner.submit(Wake(command_id="c"))
    runner.stop()
    assert hub.published == []
    assert isinstance(waiting.exception(timeout=1), NotWatched)


def test_a_database_locked_by_another_program_is_outlasted(tmp_path, monkeypatch):
    monkeypatch.setattr("service.database.BUSY_TIMEOUT_S", 0.01)
    with Store(tmp_path) as store, closing(sqlite3.connect(tmp_path / FILE)) as backup:
        world = World(store, speed=0)
        world.runner.begin()
        backup.isolation_level = None
        backup.execute("BEGIN EXCLUSIVE")
        tries = []

        def pause(_wait: float) -> None:
            tries.append(world.runner.failure)
            if len(tries) == 3:
                backup.execute("ROLLBACK")

        monkeypatch.setattr(world.runner._recorder, "_pause", pause)
        world.runner.turn()
        assert tries == ["the log cannot be used: database is locked"] * 3
        assert [e.seq for e in world.published] == [1, 2]


def test_a_push_without_events_writes_nothing(store):
    world = World(store, live=True)
    world.runner.begin()
    before = store.last_session("bed-7")
    world.session.position = 77
    world.pass_time(3)
    assert world.session.of(Tick)
    assert store.last_session("bed-7") == before


def test_commands_are_carried_out_between_inputs_once(store):
    world = World(store, speed=0)
    world.runner.begin()
    world.runner.turn()
    entries = world.order(Wake(command_id="c-1", actor="Ann")).result()
    assert types(entries) == ["command"]
    assert entries[0].message["data"]["actor"] == "Ann"
    assert world.order(Wake(command_id="c-1", actor="Ann")).result() == []
    assert types(world.published) == ["session", "epoch", "command"]


def test_a_refused_command_is_told_to_its_sender_and_harms_nobody(store):
    world = World(store, speed=0)
    world.runner.begin()
    answer = world.order(Acknowledge(command_id="c", alarm_id="bed-7:X::1", expected_version=1))
    assert isinstance(answer.exception(), UnknownAlarm)
    world.runner.turn()
    assert world.chunks() == 1


def test_a_command_whose_sender_has_gone_is_not_carried_out(store):
    world = World(store)
    world.runner.begin()
    answer = world.runner.submit(Wake(command_id="c-1"))
    answer.cancel()
    world.runner.answer(0)
    assert world.session.of(Wake) == []


def test_what_the_dreamer_does_unasked_is_no_failure(store):
    world = World(store, live=True)
    world.runner.begin()
    world.source.coming = [Acknowledge(command_id="c", alarm_id="x", expected_version=1)]
    world.pass_time(1)
    assert world.runner.failure is None


class Broken(FakeSource):
    def read(self):
        raise RuntimeError("the cable is out")


def start_broken(store) -> Runner:
    spec = SourceSpec("fake:", "fake", "", {}, "bed-7")
    runner = Runner(Watch(spec, Broken(), FakeSession()), store, [FakeHub()])
    runner.start()
    runner._running.exception(timeout=10)
    runner.stop()
    return runner


def test_a_thread_that_dies_is_seen_and_answers_no_command_with_silence(store, caplog):
    runner = start_broken(store)
    assert not runner.watching
    assert runner.failure == "RuntimeError: the cable is out"
    assert "bed-7 is no longer monitored" in caplog.text
    assert isinstance(runner.submit(Wake(command_id="c")).exception(timeout=1), NotWatched)


def test_commands_waiting_when_the_thread_dies_are_refused(store):
    world = World(store)
    waiting = world.runner.submit(Wake(command_id="c"))
    died: Future[None] = Future()
    died.set_exception(RuntimeError("gone"))
    world.runner._finished(died)
    assert isinstance(waiting.exception(timeout=1), NotWatched)


def test_a_source_that_hangs_counts_as_not_watched(store):
    world = World(store)
    world.runner.begin()
    world.runner.turn()
    assert world.runner.watching
    world.clock.now += STALLED_S + 1
    assert not world.runner.watching
    assert "no sign of life for 6 s" in world.runner.failure


def test_stopping_ends_the_thread_at_once(store):
    source = FakeSource(seconds=1)
    spec = SourceSpec("fake:", "fake", "", {}, "bed-7", 0)
    hub = FakeHub()
    runner = Runner(Watch(spec, source, FakeSession()), store, [hub])
    runner.start()
    assert runner.submit(Wake(command_id="c")).result(timeout=10)
    runner.stop()
    assert "command" in types(hub.published)
    assert runner._running.exception() is None
    assert store.last_at("bed-7") >= START


def test_a_source_that_fails_falls_silent_and_time_goes_on(store):
    world = World(store, speed=120, seconds=60)
    world.runner.begin()
    world.pass_time(0.1)

    def read():
        raise SourceError("night.edf: cannot be read any more")

    world.source.read = read
    world.pass_time(20)
    assert world.session.of(End) == []
    assert world.session.ticks[-1] - world.session.ticks[0] == pytest.approx(19 * SFREQ, abs=20)
    assert world.runner.failure == "night.edf: cannot be read any more"
    assert not world.runner.watching
    assert not world.order(Wake(command_id="later")).exception()


def test_the_live_stage_is_told_and_not_logged(store):
    world = World(store, speed=0)
    world.runner.begin()
    before = len(world.published)
    old, new = (LiveStage(START + at, Stage.N2, START, {}, 0.9) for at in (5, 10))
    assert world.runner._record([old, new]) == []
    assert len(world.published) == before
    (message,) = world.told
    assert (message.type, message.dreamer) == ("stage", "bed-7")
    told = json.loads(message.text)
    Live.model_validate(told)
    assert "seq" not in told
    assert told["at"] == "2027-01-15T08:00:10.000Z"
    assert told["data"]["stage"] == "N2"
    assert told["data"]["since"] == "2027-01-15T08:00:00.000Z"
    assert world.source.heard[-2:] == [old, new]
