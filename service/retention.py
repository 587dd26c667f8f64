"""Forgetting what the log and the recordings hold of a dreamer; the chains stay verifiable.

Forgotten are whole beginnings of a dreamer's chain: time, session, alarm and data of each entry.
What is left is that there was an entry, of which type, and its hash. What was forgotten, when and
by whom is an entry of the log's own chain (`service.log.LOG`), which is never forgotten and names
no dreamer. The alarms that are open, and what came after them, are kept: nobody would answer them
any more.

A forgetting that a crash cut short is completed by repeating it.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, Engine, delete, func, select, update

from monitor.domain.events import CommandDone
from service.access.tokens import forget_tokens
from service.database import explained, hold, open_existing, open_writer
from service.entries import draft, iso
from service.errors import StoreError
from service.log import FORGET, LOG, Record, append
from service.overview import CLOSED
from service.schema import SAID, chains, events, sessions
from service.usage.nights import forget_account

BATCH = 1_000
"""Entries erased at a time, so that no commit of a running service waits for long."""
_ERASED = dict.fromkeys(("salt", *SAID))


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many entries, sessions and files of a recording were erased."""

    chain: int
    entries: int
    sessions: int
    files: int


def forget(
    data_dir: Path, dreamer: str, actor: str, now: float, before: float | None = None
) -> Forgotten:
    """Forget a dreamer, name and all, or what is older than a time.

    What is older can be forgotten beside a running service. A dreamer cannot: the service, and its
    clients, would go on with what they remember, and take the entries of a new chain for old ones.
    Nights of the account stay as long as limits need them (`KEPT_S`), the limits as long as the
    dreamer.

    Parameters
    ----------
    actor : str
        Who asks for it.
    now : float
        Time of the record in seconds of Unix time.
    before : float or None
        Keep what is not older, in seconds of Unix time; None: forget everything, the name too.

    Raises
    ------
    StoreInUse
        When a service is running, and a dreamer is to be forgotten altogether.
    StoreError
        When the log holds nobody of that name, or something cannot be erased.
    """
    with _opened(data_dir) as engine, hold(data_dir) if before is None else nullcontext():
        return _forget(engine, data_dir, dreamer, actor, now, before)


def forget_older(data_dir: Path, before: float, actor: str, now: float) -> list[Forgotten]:
    """Forget what is older than a time of all dreamers; see `forget`."""
    with _opened(data_dir) as engine:
        with engine.begin() as connection:
            query = select(chains.c.name).where(chains.c.name.is_not(None), chains.c.name != LOG)
            names = connection.scalars(query).all()
        return [_forget(engine, data_dir, name, actor, now, before) for name in names]


@contextmanager
def _opened(data_dir: Path) -> Iterator[Engine]:
    """Open a log that is there beside a service that may be writing it, and empty its journal."""
    open_existing(data_dir).dispose()
    engine = open_writer(data_dir)
    try:
        with explained():
            yield engine
            _empty_journal(engine)
    finally:
        engine.dispose()


def _empty_journal(engine: Engine) -> None:
    """Let no erased text stay in the write-ahead log; readers may put that off."""
    connection = engine.raw_connection()
    connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _forget(
    engine: Engine, data_dir: Path, dreamer: str, actor: str, now: float, before: float | None
) -> Forgotten:
    """Record it first: what is gone without a record counts as tampering."""
    with engine.begin() as connection:
        chain = _number(connection, dreamer)
        record = Record(chain, _last_to_forget(connection, chain, before), before is None)
        nights = forget_account(connection, dreamer, before, now)
        through = _record(connection, record, actor, now, before, anyway=nights > 0)
    entries = _erase(engine, chain, through)
    files = _remove_recordings(data_dir, dreamer, before)
    with engine.begin() as connection:
        n_sessions = _drop_sessions(connection, chain, dreamer)
        if record.name:
            nameless = {"name": None, "salt": None}
            connection.execute(update(chains).where(chains.c.number == chain).values(nameless))
            forget_tokens(connection, dreamer, now)
    return Forgotten(chain, entries, n_sessions, files)


def _number(connection: Connection, dreamer: str) -> int:
    query = select(chains.c.number).where(chains.c.name == dreamer, chains.c.name != LOG)
    found: int | None = connection.scalar(query)
    if found is None:
        raise StoreError(f"the log holds nobody called {dreamer!r}")
    return found


def _last_to_forget(connection: Connection, chain: int, before: float | None) -> int:
    """Return the number of the last entry before those to be kept."""
    own = events.c.chain == chain
    kept = []
    if before is not None:
        young = connection.scalar(select(func.min(events.c.seq)).where(own, events.c.at >= before))
        kept = [seq for seq in (young, _first_open_alarm(connection, chain)) if seq is not None]
    head: int = connection.scalar(select(func.max(events.c.seq)).where(own)) or 0
    return min(kept) - 1 if kept else head


def _first_open_alarm(connection: Connection, chain: int) -> int | None:
    """Return the number of the first entry that says how an open alarm is now."""
    alarms = (events.c.chain == chain) & events.c.alarm_id.is_not(None)
    latest = select(func.max(events.c.seq)).where(alarms).group_by(events.c.alarm_id)
    is_open = func.json_extract(events.c.data, "$.state").not_in(CLOSED)
    query = select(func.min(events.c.seq)).where(alarms, events.c.seq.in_(latest), is_open)
    found: int | None = connection.scalar(query)
    return found


def _record(
    connection: Connection,
    record: Record,
    actor: str,
    now: float,
    before: float | None,
    *,
    anyway: bool,
) -> int:
    """Write down what will be forgotten, unless it is already; return up to which entry."""
    own = chains.c.number == record.chain
    already = connection.scalar(select(chains.c.forgotten).where(own)) or 0
    if record.through <= already and not (record.name or anyway):
        return already
    detail = {
        "chain": record.chain,
        "through": max(record.through, already),
        "name": record.name,
        "before": None if before is None else iso(before),
    }
    done = CommandDone(now, uuid4().hex, FORGET, actor, detail)
    append(connection, LOG, LOG, [draft(done, LOG)])
    connection.execute(update(chains).where(own).values(forgotten=detail["through"]))
    return max(record.through, already)


def _erase(engine: Engine, chain: int, through: int) -> int:
    said = (events.c.chain == chain) & (events.c.seq <= through) & events.c.data.is_not(None)
    with engine.begin() as connection:
        first = connection.scalar(select(func.min(events.c.seq)).where(said))
    erased = 0
    for seq in range(first or through + 1, through + 1, BATCH):
        erasing = update(events).where(said, events.c.seq.between(seq, seq + BATCH - 1))
        with engine.begin() as connection:
            erased += connection.execute(erasing.values(_ERASED)).rowcount
    return erased


def _drop_sessions(connection: Connection, chain: int, dreamer: str) -> int:
    """Drop the sessions of which no entry is left, and their snapshots."""
    left = select(events.c.position).where(
        events.c.session == sessions.c.session, events.c.chain == chain
    )
    dropping = delete(sessions).where(sessions.c.dreamer == dreamer, ~left.exists())
    return connection.execute(dropping).rowcount


def _remove_recordings(data_dir: Path, dreamer: str, before: float | None) -> int:
    """Remove a dreamer's recordings that were not written to since."""
    folder = data_dir / "recordings" / dreamer
    if folder.resolve().parent != (data_dir / "recordings").resolve():
        raise StoreError(f"{folder} is no folder of recordings")
    try:
        files = [file for file in folder.rglob("*") if file.is_file()]
        old = [file for file in files if before is None or file.stat().st_mtime < before]
        for file in old:
            file.unlink()
        if before is None and folder.is_dir():
            shutil.rmtree(folder)
    except OSError as error:
        raise StoreError(f"{error.filename} cannot be erased: {error.strerror}") from error
    return len(old)
