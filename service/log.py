"""Appending to the log, numbered and chained; and reading what was forgotten of it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from secrets import token_hex

from sqlalchemy import Connection, func, insert, select

from monitor.domain.events import CommandDone
from service.chain import Link, digest
from service.entries import Draft, Entry
from service.schema import chains, counters, events

LOG = "#log"
"""Whose chain tells what was done to the log itself; no dreamer can have this name."""
FORGET = "forget"
"""The command that such an entry records."""
_SALT_BYTES = 16

_position = (
    select(func.coalesce(func.max(counters.c.seq), 0))
    .where(counters.c.name == events.name)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Record:
    """What an entry of the log's own chain says was forgotten.

    Parameters
    ----------
    chain : int
        Number of the dreamer's chain.
    through : int
        Number of the last entry.
    name : bool
        Whether the dreamer's name was too.
    """

    chain: int
    through: int
    name: bool


def append(
    connection: Connection, dreamer: str, session: str, drafts: Sequence[Draft]
) -> list[Entry]:
    """Append entries to a dreamer's chain, which begins with the first of them."""
    if not drafts:
        return []
    position, chain, seq, previous = _head(connection, dreamer)
    rows, entries = [], []
    for i, draft in enumerate(drafts, 1):
        salt = token_hex(_SALT_BYTES)
        said = digest(salt, draft.at, session, draft.alarm_id, draft.data)
        link = Link(position + i, chain, seq + i, draft.event_id, draft.type, said, previous)
        previous = link.hash
        rows.append(
            asdict(link) | asdict(draft) | {"hash": previous, "salt": salt, "session": session}
        )
        entries.append(
            Entry(position + i, dreamer, seq + i, draft.event_id, draft.type, draft.at, draft.data)
        )
    connection.execute(insert(events), rows)
    return entries


def chain_of(connection: Connection, dreamer: str) -> int:
    """Return the number of a dreamer's chain, which is begun if there is none."""
    return _head(connection, dreamer)[1]


def read_records(connection: Connection) -> Iterator[Record]:
    """Read what was forgotten; a damaged record says nothing, and does not fit its digest."""
    query = (
        select(events.c.data)
        .join_from(events, chains, events.c.chain == chains.c.number)
        .where(chains.c.name == LOG, events.c.type == CommandDone.type)
    )
    for text in connection.scalars(query):
        with suppress(ValueError, TypeError, KeyError):
            done = json.loads(text)
            detail = done["detail"] if done["command"] == FORGET else {}
            yield Record(int(detail["chain"]), int(detail["through"]), detail["name"] is True)


def _head(connection: Connection, dreamer: str) -> tuple[int, int, int, str]:
    """Return the last position of the log, and of the dreamer's chain number, seq and hash."""
    query = (
        select(
            _position,
            chains.c.number,
            func.coalesce(events.c.seq, 0),
            func.coalesce(events.c.hash, chains.c.digest),
        )
        .join_from(chains, events, events.c.chain == chains.c.number, isouter=True)
        .where(chains.c.name == dreamer)
        .order_by(events.c.seq.desc())
        .limit(1)
    )
    found = connection.execute(query).first()
    if found is None:
        salt = token_hex(_SALT_BYTES)
        values = {"name": dreamer, "salt": salt, "digest": digest(salt, dreamer)}
        connection.execute(insert(chains).values(values))
        found = connection.execute(query).one()
    position, chain, seq, last = found
    return position, chain, seq, last
