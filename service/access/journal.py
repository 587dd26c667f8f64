"""What was done about access, in the log's own chain: hashed with it, and never forgotten.

No dreamer is named there, for a name could then not be erased: entries give the number of the
dreamer's chain, which `dreamwatch audit` takes as ``--dreamer '#3'``. Who is tied to a dreamer is
not named either, but by the number of their token.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, select

from monitor.domain.events import CommandDone
from service.database import explained, make_folder, open_existing, open_writer
from service.entries import Entry, draft
from service.errors import NotPermitted
from service.log import LOG, append
from service.schema import chains, events


class Deed(StrEnum):
    """What is written down."""

    CREATED = "token create"
    REVOKED = "token revoke"
    LOGGED_IN = "login"
    LOGGED_OUT = "logout"
    REFUSED = "login refused"
    READ = "raw signal read"


@contextmanager
def writing(data_dir: Path) -> Iterator[Connection]:
    """Write beside whatever service is running; both wait for each other.

    Raises
    ------
    StoreError
        When the log cannot be used.
    """
    make_folder(data_dir)
    engine = open_writer(data_dir)
    try:
        with explained(), engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def note(connection: Connection, deed: Deed, actor: str, now: float, **detail: Any) -> None:
    """Write down who did what, at `now` in seconds of Unix time."""
    done = CommandDone(now, uuid4().hex, deed, actor, detail)
    append(connection, LOG, LOG, [draft(done, LOG)])


def note_reading(
    data_dir: Path, actor: str, now: float, what: str, dreamers: frozenset[str] | None
) -> None:
    """Write down that somebody reads raw signal, before they get any.

    Parameters
    ----------
    what : str
        Such as ``live`` or ``recording``.
    dreamers : frozenset of str or None
        Whose; None: everybody's.

    Raises
    ------
    NotPermitted
        When there is no log of somebody; nothing is written down then.
    StoreError
        When the log cannot be used.
    """
    with writing(data_dir) as connection:
        numbers = None if dreamers is None else _numbers(connection, dreamers)
        note(connection, Deed.READ, actor, now, what=what, chains=numbers)


def _numbers(connection: Connection, dreamers: frozenset[str]) -> list[int]:
    """Return the numbers of their chains, each of which there must be."""
    query = select(chains.c.name, chains.c.number).where(chains.c.name.in_(dreamers))
    known = dict(connection.execute(query.where(chains.c.name != LOG)).all())
    if unknown := sorted(dreamers - known.keys()):
        raise NotPermitted(f"nobody called {unknown[0]!r} is or was monitored")
    return sorted(known.values())


def read_journal(data_dir: Path) -> list[dict[str, Any]]:
    """Return the messages of the log's own chain, oldest first: forgettings too.

    A damaged one is left out; the audit names it.

    Raises
    ------
    StoreError
        When there is no log, or it cannot be read.
    """
    engine = open_existing(data_dir)
    columns = (events.c[name] for name in ("seq", "event_id", "type", "at", "data"))
    query = (
        select(events.c.position, chains.c.name, *columns)
        .join_from(events, chains, events.c.chain == chains.c.number)
        .where(chains.c.name == LOG)
        .order_by(events.c.seq)
    )
    try:
        with explained(), engine.begin() as connection:
            entries = [Entry(*row) for row in connection.execute(query)]
    finally:
        engine.dispose()
    messages = []
    for entry in entries:
        with suppress(ValueError, TypeError, KeyError):
            messages.append(entry.message | {"data": _done(entry.message["data"])})
    return messages


def _done(data: dict[str, Any]) -> dict[str, Any]:
    """Return what such an entry says, every part of it."""
    return {name: data[name] for name in ("command_id", "command", "actor")} | {
        "detail": dict(data["detail"])
    }
