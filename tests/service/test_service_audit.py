# ruff: noqa: S608
"""An audit finds every edit made behind the log's back, and names the first entry that broke."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from service_fakes import START, alarm, epoch
from typer.testing import CliRunner

from service import audit as audit_module
from service.audit import Fault, Head, audit
from service.cli import app
from service.database import FILE
from service.entries import draft
from service.errors import StoreError
from service.retention import forget
from service.schema import VERSION
from service.store import RUNNING, SessionRow, Store

DREAMERS = ("bed-7", "bed-8", "bed-9")
N = 6
PLACED = ("position", "chain", "seq")
SAID = (
    "event_id", "type", "digest", "previous", "hash", "salt", "at", "session", "alarm_id", "data"
)  # fmt: skip
VALUES = (
    st.none() | st.integers(-5, 50) | st.floats(allow_nan=False) | st.text() | st.binary(max_size=9)
)


GONE = "salt = NULL, at = NULL, session = NULL, alarm_id = NULL, data = NULL"


def write(data_dir: Path, dreamers: tuple[str, ...] = DREAMERS, n: int = N) -> None:
    """Each dreamer in turn gets two entries at a time: an epoch and an alarm."""
    with Store(data_dir) as store:
        for i in range(n // 2):
            for dreamer in dreamers:
                row = SessionRow(f"night-{dreamer}", dreamer, "sim:", START, RUNNING, b"state")
                said = [epoch(i, START + i), alarm(f"{dreamer}:OVERRUN::{i}")]
                store.commit(row, [draft(event, row.session) for event in said])


@pytest.fixture(scope="module")
def log(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    write(folder)
    forget(folder, "bed-9", "Ann", START + 9)
    return folder


@pytest.fixture
def copied(log, tmp_path) -> Path:
    shutil.copy(log / FILE, tmp_path / FILE)
    return tmp_path


def attack(data_dir: Path, *statements: str, values: tuple = ()) -> None:
    """Edit the file as who has it may: without the triggers."""
    with closing(sqlite3.connect(data_dir / FILE)) as connection, connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (trigger,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            connection.execute(statement, values)


def where(seq: int, dreamer: str = "bed-7") -> str:
    return f"chain = {DREAMERS.index(dreamer) + 1} AND seq = {seq}"


def broken(data_dir: Path) -> set[tuple[str | None, int | None]]:
    return {(fault.dreamer, fault.seq) for fault in audit(data_dir).faults}


def stored(data_dir: Path, query: str) -> list[tuple]:
    with closing(sqlite3.connect(data_dir / FILE)) as connection:
        connection.text_factory = bytes
        return connection.execute(query).fetchall()


def test_a_log_as_it_was_written_is_sound(log):
    report = audit(log)
    assert report.faults == []
    assert (report.entries, report.forgotten) == (3 * N + 1, N)
    assert [(head.dreamer, head.seq) for head in report.heads] == [
        ("bed-7", N), ("bed-8", N), ("#3", N), ("#log", 1)
    ]  # fmt: skip


@pytest.mark.parametrize("column", [*SAID, *PLACED])
@settings(max_examples=15)
@given(seq=st.integers(1, N), value=VALUES)
def test_an_edit_of_any_field_of_any_entry_is_found(log, tmp_path_factory, column, seq, value):
    data_dir = tmp_path_factory.mktemp("edited")
    shutil.copy(log / FILE, data_dir / FILE)
    look = f"SELECT typeof({column}), {column} FROM events ORDER BY event_id"
    try:
        attack(data_dir, f"UPDATE events SET {column} = ? WHERE {where(seq)}", values=(value,))
    except sqlite3.IntegrityError:
        assume(False)
    assume(stored(data_dir, look) != stored(log, look))
    found = broken(data_dir)
    assert found
    if column in SAID:
        assert found == {("bed-7", seq)}


@pytest.mark.parametrize("seq", range(1, N + 1))
def test_a_deleted_entry_is_missed(copied, seq):
    attack(copied, f"DELETE FROM events WHERE {where(seq)}")
    chain = {("bed-7", seq + 1)} if seq < N else set()
    assert broken(copied) == {(None, None)} | chain


@pytest.mark.parametrize("seq", range(1, N + 1))
def test_an_inserted_entry_is_found(copied, seq):
    columns = "digest, previous, hash, salt, at, session, alarm_id, data"
    attack(
        copied,
        f"UPDATE events SET seq = -seq WHERE chain = 1 AND seq > {seq}",
        "UPDATE events SET seq = 1 - seq WHERE seq < 0",
        f"INSERT INTO events (chain, seq, event_id, type, {columns}) "
        f"SELECT chain, seq + 1, 'new', type, {columns} FROM events WHERE {where(seq)}",
    )
    assert "bed-7" in {dreamer for dreamer, _ in broken(copied)}


@pytest.mark.parametrize("other", range(2, N + 1))
def test_swapped_entries_are_found(copied, other):
    attack(
        copied,
        f"UPDATE events SET seq = 99 WHERE {where(1)}",
        f"UPDATE events SET seq = 1 WHERE {where(other)}",
        f"UPDATE events SET seq = {other} WHERE {where(99)}",
    )
    assert any(dreamer == "bed-7" for dreamer, _ in broken(copied))


@pytest.mark.parametrize(
    ("edits", "found"),
    [
        (["DELETE FROM events WHERE chain = 2"], {("bed-8", None), (None, None)}),
        (
            ["DELETE FROM events WHERE chain = 2", "DELETE FROM chains WHERE number = 2"],
            {(None, None)},
        ),
        (["UPDATE chains SET name = 'bed-1' WHERE number = 2"], {("bed-8", None)}),
        (["UPDATE chains SET digest = '' WHERE number = 2"], {("bed-8", None)}),
        (["UPDATE chains SET forgotten = 3 WHERE number = 2"], {("bed-8", None)}),
        (["UPDATE chains SET name = NULL, salt = NULL WHERE number = 2"], {("#2", None)}),
        (["DELETE FROM chains WHERE number = 2"], {(None, None), ("#2", 1)}),
        (["DELETE FROM events WHERE chain = 4"], {("#log", None), (None, None), ("#3", None)}),
        (["UPDATE events SET data = '{' WHERE chain = 4"], {("#log", 1), ("#3", None)}),
        (["UPDATE events SET data = CAST(x'ff' AS TEXT) WHERE position = 2"], {("bed-7", 2)}),
        (
            [f"UPDATE events SET {GONE} WHERE chain = 1 AND seq = 4"],
            {("bed-7", 4)},
        ),
    ],
)  # fmt: skip
def test_what_was_done_to_whole_chains_is_found(copied, edits, found):
    attack(copied, *edits)
    told = {(d.replace("bed-1", "bed-8") if d else d, seq) for d, seq in broken(copied)}
    assert told == found


CUT = ("DELETE FROM events WHERE position > 4", "DELETE FROM chains WHERE number > 2",
       "UPDATE sqlite_sequence SET seq = 4 WHERE name = 'events'",
       "UPDATE sqlite_sequence SET seq = 2 WHERE name = 'chains'")  # fmt: skip


def test_an_end_cut_off_with_all_its_traces_shows_against_a_noted_head_only(copied):
    noted = {head.dreamer: head for head in audit(copied).heads}
    attack(copied, *CUT)
    assert audit(copied).faults == []
    assert audit(copied, noted=[noted["bed-7"]]).faults == [
        Fault("bed-7", N, "it is missing, against what was noted")
    ]


def test_a_noted_head_is_held_for_ever_and_another_hash_is_not(copied):
    noted = audit(copied).heads[0]
    write(copied, ("bed-7",), 2)
    assert audit(copied, noted=[noted]).faults == []
    [fault] = audit(copied, noted=[Head(noted.dreamer, noted.seq, "00")]).faults
    assert (fault.dreamer, fault.seq) == ("bed-7", N)


def test_one_dreamer_is_audited_alone(copied):
    attack(copied, f"UPDATE events SET data = '' WHERE {where(2, 'bed-8')}")
    assert audit(copied, "bed-7").faults == []
    assert audit(copied, "bed-7").entries == N
    assert [(f.dreamer, f.seq) for f in audit(copied, "bed-8").faults] == [("bed-8", 2)]
    assert [head.dreamer for head in audit(copied, "#3").heads] == ["#3"]
    with pytest.raises(StoreError, match="nobody called 'bed-1'"):
        audit(copied, "bed-1")


@pytest.mark.parametrize("dreamer", DREAMERS[:1] + DREAMERS[2:])
def test_a_chain_that_was_emptied_by_hand_is_found_though_some_of_it_was_forgotten(copied, dreamer):
    forget(copied, "bed-7", "Ann", START + 9, START + 1)
    chain = f"#{DREAMERS.index(dreamer) + 1}"
    attack(copied, f"DELETE FROM events WHERE chain = {chain[1:]}")
    [fault] = audit(copied, chain).faults
    assert fault.problem == "it has no entry"


def test_an_audit_goes_by_batches_while_others_write(tmp_path, monkeypatch):
    monkeypatch.setattr(audit_module, "BATCH", 4)
    write(tmp_path)
    told = []

    def write_more(done: int, total: int) -> None:
        told.append((done, total))
        write(tmp_path, ("bed-7",), 2)

    report = audit(tmp_path, progress=write_more)
    assert (report.faults, report.entries) == ([], 3 * N)
    assert told == [(4, 18), (8, 18), (12, 18), (16, 18), (18, 18)]


def test_what_is_forgotten_during_an_audit_is_looked_up(tmp_path, monkeypatch):
    monkeypatch.setattr(audit_module, "BATCH", 4)
    write(tmp_path)
    report = audit(
        tmp_path, progress=lambda *_: forget(tmp_path, "bed-7", "Ann", START + 9, START + 9)
    )
    assert report.faults == []


def test_where_there_is_no_log_or_another_programs_it_is_said(tmp_path):
    with pytest.raises(StoreError, match="no log in"):
        audit(tmp_path)
    assert list(tmp_path.iterdir()) == []
    write(tmp_path)
    attack(tmp_path, f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreError, match=f"version {VERSION + 1}"):
        audit(tmp_path)


def run(data_dir: Path, *arguments: str):
    return CliRunner().invoke(app, ["audit", "--data-dir", str(data_dir), *arguments])


def test_the_command_prints_heads_that_it_takes_back(copied):
    with Store(copied):  # as a running service has
        done = run(copied)
    assert done.exit_code == 0
    heads = [line for line in done.stdout.splitlines() if line.startswith(("bed", "#"))]
    assert len(heads) == 4
    assert run(copied, *(word for head in heads for word in ("--head", head))).exit_code == 0
    assert "sound" in done.output


def test_the_command_names_what_is_broken_and_its_status_is_1(copied):
    attack(copied, f"UPDATE events SET type = 'wake' WHERE {where(3)}")
    done = run(copied)
    assert done.exit_code == 1
    assert "bed-7 entry 3: its hash does not fit its fields" in done.output
    told = run(copied, "--json", "--dreamer", "bed-7")
    assert told.exit_code == 1
    answer = json.loads(told.stdout)
    assert (answer["ok"], answer["entries"]) == (False, N)
    assert answer["faults"][0]["seq"] == 3


@pytest.mark.parametrize("head", ["bed-7", "bed-7:3", ":3:aa", "bed-7:x:aa", "bed-7:3:"])
def test_a_head_that_is_none_is_refused(copied, head):
    with pytest.raises(Exception, match="must be DREAMER:SEQ:HASH"):
        CliRunner().invoke(
            app, ["audit", "--data-dir", str(copied), "--head", head], catch_exceptions=False
        )
