"""What is forgotten is gone from every file, and the log can still be verified."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from service_fakes import START, alarm, epoch, started
from typer.testing import CliRunner

from monitor.domain.stage import Stage
from monitor.usage.record import SessionRecord
from service import retention
from service.audit import audit
from service.cli import app
from service.database import FILE
from service.entries import draft
from service.errors import ServiceError, SettingsError, StoreError, StoreInUse
from service.retention import Forgotten, forget, forget_older
from service.settings import Settings, load_settings
from service.station import Station
from service.store import ENDED, RUNNING, SessionRow, Store
from service.usage.desk import Desk
from service.usage.nights import KEPT_S

DAYS = 86_400.0
NOW = START + 1_000.0
SECRET = "a-secret-of-the-night"  # noqa: S105 - what must not be found again


def commit(store: Store, session: str, *events, dreamer: str = "bed-7", status: str = ENDED):
    row = SessionRow(session, dreamer, f"sim:{SECRET}", START, status, SECRET.encode())
    return store.commit(row, [draft(event, session) for event in events])


def night(store: Store, first: int, n: int, dreamer: str = "bed-7", status: str = ENDED) -> None:
    """Log an epoch each second."""
    session = f"night-{first}-of-{dreamer}"
    begun = started(f"{SECRET}-{first}", START + first)
    epochs = [epoch(i, START + first + i) for i in range(1, n)]
    commit(store, session, begun, *epochs, dreamer=dreamer, status=status)


def entries(store: Store, dreamer: str = "bed-7") -> list:
    return list(chain.from_iterable(store.between({}, {dreamer: 10**6})))


def bytes_of(data_dir: Path) -> bytes:
    return b"".join(file.read_bytes() for file in data_dir.rglob("*") if file.is_file())


def recording(data_dir: Path, name: str, at: float, dreamer: str = "bed-7") -> Path:
    file = data_dir / "recordings" / dreamer / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(SECRET.encode())
    os.utime(file, (at, at))
    return file


def test_everything_of_a_dreamer_is_gone_from_every_byte(tmp_path):
    with Store(tmp_path) as store:
        night(store, 0, 5)
        night(store, 0, 5, "bed-9")
    recording(tmp_path, "night.bdf", START)
    forget(tmp_path, "bed-7", "Ann", NOW)
    with Store(tmp_path) as store:
        assert store.dreamers() == ["bed-9"]
        assert entries(store) == []
    assert b"bed-9" in bytes_of(tmp_path)
    assert b"bed-7" not in bytes_of(tmp_path)
    assert list(tmp_path.glob("recordings/*")) == []
    forget(tmp_path, "bed-9", "Ann", NOW)
    assert SECRET.encode() not in bytes_of(tmp_path)
    assert audit(tmp_path).faults == []


def test_who_forgot_what_is_told_and_never_forgotten(tmp_path):
    with Store(tmp_path) as store:
        night(store, 0, 5)
    done = forget(tmp_path, "bed-7", "Ann", NOW)
    assert done == Forgotten(chain=1, entries=5, sessions=1, files=0)
    with Store(tmp_path) as store:
        forget_older(tmp_path, NOW + 99, "retention", NOW + 99)
        [told] = entries(store, "#log")
        assert (told.seq, told.at, told.type) == (1, NOW, "command")
        data = told.message["data"]
        assert (data["command"], data["actor"]) == ("forget", "Ann")
        assert data["detail"] == {"chain": 1, "through": 5, "name": True, "before": None}
        with pytest.raises(StoreError, match="nobody called '#log'"):
            forget(tmp_path, "#log", "Ann", NOW, before=NOW)


def test_what_is_older_goes_and_what_is_not_stays(tmp_path):
    with Store(tmp_path) as store:
        night(store, 0, 5)
        night(store, 5, 5)
        old = recording(tmp_path, "old.bdf", START + 6)
        new = recording(tmp_path, "new.bdf", START + 7)
        done = forget(tmp_path, "bed-7", "Ann", NOW, before=START + 7)
        assert done == Forgotten(chain=1, entries=7, sessions=1, files=1)
        assert [e.seq for e in entries(store)] == [8, 9, 10]
        assert store.forgotten() == {"bed-7": 7}
        assert store.last_session("bed-7").session == "night-5-of-bed-7"
        assert (old.exists(), new.exists()) == (False, True)
        assert commit(store, "next", epoch(0))[0].seq == 11
    assert audit(tmp_path).faults == []


@settings(max_examples=10)
@given(cuts=st.lists(st.integers(-2, 14), min_size=1, max_size=4))
def test_repeated_forgetting_only_ever_grows_and_stays_verifiable(tmp_path_factory, cuts):
    folder = tmp_path_factory.mktemp("cuts")
    with Store(folder) as store:
        night(store, 0, 12)
        reached = 0
        for cut in cuts:
            forget(folder, "bed-7", "Ann", NOW, before=START + cut)
            reached = max(reached, min(max(cut, 0), 12))
            assert [e.seq for e in entries(store)] == list(range(reached + 1, 13))
    assert audit(folder).faults == []


def test_an_open_alarm_and_what_came_after_it_are_kept(tmp_path):
    name = "bed-7:UNRESPONSIVE::1"
    with Store(tmp_path) as store:
        closed = alarm("bed-7:OVERRUN::1", state="RESOLVED")
        commit(store, "night", epoch(0), closed, alarm(name), epoch(1), alarm(name, version=2))
        commit(store, "night", epoch(2))
        forget(tmp_path, "bed-7", "retention", NOW, before=NOW)
        assert [e.seq for e in entries(store)] == [5, 6]
        assert store.version_of("bed-7", name) == 2
        commit(store, "night", alarm(name, state="RESOLVED", version=3))
        forget(tmp_path, "bed-7", "retention", NOW, before=NOW)
        assert entries(store) == []


def test_nobody_is_forgotten_altogether_while_a_service_runs(tmp_path):
    with Store(tmp_path) as store:
        night(store, 0, 5)
        with pytest.raises(StoreInUse, match="another service"):
            forget(tmp_path, "bed-7", "Ann", NOW)
        assert len(entries(store)) == 5
    assert forget(tmp_path, "bed-7", "Ann", NOW).entries == 5


def test_an_open_alarm_goes_with_everything_else(tmp_path):
    with Store(tmp_path) as store:
        commit(store, "night", alarm(), status=RUNNING)
    assert forget(tmp_path, "bed-7", "Ann", NOW) == Forgotten(1, 1, 1, 0)


def test_a_service_cannot_start_while_everything_is_forgotten(tmp_path, monkeypatch):
    with Store(tmp_path) as store:
        night(store, 0, 5)
    erase = retention._erase

    def erase_slowly(*given):
        with pytest.raises(StoreError, match="another service"):
            Store(tmp_path)
        return erase(*given)

    monkeypatch.setattr(retention, "_erase", erase_slowly)
    assert forget(tmp_path, "bed-7", "Ann", NOW).entries == 5
    Store(tmp_path).close()


def test_a_forgetting_cut_short_is_completed_by_repeating_it(tmp_path, monkeypatch):
    with Store(tmp_path) as store:
        night(store, 0, 5)

    def die(*_):
        raise KeyboardInterrupt

    for step in ("_erase", "_remove_recordings", "_drop_sessions"):
        with monkeypatch.context() as patch:
            patch.setattr(retention, step, die)
            with pytest.raises(KeyboardInterrupt):
                forget(tmp_path, "bed-7", "Ann", NOW)
        assert audit(tmp_path).faults == []
    forget(tmp_path, "bed-7", "Ann", NOW)
    assert b"bed-7" not in bytes_of(tmp_path)
    assert audit(tmp_path).faults == []


def test_who_was_forgotten_begins_anew_under_the_same_name(tmp_path):
    with Store(tmp_path) as store:
        night(store, 0, 5)
    forget(tmp_path, "bed-7", "Ann", NOW)
    with Store(tmp_path) as store:
        night(store, 10, 3)
        assert [e.seq for e in entries(store)] == [1, 2, 3]
    heads = audit(tmp_path).heads
    assert [(head.dreamer, head.seq) for head in heads] == [("#1", 5), ("#log", 1), ("bed-7", 3)]


def test_commits_go_on_while_much_is_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 7)
    with Store(tmp_path) as store, ThreadPoolExecutor(1) as thread:
        night(store, 0, 300)
        forgetting = thread.submit(forget, tmp_path, "bed-7", "Ann", NOW, START + 290)
        for i in range(30):
            commit(store, "now", epoch(i, START + 400 + i))
        assert forgetting.result().entries == 290
        assert [e.seq for e in entries(store)] == list(range(291, 331))
    assert audit(tmp_path).faults == []


def test_all_that_is_too_old_goes_of_everybody(tmp_path):
    with Store(tmp_path) as store:
        night(store, 0, 5)
        night(store, 3, 5, "bed-9")
        done = forget_older(tmp_path, START + 4, "retention", NOW)
        assert [each.entries for each in done] == [4, 1]
        assert [each.entries for each in forget_older(tmp_path, START + 4, "r", NOW)] == [0, 0]
        assert len(entries(store, "#log")) == 2


def test_a_log_of_which_only_a_night_was_forgotten_is_sound(tmp_path):
    begun = START - KEPT_S - DAYS
    old = SessionRecord("import", begun, begun + 3_600, ((Stage.N2, 120),), imported=True)
    Desk(tmp_path, "UTC").add("bed-7", old)
    for _ in range(2):
        forget(tmp_path, "bed-7", "Ann", START, before=START - DAYS)
        assert audit(tmp_path).faults == []
    with Store(tmp_path) as store:
        [told] = entries(store, "#log")
        assert told.message["data"]["detail"]["through"] == 0
        night(store, 0, 5)
    assert audit(tmp_path).faults == []


def test_nothing_outside_the_recordings_is_removed(tmp_path):
    outside = recording(tmp_path / "elsewhere", "own.bdf", START)
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "bed-7").symlink_to(outside.parent)
    with Store(tmp_path) as store:
        night(store, 0, 5)
    with pytest.raises(StoreError, match="no folder of recordings"):
        forget(tmp_path, "bed-7", "Ann", NOW)
    assert outside.exists()


async def one_round(station: Station) -> None:
    """Let a service forget until it waits for its next round."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(station.forget(), timeout=0.5)


@pytest.mark.parametrize(("days", "left"), [(None, ["bed-7", "bed-8"]), (1, ["bed-7"])])
def test_a_service_forgets_what_is_older_than_its_setting(tmp_path, days, left):
    with Store(tmp_path) as store:
        night(store, 0, 5, "bed-8")
        night(store, 0, 5)
        commit(store, "later", epoch(0, START + 2 * DAYS))
    settings = Settings(data_dir=tmp_path, retention_days=days)
    station = Station(settings, wall=lambda: START + 2.5 * DAYS)
    asyncio.run(one_round(station))
    assert station.dreamers == left
    assert station.store.forgotten() == ({"bed-7": 5, "bed-8": 5} if days else {})
    station.stop()
    assert audit(tmp_path).faults == []


def test_a_service_that_cannot_forget_says_so_and_goes_on(tmp_path, caplog):
    station = Station(Settings(data_dir=tmp_path, retention_days=1))
    (tmp_path / FILE).unlink()
    asyncio.run(one_round(station))
    assert "nothing is forgotten for now: there is no log" in caplog.text
    station.stop()


@pytest.mark.parametrize("days", [0, -1, float("nan"), float("inf")])
def test_a_retention_that_is_none_is_refused(tmp_path, days):
    with pytest.raises(SettingsError, match="retention_days"):
        load_settings(data_dir=tmp_path, retention_days=days)


def run(data_dir: Path, *arguments: str, says: str = ""):
    command = ["forget", *arguments, "--data-dir", str(data_dir)]
    return CliRunner().invoke(app, command, input=says, catch_exceptions=False)


def test_the_command_asks_before_it_erases(tmp_path):
    with Store(tmp_path) as store:
        night(store, 0, 5)
        assert run(tmp_path, "bed-7", "--before", "2020-01-01", "--yes").exit_code == 0
        assert run(tmp_path, "bed-7", "--before", "2026-01-01", says="n\n").exit_code == 1
        assert len(entries(store)) == 5
    done = run(tmp_path, "bed-7", "--all", says="y\n")
    assert "erased 5 entries, 1 sessions, 0 files of recordings" in done.output
    assert "the chain is now called #1" in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bed-7"], "either --before or --all"),
        (["bed-7", "--all", "--before", "2026-01-31"], "either --before or --all"),
        (["bed-7", "--before", "yesterday"], "'yesterday' is no time"),
        (["bed-7", "--before", "9999-01-01"], "in the future"),
        (["bed-1", "--all", "--yes"], "nobody called 'bed-1'"),
    ],
)
def test_what_cannot_be_forgotten_is_said(tmp_path, arguments, message):
    with Store(tmp_path) as store:
        night(store, 0, 5)
    with pytest.raises(ServiceError, match=message):
        run(tmp_path, *arguments)


def test_where_there_is_no_log_nothing_is_made(tmp_path):
    with pytest.raises(StoreError, match="no log"):
        forget(tmp_path, "bed-7", "Ann", NOW)
    assert list(tmp_path.iterdir()) == []
