"""The tables of the account: one row a night, forgotten with the dreamer, made in older logs."""

import sqlite3

import pytest
from service_fakes import START, epoch

from monitor.domain.errors import NotAllowed
from monitor.domain.stage import Stage
from monitor.sources.spec import parse_spec
from monitor.usage.changes import Override, TimeOut
from monitor.usage.record import SessionRecord
from service.audit import audit
from service.database import FILE
from service.entries import draft
from service.errors import StoreError
from service.retention import forget
from service.store import ENDED, SessionRow, Store
from service.usage.desk import Desk
from service.usage.nights import KEPT_S, night_of

SECRET = "bed-of-roses"  # noqa: S105 - what must not be found again


def record(name: str = "n1", start: float = START) -> SessionRecord:
    return SessionRecord(name, start, start + 3_600, ((Stage.N2, 120),))


def commit(store: Store, night: SessionRecord, dreamer: str = SECRET) -> None:
    row = SessionRow("s1", dreamer, "sim:", START, ENDED, b"")
    store.commit(row, [draft(epoch(0), "s1")], night)


def time_out(at: float = START) -> TimeOut:
    return TimeOut(at=at, actor="ann", role="dreamer", days=7)


def test_a_night_is_renewed_with_every_commit(tmp_path):
    with Store(tmp_path) as store:
        commit(store, SessionRecord("n1", START, START + 30, ((Stage.W, 1),), ended=False))
        commit(store, record())
    assert Desk(tmp_path, "UTC").read(SECRET).past.records == (record(),)


def test_an_account_is_forgotten_with_its_dreamer_and_the_log_stays_sound(tmp_path):
    desk = Desk(tmp_path, "UTC")
    with Store(tmp_path) as store:
        commit(store, record())
    desk.add(SECRET, record("n0", START - KEPT_S - 86_400))
    desk.add(SECRET, record("n00", START - KEPT_S + 86_400))
    desk.ask(SECRET, "c1", time_out())
    forget(tmp_path, SECRET, "ann", START, before=START)
    assert [night.session for night in desk.read(SECRET).past.records] == ["n00", "n1"]
    assert len(desk.read(SECRET).past.changes) == 1
    forget(tmp_path, SECRET, "ann", START + 9)
    with pytest.raises(StoreError, match="no account"):
        desk.read(SECRET)
    assert audit(tmp_path).faults == []
    files = [file.read_bytes() for file in tmp_path.iterdir() if file.is_file()]
    assert not any(SECRET.encode() in found for found in files)


def test_who_was_only_imported_can_be_forgotten(tmp_path):
    desk = Desk(tmp_path, "UTC")
    desk.add(SECRET, record())
    assert audit(tmp_path).faults == []
    forget(tmp_path, SECRET, "ann", START + 9)
    with pytest.raises(StoreError, match="no account"):
        desk.read(SECRET)
    assert audit(tmp_path).faults == []


def test_a_change_is_an_entry_of_the_log_and_the_same_command_none(tmp_path):
    desk = Desk(tmp_path, "UTC")
    assert desk.ask(SECRET, "c1", time_out())
    assert not desk.ask(SECRET, "c1", time_out())
    lift = Override(at=START, actor="bob", role="dreamer", name="bob", reason="x", hours=1)
    with pytest.raises(NotAllowed, match="admin"):
        desk.ask(SECRET, "c2", lift)
    with sqlite3.connect(tmp_path / FILE) as connection:
        said = [data for (data,) in connection.execute("SELECT data FROM events")]
    connection.close()
    assert len(said) == 1
    assert '"time_out"' in said[0]
    assert SECRET not in said[0]


def test_a_log_of_version_2_is_brought_up_to_date(tmp_path):
    with Store(tmp_path) as store:
        commit(store, record())
    with sqlite3.connect(tmp_path / FILE) as connection:
        for table in ("nights", "limit_changes", "tokens"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with Store(tmp_path) as store:
        assert [entry.type for batch in store.between({}, {SECRET: 9}) for entry in batch] == [
            "epoch"
        ]
        commit(store, record())
    assert audit(tmp_path).faults == []


def test_a_recording_is_the_same_night_whenever_and_however_fast_it_is_replayed(tmp_path):
    file, copy, other = (tmp_path / name for name in ("a.edf", "b.edf", "c.edf"))
    file.write_bytes(b"0" * 70_000)
    copy.write_bytes(b"0" * 70_000)
    other.write_bytes(b"0" * 70_001)
    names = [
        night_of(parse_spec(f"edf:{path}?{options}"), session)
        for path, options, session in [
            (file, "speed=60", "s1"),
            (copy, "speed=0&planned_minutes=9", "s2"),
            (other, "", "s3"),
        ]
    ]
    assert names[0] == names[1] != names[2]
    assert night_of(parse_spec("sim:?seed=1&speed=9"), "s") == night_of(
        parse_spec("sim:?seed=1"), "t"
    )
    assert night_of(parse_spec("sim:?seed=2"), "s") != night_of(parse_spec("sim:?seed=1"), "s")
    assert night_of(parse_spec("board:synthetic"), "s1") == "s1"
