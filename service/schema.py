"""The tables of the store. The log is append-only: the database itself refuses anything else.

Only what an entry says may be erased, with its salt, and only up to the number that its chain
names as forgotten; see `service.chain` for what is kept and why.
"""

from sqlalchemy import (
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    column,
    table,
)

VERSION = 3
OLDER = (2,)
"""Versions that lack only tables: these are made, and the file is of this version."""
metadata = MetaData()

chains = Table(
    "chains",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("name", String, unique=True),
    Column("salt", String),
    Column("digest", String, nullable=False),
    Column("forgotten", Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)
"""A dreamer each; who was forgotten has no name. `number` and `digest` never change."""

events = Table(
    "events",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("chain", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("event_id", String, nullable=False, unique=True),
    Column("type", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("previous", String, nullable=False),
    Column("hash", String, nullable=False),
    Column("salt", String),
    Column("at", Float),
    Column("session", String),
    Column("alarm_id", String),
    Column("data", Text),
    UniqueConstraint("chain", "seq"),
    Index("events_of_session", "session", "type", "seq"),
    sqlite_autoincrement=True,
)
SAID = ("at", "session", "alarm_id", "data")
"""What an entry says, in the order of its digest: erased, with the salt, when it is forgotten."""
Index(
    "events_of_alarm",
    events.c.chain,
    events.c.alarm_id,
    events.c.seq,
    sqlite_where=events.c.alarm_id.is_not(None),
)

sessions = Table(
    "sessions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("session", String, nullable=False, unique=True),
    Column("dreamer", String, nullable=False),
    Column("spec", String, nullable=False),
    Column("start", Float, nullable=False),
    Column("status", String, nullable=False),
    Column("snapshot", LargeBinary, nullable=False),
    Index("sessions_of_dreamer", "dreamer", "number"),
    sqlite_autoincrement=True,
)

nights = Table(
    "nights",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("dreamer", String, nullable=False),
    Column("session", String, nullable=False),
    Column("start", Float, nullable=False),
    Column("until", Float, nullable=False),
    Column("record", Text, nullable=False),
    UniqueConstraint("dreamer", "session"),
    Index("nights_of_dreamer", "dreamer", "until"),
    sqlite_autoincrement=True,
)
"""The account of each session, watched or imported: a `monitor.usage.record.SessionRecord`."""

limit_changes = Table(
    "limit_changes",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("dreamer", String, nullable=False),
    Column("command_id", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("actor", String, nullable=False),
    Column("change", Text, nullable=False),
    UniqueConstraint("dreamer", "command_id"),
    sqlite_autoincrement=True,
)
"""What was asked of a dreamer's limits, in order; what holds is folded from it."""

tokens = Table(
    "tokens",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("hash", String, nullable=False, unique=True),
    Column("role", String, nullable=False),
    Column("dreamer", String),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float),
    Column("revoked_at", Float),
    sqlite_autoincrement=True,
)
"""Who may come in, and as what. Of a token only the hash is kept."""

logins = Table(
    "logins",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("token", Integer, nullable=False),
    Column("hash", String, nullable=False, unique=True),
    Column("expires_at", Float, nullable=False),
    Index("logins_of_token", "token", "number"),
    sqlite_autoincrement=True,
)
"""Browsers in which somebody has signed in; of what they hold only the hash is kept."""

counters = table("sqlite_sequence", column("name"), column("seq"))
"""SQLite's own: the largest number that each table has ever given out."""

_KEPT = ("position", "chain", "seq", "event_id", "type", "digest", "previous", "hash")
_ERASES = " AND ".join(
    [f"NEW.{name} IS OLD.{name}" for name in _KEPT]
    + [f"NEW.{name} IS NULL" for name in ("salt", *SAID)]
    + ["OLD.seq <= (SELECT forgotten FROM chains WHERE number = OLD.chain)"]
)
_FORGETS = (
    "NEW.number IS OLD.number AND NEW.digest IS OLD.digest AND NEW.forgotten >= OLD.forgotten "
    "AND (NEW.name IS OLD.name AND NEW.salt IS OLD.salt OR NEW.name IS NULL AND NEW.salt IS NULL)"
)


def _refuse(change: str, of: str, unless: str = "FALSE") -> str:
    return (
        f"CREATE TRIGGER IF NOT EXISTS {of}_refuse_{change} BEFORE {change} ON {of} "
        f"WHEN NOT coalesce({unless}, FALSE) "
        "BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END"
    )


APPEND_ONLY = (
    _refuse("UPDATE", "events", unless=_ERASES),
    _refuse("DELETE", "events"),
    _refuse("UPDATE", "chains", unless=_FORGETS),
    _refuse("DELETE", "chains"),
)
