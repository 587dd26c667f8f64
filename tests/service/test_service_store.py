"""The durable log: numbered without gaps, append-only, atomic, readable while written."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from service_fakes import START, alarm, epoch, started

from service.database import FILE
from service.entries import draft
from service.errors import StoreError
from service.store import BATCH, RUNNING, SessionRow, Store


def row(dreamer: str = "bed-7", session: str = "night", **changes: object) -> SessionRow:
    values = {"spec": "sim:", "start": START, "status": RUNNING, "snapshot": b"state"} | changes
    return SessionRow(session=session, dreamer=dreamer, **values)


def drafts(n: int, first: int = 0) -> list:
    return [draft(epoch(first + i, START + i), "night") for i in range(n)]


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path) as opened:
        yield opened


def everything(store: Store, heads: dict[str, int], cursor: dict[str, int] | None = None) -> list:
    return list(chain.from_iterable(store.between(cursor or {}, heads)))


def test_numbers_are_gap_free_per_dreamer_and_go_on_after_reopening(tmp_path):
    for _ in range(2):
        with Store(tmp_path) as store:
            for dreamer in ("bed-7", "bed-9", "bed-7"):
                store.commit(row(dreamer, f"night of {dreamer}"), drafts(3))
    with Store(tmp_path) as store:
        entries = everything(store, {"bed-7": 99, "bed-9": 99})
    assert [e.seq for e in entries if e.dreamer == "bed-7"] == list(range(1, 13))
    assert [e.seq for e in entries if e.dreamer == "bed-9"] == list(range(1, 7))


def test_many_writers_and_readers_at_once_leave_no_gap_and_lose_nothing(store):
    names = [f"bed-{i}" for i in range(6)]

    def write(name):
        for i in range(20):
            store.commit(row(name, f"night of {name}"), drafts(2, 2 * i))

    def read(name):
        seen = [[e.seq for e in everything(store, {name: 40})] for _ in range(10)]
        return all(numbers == list(range(1, len(numbers) + 1)) for numbers in seen)

    with ThreadPoolExecutor(12) as threads:
        writers = [threads.submit(write, name) for name in names]
        readers = [threads.submit(read, name) for name in names]
        assert [writer.result() for writer in writers] == [None] * 6
        assert all(reader.result() for reader in readers)
    assert len(everything(store, dict.fromkeys(names, 40))) == 6 * 40


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET data = '{}'",
        "UPDATE events SET salt = NULL, at = NULL, session = NULL, alarm_id = NULL, data = NULL",
        "DELETE FROM events",
        "UPDATE chains SET name = 'bed-8'",
        "UPDATE chains SET forgotten = -1",
        "UPDATE chains SET digest = ''",
        "DELETE FROM chains",
    ],
)
def test_the_database_itself_refuses_to_change_the_log(tmp_path, store, change):
    store.commit(row(), drafts(1))
    connection = sqlite3.connect(tmp_path / FILE)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(change)
    connection.close()


def test_events_and_state_are_committed_together_or_not_at_all(store):
    store.commit(row(snapshot=b"one"), drafts(1))
    twice = drafts(1) * 2  # the same event_id must not be there twice
    with pytest.raises(StoreError, match="UNIQUE"):
        store.commit(row(snapshot=b"two"), twice)
    assert [e.seq for e in everything(store, {"bed-7": 9})] == [1]
    assert store.last_session("bed-7").snapshot == b"one"
    assert [e.seq for e in store.commit(row(), drafts(1))] == [2]


def test_what_is_committed_survives_a_power_cut(store):
    with store._writer.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL


@pytest.mark.usefixtures("store")
def test_a_second_service_on_the_same_directory_is_refused(tmp_path):
    with pytest.raises(StoreError, match="another service"):
        Store(tmp_path)


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / FILE).write_bytes(b"this is not a database at all, not at all" * 40)
    with pytest.raises(StoreError, match=FILE):
        Store(tmp_path)


def test_a_log_of_a_newer_program_is_left_alone(tmp_path):
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="99"):
        Store(tmp_path)


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="file/below"):
        Store(tmp_path / "file" / "below")


def test_the_last_session_is_the_one_begun_last(store):
    assert store.last_session("bed-7") is None
    store.commit(row(session="first"), drafts(1))
    store.commit(row(session="second", snapshot=b"2"), drafts(1))
    store.commit(row(session="first", snapshot=b"1"), drafts(1))
    assert store.last_session("bed-7").session == "second"
    assert store.dreamers() == ["bed-7"]
    assert store.last_at("bed-7") == START
    assert store.last_at("nobody") == float("-inf")


def test_the_latest_entries_are_of_the_last_session_but_alarms_of_any(store):
    first, second = "bed-7:UNRESPONSIVE::1", "bed-7:SIGNAL_LOST::2"
    old = [
        started("first"),
        epoch(0),
        epoch(1),
        alarm(first),
        alarm(first, version=2),
        alarm(second),
    ]
    store.commit(row(session="first"), [draft(event, "first") for event in old])
    new = [started("second"), epoch(0)]
    store.commit(row(session="second"), [draft(event, "second") for event in new])
    store.commit(row("bed-9", "other"), drafts(1))
    latest = store.latest("bed-7")
    assert [(e.type, e.seq) for e in latest] == [
        ("alarm", 5), ("alarm", 6), ("session", 7), ("epoch", 8)
    ]  # fmt: skip
    assert store.version_of("bed-7", first) == 2
    assert store.version_of("bed-7", "bed-7:OVERRUN::1") is None


def test_epochs_are_those_of_the_session_and_the_dreamer(store):
    store.commit(row(), [draft(started("night"), "night"), *drafts(3)])
    assert [e.message["data"]["index"] for e in store.of_session("bed-7", "night", "epoch")] == [
        0,
        1,
        2,
    ]
    assert (
        store.of_session("bed-9", "night", "epoch")
        == store.of_session("bed-7", "other", "epoch")
        == []
    )


def test_between_reads_nothing_of_others_and_nothing_beyond_the_heads(store, monkeypatch):
    for dreamer in ("bed-7", "bed-8", "bed-9", "bed-7", "bed-8"):
        store.commit(row(dreamer, dreamer), drafts(BATCH if dreamer == "bed-9" else 1))
    store.commit(row("bed-7"), drafts(BATCH))
    found = []
    read = store._entries
    monkeypatch.setattr(store, "_entries", lambda query: found.extend(part := read(query)) or part)
    for heads in ({"bed-7": 2}, {"bed-7": 2, "bed-8": 2}):
        found.clear()
        assert everything(store, heads) == found
        assert len(found) == sum(heads.values())


@pytest.fixture(scope="module")
def long_log(tmp_path_factory):
    with Store(tmp_path_factory.mktemp("log")) as store:
        for i in range(3):
            for dreamer, n in (("a", BATCH // 2), ("b", BATCH // 3), ("c", 1)):
                store.commit(row(dreamer, dreamer), drafts(n, i * n))
        yield store, {"a": 3 * (BATCH // 2), "b": 3 * (BATCH // 3), "c": 3}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_between_gives_exactly_what_lies_between_in_order(long_log, data):
    store, lengths = long_log
    names = st.sampled_from([*lengths, "unknown"])
    cursor = data.draw(st.dictionaries(names, st.integers(0, 800)))
    heads = data.draw(st.dictionaries(names, st.integers(0, 800)))
    found = everything(store, heads, cursor)
    assert [e.position for e in found] == sorted({e.position for e in found})
    for name, length in lengths.items():
        expected = range(cursor.get(name, 0) + 1, min(heads.get(name, 0), length) + 1)
        assert [e.seq for e in found if e.dreamer == name] == list(expected)
