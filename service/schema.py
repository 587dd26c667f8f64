"""The tables of the store. The log is append-only: the database itself refuses anything else."""

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
)

VERSION = 1
metadata = MetaData()

events = Table(
    "events",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("dreamer", String, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("event_id", String, nullable=False, unique=True),
    Column("type", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("session", String, nullable=False),
    Column("alarm_id", String),
    Column("data", Text, nullable=False),
    UniqueConstraint("dreamer", "seq"),
    Index("events_of_session", "session", "type", "seq"),
    sqlite_autoincrement=True,
)
Index(
    "events_of_alarm",
    events.c.dreamer,
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

APPEND_ONLY = tuple(
    f"CREATE TRIGGER IF NOT EXISTS events_refuse_{change} BEFORE {change} ON events "
    "BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END"
    for change in ("UPDATE", "DELETE")
)
