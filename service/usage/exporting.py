"""Accounts for other programs: a table of sessions, or everything as one object."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from monitor.domain.stage import EPOCH_S, Stage
from monitor.usage import changes, record
from monitor.usage.days import find_zone
from monitor.usage.record import SessionRecord
from service.usage.accounts import Use

COLUMNS = (
    "session", "start", "end", "ended", "imported", "planned_min", "recorded_min", "sleep_min",
    "n1_min", "n2_min", "n3_min", "rem_min", "wake_min", "unscored_min", "rounds",
)  # fmt: skip


def to_csv(use: Use) -> str:
    """Return a line a session; times are of the dreamer's clock."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_rows(use))
    return text.getvalue()


def to_object(use: Use) -> dict[str, Any]:
    """Return sessions with all their epochs, and what was asked of the limits, as JSON values."""
    return {
        "dreamer": use.dreamer,
        "zone": use.past.zone,
        "sessions": [record.to_json(session) for session in use.past.records],
        "changes": [changes.to_json(change) for change in use.past.changes],
    }


def _rows(use: Use) -> Iterator[list[object]]:
    for session in use.past.records:
        zone = find_zone(use.terms(session.start).zone)
        start, end = (
            datetime.fromtimestamp(at, zone).isoformat(timespec="seconds")
            for at in (session.start, session.until)
        )
        minutes = _minutes(session)
        unseen_s = session.until - session.start - EPOCH_S * session.n_epochs
        planned_min = "" if session.planned_s is None else session.planned_s / 60
        yield [
            session.session, start, end, session.ended, session.imported, planned_min,
            round((session.until - session.start) / 60, 4),
            sum(m for stage, m in minutes.items() if stage.is_sleep),
            minutes[Stage.N1], minutes[Stage.N2], minutes[Stage.N3], minutes[Stage.R],
            minutes[Stage.W], round(minutes[Stage.UNSCORED] + unseen_s / 60, 4), session.rounds,
        ]  # fmt: skip


def _minutes(session: SessionRecord) -> dict[Stage, float]:
    minutes = dict.fromkeys(Stage, 0.0)
    for stage, n in session.runs:
        minutes[stage] += n * EPOCH_S / 60
    return minutes
