"""The book of limits in the store: every change in order, with an entry in the log's own chain."""

import json

from sqlalchemy import Connection, func, insert, select

from monitor.domain.errors import InputError
from monitor.domain.events import CommandDone
from monitor.usage.book import check, fold
from monitor.usage.changes import Change, from_json, to_json
from service.access.roles import SCOPED
from service.entries import draft
from service.errors import StoreError
from service.log import LOG, append, chain_of
from service.schema import limit_changes

LIMITS = "limits"
"""The command that such an entry of the log records; whose limits it says by their chain only."""


def ask(connection: Connection, dreamer: str, command_id: str, change: Change, zone: str) -> bool:
    """Write a change down if it is permitted; return False for the same command again.

    Raises
    ------
    NotAllowed
        When it is not permitted now; says why.
    StoreError
        When the book cannot be read.
    """
    own = (limit_changes.c.dreamer == dreamer) & (limit_changes.c.command_id == command_id)
    if connection.scalar(select(limit_changes.c.number).where(own)) is not None:
        return False
    check(fold(read_changes(connection, dreamer), change.at, zone), change)
    row = {"at": change.at, "actor": change.actor, "change": json.dumps(to_json(change))}
    connection.execute(insert(limit_changes).values(dreamer=dreamer, command_id=command_id, **row))
    detail = {
        "chain": chain_of(connection, dreamer),
        "change": change.kind,
        "number": last_change(connection),
    }
    # Who is tied to a dreamer is not named where nothing is ever forgotten.
    actor = change.role if change.role in SCOPED else change.actor
    done = CommandDone(change.at, command_id, LIMITS, actor, detail)
    append(connection, LOG, LOG, [draft(done, LOG)])
    return True


def read_changes(connection: Connection, dreamer: str) -> tuple[Change, ...]:
    """Return what was asked of a dreamer's limits, in order.

    Raises
    ------
    StoreError
        When a row is damaged.
    """
    own = limit_changes.c.dreamer == dreamer
    query = select(limit_changes.c.change).where(own).order_by(limit_changes.c.number)
    try:
        return tuple(from_json(json.loads(text)) for text in connection.scalars(query))
    except (InputError, ValueError) as error:
        raise StoreError(f"the book of limits of {dreamer} is damaged: {error}") from error


def last_change(connection: Connection) -> int:
    """Return the number of the change that was written last."""
    return connection.scalar(select(func.max(limit_changes.c.number))) or 0


def changed_since(connection: Connection, number: int) -> list[str]:
    """Return whose limits were changed after a change."""
    query = select(limit_changes.c.dreamer).where(limit_changes.c.number > number).distinct()
    return list(connection.scalars(query))
