"""Opening the SQLite file: who may write, and how durably.

`synchronous=FULL` in WAL mode: what was committed survives a power cut, and readers never wait
(https://sqlite.org/wal.html, https://sqlite.org/pragma.html#pragma_synchronous).
"""

import fcntl
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Engine, StaticPool, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from service.errors import StoreError
from service.schema import APPEND_ONLY, VERSION, metadata

FILE = "dreamwatch.db"
BUSY_TIMEOUT_S = 10
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")


def hold(data_dir: Path) -> IO[bytes]:
    """Make the directory if need be and hold it for this process until the file is closed.

    Raises
    ------
    StoreError
        When another service holds it, or it cannot be written.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (data_dir / "lock").open("wb")
    except OSError as error:
        raise StoreError(f"data directory {data_dir} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise StoreError(f"another service is using the data directory {data_dir}") from error
    return lock


def open_writer(data_dir: Path) -> Engine:
    """Open the one connection that writes; tables are made when missing.

    Raises
    ------
    StoreError
        When the file there is no database, or of another version of this program.
    """
    engine = _engine(data_dir, "BEGIN IMMEDIATE", poolclass=StaticPool)
    try:
        with engine.begin() as connection:
            found = connection.scalar(text("PRAGMA user_version"))
            if found not in (0, VERSION):
                raise StoreError(f"{data_dir / FILE} has version {found}, known is {VERSION}")
            metadata.create_all(connection)
            for trigger in APPEND_ONLY:
                connection.execute(text(trigger))
            connection.execute(text(f"PRAGMA user_version = {VERSION}"))
    except SQLAlchemyError as error:
        raise StoreError(f"{data_dir / FILE} cannot be used: {error.__cause__}") from error
    return engine


def open_reader(data_dir: Path) -> Engine:
    """Open any number of connections that read."""
    return _engine(data_dir, "BEGIN")


def _engine(data_dir: Path, begin: str, **options: Any) -> Engine:
    """Transactions begin when we say so, not when the driver thinks fit."""
    connect = {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False, "isolation_level": None}
    engine = create_engine(f"sqlite:///{data_dir / FILE}", connect_args=connect, **options)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine
