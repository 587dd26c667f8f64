"""How every dreamer is now, folded from the log's entries."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from monitor.domain.events import RESPONSE, Coverage, Reason
from service.entries import Entry, iso

CLOSED = frozenset({"NORMAL", "PENDING", "RESOLVED"})
_UNTAKEN = frozenset({"ACTIVE_UNACK", "RTN_UNACK"})
_URGENCY = {"high": 0, "medium": 1, "low": 2}
_GRAVEST = "UNRESPONSIVE"
"""Whatever else has risen to high since."""


class Overview:
    """The last entries of each dreamer, and what they say together."""

    def __init__(self) -> None:
        self._latest: dict[str, dict[str, Entry]] = {}
        self._alarms: dict[str, dict[str, Entry]] = {}
        self.heads: dict[str, int] = {}

    def apply(self, entry: Entry) -> None:
        """Take in one entry; entries of a dreamer come in order."""
        self.heads[entry.dreamer] = entry.seq
        latest = self._latest.setdefault(entry.dreamer, {})
        alarms = self._alarms.setdefault(entry.dreamer, {})
        data = entry.message["data"]
        if entry.type == "alarm":
            alarms.pop(data["alarm_id"], None)
            if data["state"] not in CLOSED:
                alarms[data["alarm_id"]] = entry
            return
        if entry.type == "wake" and data["step"] == RESPONSE:
            return
        if entry.type == "session" and data["status"] == "started":
            latest.clear()
        latest[entry.type] = entry

    def forget_through(self, forgotten: Mapping[str, int]) -> None:
        """Leave out of each dreamer the entries up to a number; how far the log goes remains."""
        for dreamer, through in forgotten.items():
            for table in (self._latest, self._alarms):
                kept = {k: e for k, e in table.get(dreamer, {}).items() if e.seq > through}
                if dreamer in table:
                    table[dreamer] = kept

    def forget(self, dreamer: str) -> None:
        """Leave out a dreamer of whom the log holds nothing any more."""
        for table in (self._latest, self._alarms, self.heads):
            table.pop(dreamer, None)

    def coverage(self, dreamer: str, not_watched: Reason | None = None) -> Coverage:
        """Return what the log says of the coverage; with nothing said, or not watched, none."""
        if not_watched:
            return Coverage.NOT_MONITORED
        return Coverage(self._field(dreamer, "coverage", "coverage", Coverage.NOT_MONITORED))

    def alarms(self, dreamers: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Return the open alarms, the most urgent first.

        That is UNRESPONSIVE before all, then by priority; of those alike what nobody has taken on
        first, then the oldest.
        """
        chosen = self.heads if dreamers is None else dreamers
        found = [entry for name in chosen for entry in self._alarms.get(name, {}).values()]
        return sorted(map(_merge, found), key=_urgency)

    def dreamer(self, dreamer: str, not_watched: Reason | None = None) -> dict[str, Any]:
        """Return all that is known of one dreamer, and why nobody watches now if so."""
        latest = self._latest.get(dreamer, {})
        said = self._field(dreamer, "coverage", "reason", None)
        return {
            "dreamer": dreamer,
            "seq": self.heads.get(dreamer, 0),
            "coverage": self.coverage(dreamer, not_watched),
            "coverage_reason": asdict(not_watched) if not_watched else said,
            "session": _session(latest["session"]) if "session" in latest else None,
            "stage": _merge(latest["epoch"]) if "epoch" in latest else None,
            "wake": _merge(latest["wake"]) if "wake" in latest else None,
            "usage": _merge(latest["usage"]) if "usage" in latest else None,
            "alarms": self.alarms([dreamer]),
        }

    def _field(self, dreamer: str, kind: str, name: str, default: Any) -> Any:
        entry = self._latest.get(dreamer, {}).get(kind)
        return entry.message["data"][name] if entry else default


def _merge(entry: Entry) -> dict[str, Any]:
    data: dict[str, Any] = entry.message["data"]
    return data | {"dreamer": entry.dreamer, "at": iso(entry.at)}


def _session(entry: Entry) -> dict[str, Any]:
    data = _merge(entry)
    return data | {"started_at": iso(entry.at - data["sample"] / data["sfreq"])}


def _urgency(alarm: dict[str, Any]) -> tuple[int, bool, str, str]:
    grade = -1 if alarm["kind"] == _GRAVEST else _URGENCY[alarm["priority"]]
    raised = alarm["raised_at"] or alarm["at"]
    return grade, alarm["state"] not in _UNTAKEN, raised, alarm["alarm_id"]
