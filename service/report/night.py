"""Reading a session from the log: everything that its report is made of."""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select

from monitor.domain.errors import SnapshotError
from monitor.staging.bundle import MODEL_FILE
from service.database import explained, open_existing
from service.errors import ServiceError
from service.schema import chains, events, sessions
from service.snapshots import unpack
from service.usage.accounts import Use, read_use

LATEST = "latest"


class NoSuchSession(ServiceError):  # noqa: N818 - reads as what happened
    """There is no such session, or nothing of it is left."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one entry of the log says, and when, in seconds of Unix time."""

    at: float
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Night:
    """A session as the log has it.

    Parameters
    ----------
    dreamer, session : str
    spec : str
        The source as it was given.
    start : float
        Unix time of sample 0 in seconds.
    status : str
        ``running`` or ``ended``.
    model : str or None
        Name of the stager, or the SHA-256 of its file where it is not the one that is shipped.
    said : dict of str to list of Said
        The session's entries by type, in order; of its alarms, what later sessions say as well.
    use : Use
        The dreamer's sessions and limits.
    """

    dreamer: str
    session: str
    spec: str
    start: float
    status: str
    model: str | None
    said: dict[str, list[Said]]
    use: Use


@contextmanager
def reading(data_dir: Path) -> Iterator[Connection]:
    """Read the log of a data directory, whether or not a service is writing it.

    Raises
    ------
    StoreError
        When there is none, or it cannot be read.
    """
    engine = open_existing(data_dir)
    try:
        with explained(), engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def find_session(connection: Connection, name: str) -> str:
    """Return the id of a session by itself, of a dreamer's last one, or of the last of all.

    Parameters
    ----------
    name : str
        Id of a session, a dreamer, or ``latest``.

    Raises
    ------
    NoSuchSession
        When there is none.
    """
    last = select(sessions.c.session).order_by(sessions.c.number.desc()).limit(1)
    queries = [last.where(sessions.c.session == name), last.where(sessions.c.dreamer == name)]
    for query in [*queries, last] if name == LATEST else queries:
        if found := connection.scalar(query):
            return str(found)
    raise NoSuchSession(f"there is no session and no dreamer {name!r}")


def session_of(connection: Connection, dreamer: str, session: str | None = None) -> str:
    """Return the id of a dreamer's session, by default the last one.

    Raises
    ------
    NoSuchSession
        When there is none, or it is another dreamer's: nobody can tell which.
    """
    query = select(sessions.c.session).where(sessions.c.dreamer == dreamer)
    if session is not None:
        query = query.where(sessions.c.session == session)
    found = connection.scalar(query.order_by(sessions.c.number.desc()).limit(1))
    if found is None:
        raise NoSuchSession(f"{dreamer} has no session {session or ''!r}")
    return str(found)


def read_night(connection: Connection, session: str, zone: str) -> Night:
    """Read a session and what became of its alarms.

    Parameters
    ----------
    session : str
        Its id.
    zone : str
        IANA name of the time zone of a dreamer who has said no other.

    Raises
    ------
    NoSuchSession
        When there is none, or nothing of it is left.
    StoreError
        When the log cannot be read.
    """
    row = connection.execute(select(sessions).where(sessions.c.session == session)).first()
    said = _said(connection, row) if row else {}
    if not row or not said:
        raise NoSuchSession(f"there is no session {session!r}, or nothing of it is left")
    return Night(
        dreamer=row.dreamer,
        session=session,
        spec=row.spec,
        start=row.start,
        status=row.status,
        model=_model(row.snapshot),
        said=said,
        use=read_use(connection, row.dreamer, zone),
    )


def _said(connection: Connection, row: Row[Any]) -> dict[str, list[Said]]:
    own = events.c.session == row.session
    alarms = select(events.c.alarm_id).where(own, events.c.alarm_id.is_not(None))
    query = (
        select(events.c.type, events.c.at, events.c.data)
        .join_from(events, chains, events.c.chain == chains.c.number)
        .where(chains.c.name == row.dreamer, events.c.data.is_not(None))
        .where(own | events.c.alarm_id.in_(alarms))
        .order_by(events.c.seq)
    )
    said = defaultdict[str, list[Said]](list)
    for kind, at, data in connection.execute(query):
        said[kind].append(Said(at, json.loads(data.encode(errors="replace"))))
    return dict(said)


def _model(snapshot: bytes) -> str | None:
    try:
        digest = unpack(snapshot).get("identity", {}).get("model")
    except SnapshotError:
        return None
    card = files("models") / MODEL_FILE.replace("onnx", "json")
    shipped = json.loads(card.read_text(encoding="utf-8"))
    return f"{shipped['name']} {shipped['version']}" if digest == shipped["sha256"] else digest
