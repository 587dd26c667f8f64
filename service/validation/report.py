"""From the records of all nights to figures, and from figures to marks."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from monitor.alarm.catalogue import DEFAULT_POLICY
from monitor.alarm.rules import AlarmKind
from monitor.domain.events import Coverage, Priority
from service.validation.causes import CAUSES, OF_THE_ACCOUNT, TECHNICAL
from service.validation.intervals import rate_interval, share_interval
from service.validation.matching import false_alarms, provoked, seconds_to_alarm, tail_s
from service.validation.records import CUE, Planted, Raised, Record
from service.validation.study import Study

BUDGET = {Priority.HIGH: 0.1, Priority.MEDIUM: 0.5, Priority.LOW: 2.0}
"""False alarms per 24 h of monitored time (alarm specification)."""
LEAST_HOURS = 720.0
TECHNICAL_SENSITIVITY, HIGH_SENSITIVITY, HIGH_LOWER = 0.99, 0.95, 0.90
LATE_S = 2.0
"""How much later than due the 99th percentile may be."""
MET, MISSED, TOO_FEW = "met", "missed", "too few"

_DAY_S = 86_400.0
_DIGITS = 4

Figures = dict[str, Any]
_Event = tuple[Planted, Record]


def assess(
    records: Sequence[Record], study: Study, origins: Mapping[str, Any], model: str
) -> Figures:
    """Count everything.

    Parameters
    ----------
    records : sequence of Record
        All nights.
    study : Study
        What they are of.
    origins : mapping
        Where the hypnograms are from.
    model : str
        Of the stager.

    Returns
    -------
    dict
        JSON values: ``study``, ``kinds``, ``causes``, ``brief``, ``false``, ``coverage``,
        ``marks``, and every alarm that is false and every one that is missing.
    """
    events = [(planted, record) for record in records for planted in record.planted]
    false = [(raised, record) for record in records for raised in false_alarms(record)]
    coverage = _coverage(records)
    monitored_s = coverage[Coverage.MONITORED.value]["hours"] * 3600
    figures: Figures = {
        "study": _about(records, study, origins, model),
        "kinds": _kinds(events, false, monitored_s),
        "causes": _causes(events),
        "brief": _brief(events),
        "false": _false(false, monitored_s),
        "coverage": coverage,
        "false_alarms": [_told(raised, record) for raised, record in false],
        "missing_alarms": _missing(events),
    }
    figures["marks"] = _marks(figures)
    rounded: Figures = _rounded(figures)
    return rounded


def missed(figures: Figures, *, quick: bool) -> list[str]:
    """Name the marks that are not met; a quick study need not have enough to tell."""
    allowed = (MET, TOO_FEW) if quick else (MET,)
    return [mark["mark"] for mark in figures["marks"] if mark["verdict"] not in allowed]


def _about(
    records: Sequence[Record], study: Study, origins: Mapping[str, Any], model: str
) -> Figures:
    return {
        "hours": sum(record.length_s for record in records) / 3600,
        "nights": len(records),
        "asked_hours": study.hours,
        "seed": study.seed,
        "model": model,
        "hypnograms": dict(origins),
        "left_out": sorted(OF_THE_ACCOUNT),
    }


def _wanted(events: Iterable[_Event]) -> list[_Event]:
    return [(planted, record) for planted, record in events if planted.wanted]


def _found(events: Sequence[_Event]) -> Figures:
    """How many of what must alarm did, and how soon."""
    took = [seconds_to_alarm(planted, record.raised) for planted, record in events]
    times = [seconds for seconds in took if seconds is not None]
    late = [s - p.due_s for s, (p, _) in zip(took, events, strict=True) if s is not None]
    return {
        "planted": len(events),
        "found": len(times),
        "sensitivity": len(times) / len(events) if events else None,
        "interval": share_interval(len(times), len(events)),
        "median_s": float(np.median(times)) if times else None,
        "p99_s": _p99(times),
        "p99_late_s": _p99(late),
    }


def _p99(values: Sequence[float]) -> float | None:
    """Take the 99th percentile from above: of fewer than a hundred it is the largest."""
    return float(np.percentile(values, 99, method="higher")) if values else None


def _kinds(
    events: Sequence[_Event], false: Sequence[tuple[Raised, Record]], monitored_s: float
) -> dict[str, Figures]:
    return {
        kind: {
            "priority": rule.priority.value,
            **_found([(p, r) for p, r in _wanted(events) if p.kind == kind]),
            **_rate([raised for raised, _ in false if raised.kind == kind], monitored_s),
        }
        for kind, rule in DEFAULT_POLICY.kinds.items()
        if kind not in OF_THE_ACCOUNT
    }


def _causes(events: Sequence[_Event]) -> list[Figures]:
    wanted = _wanted(events)
    names = dict.fromkeys((planted.cause, planted.kind) for planted, _ in wanted)
    order = [*DEFAULT_POLICY.kinds, CUE]
    rows = []
    for cause, kind in sorted(names, key=lambda name: (order.index(name[1]), name[0])):
        mine = [(p, r) for p, r in wanted if (p.cause, p.kind) == (cause, kind)]
        dues = [planted.due_s for planted, _ in mine]
        on_delay_s = None if kind == CUE else DEFAULT_POLICY.kinds[AlarmKind(kind)].on_delay_s
        known = CAUSES.get(cause)
        rows.append(
            {
                "kind": kind,
                "cause": cause,
                "onset": known.onset if known else _ONSETS.get(cause, ""),
                "on_delay_s": on_delay_s,
                "due_s": [min(dues), max(dues)],
                **_found(mine),
            }
        )
    return rows


_ONSETS = {
    "unanswered rounds": "first cue",
    "cannot be woken": "first cue",
    "sleeps on": "planned end",
    "planned wake begins": "OVERRUN is due; N3 defers it",
    "commanded wake begins": "the command",
    "one stage too long": "the stage begins; due when scored for so long",
    "N2 and N3 too long": "N2 begins; due when scored for so long",
}


def _brief(events: Sequence[_Event]) -> list[Figures]:
    """Count what must not alarm, and did."""
    rows: dict[str, Figures] = {}
    for planted, record in events:
        if planted.wanted is False:
            new: Figures = {"kind": planted.kind, "cause": planted.cause}
            row = rows.setdefault(planted.cause, {**new, "planted": 0, "alarmed": 0})
            row["planted"] += 1
            row["alarmed"] += provoked(planted, record.raised)
    return [rows[cause] for cause in CAUSES if cause in rows]


def _rate(false: Sequence[Raised], monitored_s: float) -> Figures:
    days = max(monitored_s, 1.0) / _DAY_S
    return {
        "false": len(false),
        "per_24_h": len(false) / days,
        "per_24_h_interval": rate_interval(len(false), days),
    }


def _false(false: Sequence[tuple[Raised, Record]], monitored_s: float) -> dict[str, Figures]:
    return {
        priority.value: {
            **_rate([raised for raised, _ in false if raised.priority is priority], monitored_s),
            "budget": budget,
        }
        for priority, budget in BUDGET.items()
    }


def _coverage(records: Sequence[Record]) -> Figures:
    """Share of time by coverage, and how much of what nobody watched nothing planted explains."""
    total = sum(record.length_s for record in records)
    seconds = {
        coverage: sum(c.end - c.begin for r in records for c in r.covered if c.coverage is coverage)
        for coverage in Coverage
    }
    unexplained = sum(_unexplained_s(record) for record in records)
    return {
        **{c.value: {"hours": s / 3600, "share": s / total} for c, s in seconds.items()},
        "not_monitored_without_fault": {"hours": unexplained / 3600, "share": unexplained / total},
    }


def _unexplained_s(record: Record) -> float:
    """Seconds in which nobody was watched although nothing planted was there."""
    grid = np.zeros(int(record.length_s) + 1, bool)
    for covered in record.covered:
        if covered.coverage is Coverage.NOT_MONITORED:
            grid[int(covered.begin) : int(covered.end)] = True
    for planted in record.planted:
        if planted.cause in CAUSES:
            grid[int(planted.onset) : int(planted.until + _RECOVERY_S + tail_s(planted))] = False
    return float(grid.sum())


_RECOVERY_S = 60.0
"""Two epochs: until one that is whole again has been staged."""


def _told(raised: Raised, record: Record) -> Figures:
    priority = raised.priority.value if raised.priority else None
    return {
        "night": record.name,
        "at_s": raised.at,
        "kind": raised.kind,
        "source": raised.source,
        "priority": priority,
    }


def _missing(events: Sequence[_Event]) -> list[Figures]:
    return [
        {"night": r.name, "onset_s": p.onset, "kind": p.kind, "cause": p.cause}
        for p, r in _wanted(events)
        if seconds_to_alarm(p, r.raised) is None
    ]


def _marks(figures: Figures) -> list[Figures]:
    """Judge the figures."""
    hours = figures["study"]["hours"]
    enough = MET if hours >= LEAST_HOURS else TOO_FEW
    marks = [_mark("simulated hours", hours, ">=", LEAST_HOURS, enough)]
    for kind, row in figures["kinds"].items():
        if kind in TECHNICAL:
            marks.append(_sensitivity(kind, row, TECHNICAL_SENSITIVITY))
        elif row["priority"] == Priority.HIGH:
            marks.append(_sensitivity(kind, row, HIGH_SENSITIVITY))
        if row["priority"] == Priority.HIGH:
            marks.append(_lower(kind, row))
    marks += [_late(kind, figures["causes"]) for kind in figures["kinds"]]
    for priority, row in figures["false"].items():
        name, budget = f"false alarms per 24 h, {priority}", row["budget"]
        verdict = MET if row["per_24_h"] <= budget else MISSED
        marks.append(_mark(name, row["per_24_h"], "<=", budget, verdict))
    return marks


def _mark(name: str, value: float | None, way: str, limit: float, verdict: str) -> Figures:
    return {"mark": name, "value": value, "way": way, "limit": limit, "verdict": verdict}


def _sensitivity(kind: str, row: Figures, limit: float) -> Figures:
    value = row["sensitivity"]
    verdict = TOO_FEW if value is None else MET if value >= limit else MISSED
    return _mark(f"{kind}: sensitivity", value, ">=", limit, verdict)


def _lower(kind: str, row: Figures) -> Figures:
    value, all_found = row["interval"][0], row["found"] == row["planted"]
    verdict = MET if value >= HIGH_LOWER else TOO_FEW if all_found else MISSED
    return _mark(f"{kind}: lower bound of sensitivity", value, ">=", HIGH_LOWER, verdict)


def _late(kind: str, causes: Sequence[Figures]) -> Figures:
    known = [row["p99_late_s"] for row in causes if row["kind"] == kind]
    late = [value for value in known if value is not None]
    value = max(late, default=None)
    verdict = TOO_FEW if value is None else MET if value <= LATE_S else MISSED
    return _mark(f"{kind}: p99 after it is due, s, worst cause", value, "<=", LATE_S, verdict)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _rounded(v) for name, v in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(v) for v in value]
    return round(value, _DIGITS) if isinstance(value, float) else value
