"""What is known of a dreamer's use: read from the store, assessed, and told as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection

from monitor.usage.account import History, daily, to_json
from monitor.usage.admission import Admission, admit
from monitor.usage.book import fold
from monitor.usage.changes import Change
from monitor.usage.days import find_zone
from monitor.usage.ledger import Past
from monitor.usage.norms import norms_of
from monitor.usage.record import SessionRecord
from monitor.usage.rules import LIMITS
from monitor.usage.terms import Terms, override_end
from monitor.usage.timeline import Timeline
from service.entries import iso
from service.errors import NotAdmitted
from service.runner import Runner
from service.store import Store
from service.usage.book import ask
from service.usage.past import read_past

DAYS = 14
"""Days told one by one."""


@dataclass(frozen=True, slots=True)
class Use:
    """A dreamer's sessions and what was asked of their limits.

    Parameters
    ----------
    dreamer : str
    past : Past
        The running session, if any, among its records.
    """

    dreamer: str
    past: Past

    def now(self, wall: float) -> float:
        """Return the dreamer's present: a replay runs ahead of the wall clock."""
        ends = (record.until for record in self.past.records if not record.imported)
        return max(wall, *ends, wall)

    def terms(self, at: float) -> Terms:
        """Return the terms at a moment, seconds of Unix time."""
        return fold(self.past.changes, at, self.past.zone)

    def admission(self, at: float, planned_s: float | None = None) -> Admission:
        """Say whether a new session may start."""
        return admit(Timeline(self.past.records), self.terms(at), at, planned_s)

    def account(self, at: float, planned_s: float | None = None) -> dict[str, Any]:
        """Return the account at a moment as JSON values."""
        terms = self.terms(at)
        history = History(self.past.records, terms.zone, lambda then: self.terms(then).limits)
        zone = find_zone(terms.zone)
        return {
            "dreamer": self.dreamer,
            "at": iso(at),
            "zone": terms.zone,
            "age_group": norms_of(terms.age).group,
            **to_json(history.assess(None, at, terms.limits)),
            "limits": _limits(terms),
            "admission": _admission(self.admission(at, planned_s)),
            "override": _override(terms),
            "timeout_until": _time(terms.timeout_until),
            "excluded_until": _time(terms.excluded_until),
            "days": [
                {**asdict(day), "date": day.date.isoformat()}
                for day in daily(history.timeline, at, zone, DAYS)
            ],
        }


class Accounts:
    """The accounts of a running service.

    Parameters
    ----------
    store : Store
    runners : mapping of str to Runner
        By dreamer; a running session stands as it is now, not as of its last commit.
    zone : str
        IANA name of the time zone of dreamers who have said no other.
    """

    def __init__(self, store: Store, runners: Mapping[str, Runner], zone: str) -> None:
        self._store, self._runners, self._zone = store, runners, zone

    def use(self, dreamer: str) -> Use | None:
        """Return what is known of a dreamer; None when nothing is."""
        use = self._store.read(lambda connection: read_use(connection, dreamer, self._zone))
        runner = self._runners.get(dreamer)
        if runner is not None:
            return with_running(use, runner.record)
        return use if use.past.records or use.past.changes else None

    def now(self, dreamer: str, wall: float) -> float:
        """Return a dreamer's present; see `Use.now`."""
        use = self.use(dreamer)
        return use.now(wall) if use else wall

    def admit(self, dreamer: str, wall: float, planned_s: float | None) -> None:
        """Raise `NotAdmitted` when no new session may start."""
        use = self.use(dreamer)
        admission = use.admission(use.now(wall), planned_s) if use else Admission(True)
        if not admission.allowed:
            until = _time(admission.until)
            why = " ".join(reason.text for reason in admission.reasons)
            when = f" A new session may start from {until} on." if until else ""
            raise NotAdmitted(why + when, until)

    def ask(self, dreamer: str, command_id: str, change: Change) -> bool:
        """Write a change of the limits down; as `service.usage.book.ask`."""
        return self._store.write(
            lambda connection: ask(connection, dreamer, command_id, change, self._zone)
        )


def read_use(connection: Connection, dreamer: str, zone: str) -> Use:
    """Read what is known of a dreamer; as `service.usage.past.read_past`."""
    return Use(dreamer, read_past(connection, dreamer, zone))


def with_running(use: Use, running: SessionRecord) -> Use:
    """Have a running session stand as it is now, not as of its last commit."""
    others = (record for record in use.past.records if record.session != running.session)
    return Use(use.dreamer, replace(use.past, records=(*others, running)))


def _limits(terms: Terms) -> dict[str, Any]:
    return {
        name: {
            "text": spec.text,
            "unit": spec.unit,
            "least": spec.least,
            **asdict(terms.limits[name]),
            "pending": _pending(terms, name),
        }
        for name, spec in LIMITS.items()
    }


def _pending(terms: Terms, name: str) -> Mapping[str, Any] | None:
    pending = terms.pending.get(name)
    if pending is None:
        return None
    times = {"confirm_from": iso(pending.confirm_from), "confirm_until": iso(pending.confirm_until)}
    return {**asdict(pending.bounds), **times}


def _admission(admission: Admission) -> dict[str, Any]:
    reasons = [{**asdict(r), "until": _time(r.until)} for r in admission.reasons]
    return {"allowed": admission.allowed, "reasons": reasons, "until": _time(admission.until)}


def _override(terms: Terms) -> dict[str, Any] | None:
    override = terms.override
    if override is None:
        return None
    until = iso(override_end(override))
    return {"name": override.name, "reason": override.reason, "until": until}


def _time(at: float | None) -> str | None:
    return None if at is None else iso(at)
