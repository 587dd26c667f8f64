"""The durable log and the sessions' snapshots. One writer numbers and commits; anybody reads."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, Self, TypeVar

from sqlalchemy import (
    Connection,
    Integer,
    ScalarSelect,
    Select,
    column,
    func,
    insert,
    select,
    update,
    values,
)

from monitor.usage.record import SessionRecord
from service.database import explained, hold, open_reader, open_writer
from service.entries import Draft, Entry
from service.errors import StoreError
from service.log import append
from service.schema import chains, events, sessions
from service.usage.nights import keep

RUNNING = "running"
ENDED = "ended"
BATCH = 500
"""Entries read at a time, so that no reader holds the database for long."""
_ENTRIES = (
    select(
        events.c.position,
        chains.c.name,
        *(events.c[name] for name in ("seq", "event_id", "type", "at", "data")),
    )
    .join_from(events, chains, events.c.chain == chains.c.number)
    .where(events.c.data.is_not(None))
)
"""Entries but for those that were forgotten."""
_LENGTHS = select(
    chains.c.name,
    chains.c.number,
    select(func.coalesce(func.max(events.c.seq), 0))
    .where(events.c.chain == chains.c.number)
    .scalar_subquery(),
)
_T = TypeVar("_T")


class _Span(NamedTuple):
    """Entries of a chain, by the numbers of the first and the last."""

    chain: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class SessionRow:
    """What is kept of a session beside its events.

    Parameters
    ----------
    spec : str
        The source as it was given.
    start : float
        Unix time of sample 0 in seconds.
    status : str
        `RUNNING` or `ENDED`.
    snapshot : bytes
        State as of the session's last committed event, see `service.snapshots`.
    """

    session: str
    dreamer: str
    spec: str
    start: float
    status: str
    snapshot: bytes


class Store:
    """The log and the sessions of one data directory.

    Parameters
    ----------
    data_dir : Path
        Made when missing. One process at a time may open it for writing.

    Raises
    ------
    StoreError
        When another service has it open, or the file there is not ours or newer; any method,
        when the file cannot be read or written now.
    """

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._hold = hold(data_dir)
        try:
            self._writer = open_writer(data_dir)
        except StoreError:
            self._hold.close()
            raise
        self._reader = open_reader(data_dir)
        self._writing = Lock()

    def close(self) -> None:
        """Close the file and let other services have it."""
        self._writer.dispose()
        self._reader.dispose()
        self._hold.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def commit(
        self, row: SessionRow, drafts: Sequence[Draft], night: SessionRecord | None = None
    ) -> list[Entry]:
        """Append events, the snapshot that belongs to them and the account, in one transaction."""

        def write(connection: Connection) -> list[Entry]:
            entries = append(connection, row.dreamer, row.session, drafts)
            _save(connection, row)
            if night is not None:
                keep(connection, row.dreamer, night)
            return entries

        return self.write(write)

    def write(self, do: Callable[[Connection], _T]) -> _T:
        """Write something in one transaction."""
        with self._writing, explained(), self._writer.begin() as connection:
            return do(connection)

    def dreamers(self) -> list[str]:
        """Everybody who has ever been watched, in order of their names."""
        query = select(sessions.c.dreamer).distinct().order_by(sessions.c.dreamer)
        return list(self.read(lambda connection: connection.scalars(query).all()))

    def last_session(self, dreamer: str) -> SessionRow | None:
        """Return the latest session of a dreamer, whether it has ended or not."""
        query = (
            select(*(sessions.c[name] for name in SessionRow.__slots__))
            .where(sessions.c.dreamer == dreamer)
            .order_by(sessions.c.number.desc())
            .limit(1)
        )
        row = self.read(lambda connection: connection.execute(query).first())
        return SessionRow(*row) if row else None

    def last_at(self, dreamer: str) -> float:
        """Return the time of a dreamer's last entry, or minus infinity."""
        query = (
            select(events.c.at)
            .where(events.c.chain == _chain(dreamer))
            .order_by(events.c.seq.desc())
            .limit(1)
        )
        at = self.read(lambda connection: connection.scalar(query))
        return float("-inf") if at is None else float(at)

    def latest(self, dreamer: str) -> list[Entry]:
        """Return the entries that say how a dreamer is now: the last of each type, of each alarm.

        Alarms are of any session, for they outlive one; all else is of the last session.
        """
        session = (
            select(sessions.c.session)
            .where(sessions.c.dreamer == dreamer)
            .order_by(sessions.c.number.desc())
            .limit(1)
            .scalar_subquery()
        )
        of_types = (
            select(func.max(events.c.seq))
            .where(events.c.session == session, events.c.alarm_id.is_(None))
            .group_by(events.c.type)
        )
        of_alarms = (
            select(func.max(events.c.seq))
            .where(events.c.chain == _chain(dreamer), events.c.alarm_id.is_not(None))
            .group_by(events.c.alarm_id)
        )
        wanted = of_types.union(of_alarms).scalar_subquery()
        return self._entries(
            _ENTRIES.where(events.c.chain == _chain(dreamer), events.c.seq.in_(wanted)).order_by(
                events.c.seq
            )
        )

    def forgotten(self) -> dict[str, int]:
        """Return the number of the last entry that was forgotten, of each of whom any was."""
        named = chains.c.name.is_not(None) & (chains.c.forgotten > 0)
        query = select(chains.c.name, chains.c.forgotten).where(named)
        return dict(self.read(lambda connection: connection.execute(query).all()))

    def of_session(self, dreamer: str, session: str, kind: str) -> list[Entry]:
        """Return the entries of one type of a dreamer's session in order."""
        of_session = (events.c.session == session) & (events.c.type == kind)
        return self._entries(
            _ENTRIES.where(of_session, events.c.chain == _chain(dreamer)).order_by(events.c.seq)
        )

    def session_of_command(self, dreamer: str, command: str, command_id: str) -> str | None:
        """Return the session in which a dreamer's command was carried out, if it was."""
        query = select(events.c.session, events.c.data).where(
            events.c.chain == _chain(dreamer),
            events.c.type == "command",
            events.c.data.is_not(None),
        )
        for session, data in self.read(lambda connection: connection.execute(query).all()):
            told = json.loads(data)
            if (told["command"], told["command_id"]) == (command, command_id):
                return str(session)
        return None

    def version_of(self, dreamer: str, alarm_id: str) -> int | None:
        """Return the version that an alarm has now, None when there is no such alarm."""
        found = self._entries(
            _ENTRIES.where(events.c.chain == _chain(dreamer), events.c.alarm_id == alarm_id)
            .order_by(events.c.seq.desc())
            .limit(1)
        )
        return int(found[0].message["data"]["version"]) if found else None

    def between(self, cursor: Mapping[str, int], heads: Mapping[str, int]) -> Iterator[list[Entry]]:
        """Read what lies after a cursor up to the heads, oldest first, in batches.

        What was forgotten is left out: a cursor before `forgotten` leads to entries that do not
        follow it.

        Parameters
        ----------
        cursor, heads : dict of str to int
            Last number seen, and last number wanted, of each dreamer; dreamers who have no head
            are left out, those without a cursor are read from their beginning.
        """
        spans = self._spans(cursor, heads)
        if not spans:
            return
        if len(spans) == 1:
            (chain, first, last), place = spans[0], events.c.seq
            query = _ENTRIES.where(events.c.chain == chain)
        else:
            first, last = self._ends(spans)
            place = events.c.position
            query = _ENTRIES.where((events.c.chain + 0).in_([span.chain for span in spans]))
        while first <= last:
            batch = self._entries(
                query.where(place.between(first, last)).order_by(place).limit(BATCH)
            )
            yield [e for e in batch if cursor.get(e.dreamer, 0) < e.seq <= heads[e.dreamer]]
            first = getattr(batch[-1], place.name) + 1 if len(batch) == BATCH else last + 1

    def _spans(self, cursor: Mapping[str, int], heads: Mapping[str, int]) -> list[_Span]:
        """Return what is wanted of each chain of which anything is, and there."""
        known = self.read(lambda connection: connection.execute(_LENGTHS).all())
        spans = [
            _Span(chain, cursor.get(name, 0) + 1, min(heads[name], length))
            for name, chain, length in known
            if name in heads
        ]
        return [span for span in spans if span.first <= span.last]

    def _ends(self, spans: Sequence[_Span]) -> tuple[int, int]:
        """Return the first and the last position of the log in which anything wanted may lie."""
        ends = [(span.chain, seq) for span in spans for seq in (span.first, span.last)]
        wanted = values(column("chain", Integer), column("seq", Integer)).data(ends).cte("wanted")
        here = (events.c.chain == wanted.c.chain) & (events.c.seq == wanted.c.seq)
        query = select(events.c.position).join_from(wanted, events, here)
        places = self.read(lambda connection: connection.scalars(query).all())
        return min(places), max(places)

    def _entries(self, query: Select[Any]) -> list[Entry]:
        return self.read(lambda connection: [Entry(*row) for row in connection.execute(query)])

    def read(self, read: Callable[[Connection], _T]) -> _T:
        """Read something, as of one moment."""
        with explained(), self._reader.begin() as connection:
            return read(connection)


def _chain(dreamer: str) -> ScalarSelect[int]:
    return select(chains.c.number).where(chains.c.name == dreamer).scalar_subquery()


def _save(connection: Connection, row: SessionRow) -> None:
    """Renew the session's row, or add it when this is its first event."""
    content = asdict(row)
    known = update(sessions).where(sessions.c.session == row.session).values(content)
    if connection.execute(known).rowcount == 0:
        connection.execute(insert(sessions).values(content))
