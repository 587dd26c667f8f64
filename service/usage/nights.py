"""The account of each session in the store: one row a night, renewed with every commit."""

import hashlib
import json
from collections.abc import Iterable
from os import SEEK_END
from pathlib import Path

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from monitor.domain.errors import InputError
from monitor.sources.spec import LINKS, SourceSpec
from monitor.usage.record import SessionRecord, from_json, to_json
from service.errors import StoreError
from service.log import chain_of
from service.schema import limit_changes, nights


def night_of(spec: SourceSpec, session: str) -> str:
    """Name the night that a session is of: a recording replayed again is the same night.

    A file is known by its length and its beginning, which says when it was recorded.
    """
    if spec.scheme in LINKS:
        return session
    hashed = hashlib.sha256(repr(sorted(spec.params.items())).encode())
    if spec.path:
        with Path(spec.path).open("rb") as file:
            hashed.update(file.read(_BEGINNING))
            hashed.update(str(file.seek(0, SEEK_END)).encode())
    return f"{spec.scheme}:{hashed.hexdigest()[:32]}"


_BEGINNING = 65_536
"""Bytes of a recording by which it is known."""


def keep(connection: Connection, dreamer: str, record: SessionRecord) -> None:
    """Add a night, or renew it."""
    row = {"start": record.start, "until": record.until, "record": json.dumps(to_json(record))}
    adding = insert(nights).values(dreamer=dreamer, session=record.session, **row)
    connection.execute(
        adding.on_conflict_do_update(index_elements=["dreamer", "session"], set_=row)
    )


def replace(connection: Connection, dreamer: str, record: SessionRecord) -> float | None:
    """Put a night in the place of the one of its name; return the seconds of that, if any.

    Its row gets a new number, by which a running service sees that the past has changed.
    """
    chain_of(connection, dreamer)  # by which it can be forgotten
    same = (nights.c.dreamer == dreamer) & (nights.c.session == record.session)
    replaced = connection.scalar(select(nights.c.until - nights.c.start).where(same))
    connection.execute(delete(nights).where(same))
    keep(connection, dreamer, record)
    return replaced


def read_nights(connection: Connection, dreamer: str) -> tuple[SessionRecord, ...]:
    """Return all nights of a dreamer in order of their starts.

    Raises
    ------
    StoreError
        When a row is damaged.
    """
    query = select(nights.c.record).where(nights.c.dreamer == dreamer).order_by(nights.c.start)
    try:
        return tuple(from_json(json.loads(text)) for text in connection.scalars(query))
    except (InputError, ValueError) as error:
        raise StoreError(f"a night in the account of {dreamer} is damaged: {error}") from error


def last_number(connection: Connection) -> int:
    """Return the number of the row that was added last."""
    return connection.scalar(select(func.max(nights.c.number))) or 0


def added_since(connection: Connection, number: int) -> Iterable[tuple[str, str]]:
    """Return dreamer and name of the nights added after a row."""
    query = select(nights.c.dreamer, nights.c.session).where(nights.c.number > number)
    return [(dreamer, session) for dreamer, session in connection.execute(query)]


KEPT_S = 104 * 86_400.0
"""Nights younger than this are forgotten with their dreamer only, seconds: 90 days of baseline and
14 of windows. Limits over many nights say nothing without the nights."""


def forget_account(connection: Connection, dreamer: str, before: float | None, now: float) -> int:
    """Erase a dreamer's nights that were over before a time; or all of them, and the limits.

    Returns how many nights.
    """
    own = nights.c.dreamer == dreamer
    old = own if before is None else own & (nights.c.until < min(before, now - KEPT_S))
    erased = connection.execute(delete(nights).where(old)).rowcount
    if before is None:
        connection.execute(delete(limit_changes).where(limit_changes.c.dreamer == dreamer))
    return erased
