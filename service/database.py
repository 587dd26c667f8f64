"""Opening the SQLite file: who may write, and how durably.

`synchronous=FULL` in WAL mode: what was committed survives a power cut, and readers never wait
(https://sqlite.org/wal.html, https://sqlite.org/pragma.html#pragma_synchronous). `secure_delete`:
what was forgotten is overwritten with zeros (https://sqlite.org/pragma.html#pragma_secure_delete).
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from service.errors import StoreError, StoreInUse
from service.schema import APPEND_ONLY, OLDER, VERSION, metadata

FILE = "dreamwatch.db"
BUSY_TIMEOUT_S = 10
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")


def hold(data_dir: Path) -> IO[bytes]:
    """Make the directory if need be and hold it for this process until the file is closed.

    Raises
    ------
    StoreInUse
        When another service holds it.
    StoreError
        When it cannot be written.
    """
    make_folder(data_dir)
    try:
        lock = (data_dir / "lock").open("wb")
    except OSError as error:
        raise StoreError(f"data directory {data_dir} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise StoreInUse(f"another service is using the data directory {data_dir}") from error
    return lock


def make_folder(data_dir: Path) -> None:
    """Make the directory if need be, for this user alone.

    Raises
    ------
    StoreError
        When that is not possible.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(f"data directory {data_dir} cannot be used: {error.strerror}") from error


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
            _check_version(connection, data_dir, 0, VERSION, *OLDER)
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


def open_existing(data_dir: Path) -> Engine:
    """Open a log to read it, whether or not a service is writing it.

    Raises
    ------
    StoreError
        When there is none, or of another version of this program.
    """
    if not (data_dir / FILE).is_file():
        raise StoreError(f"there is no log in {data_dir}")
    engine = open_reader(data_dir)
    event.listen(engine, "connect", _read_damaged_text)
    with explained(), engine.begin() as connection:
        _check_version(connection, data_dir, VERSION)
    return engine


@contextmanager
def explained() -> Iterator[None]:
    """Raise the database's errors as `StoreError`."""
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(f"the log cannot be used: {error.__cause__ or error}") from error


def _read_damaged_text(connection: Any, _record: object) -> None:
    """Let text that is no UTF-8 be read: an audit shall name its entry, not give up."""
    connection.text_factory = lambda text: text.decode(errors="surrogateescape")


def _check_version(connection: Connection, data_dir: Path, *known: int) -> None:
    found = connection.scalar(text("PRAGMA user_version"))
    if found not in known:
        raise StoreError(f"{data_dir / FILE} has version {found}, known is {VERSION}")


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
