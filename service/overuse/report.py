"""From the courses of all users to figures, and from figures to marks."""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import inf, isfinite
from typing import Any

import numpy as np

from monitor.usage.rules import LIMITS
from service.overuse.follow import Course
from service.overuse.kinds import KINDS, STABLE, Group, Kind
from service.overuse.study import Study
from service.validation.intervals import rate_interval, share_interval

WRONG_PER_YEAR = 1.0
"""Wrong findings of level 3 in a simulated year of a stable user, at most."""

SOON_DAYS = 14.0
"""Median days from a growth of 1 σ to its finding, at most."""

JUDGED = ("more REM, at once", "more sleep, at once", "more sessions, at once")
"""Kinds of growth by 1 σ that are held against `SOON_DAYS`."""

LEAST_USERS = 20
"""Of each kind; with fewer nothing is judged [own choice]."""

MET, MISSED, TOO_FEW = "met", "missed", "too few"

_YEAR = 365.0
_DIGITS = 3

Figures = dict[str, Any]


def assess(courses: Sequence[Course], study: Study) -> Figures:
    """Count everything.

    Parameters
    ----------
    courses : sequence of Course
        Of all users.
    study : Study
        What they are of.

    Returns
    -------
    dict
        JSON values: ``study``, ``users`` (levels of each kind), ``found`` (how soon each kind of
        overuse is), ``stable`` (what is found in users in whom nothing changes), ``marks``.
    """
    of_kind = {name: [c for c in courses if c.kind == name] for name in KINDS}
    found = [_found(KINDS[name], theirs) for name, theirs in of_kind.items() if KINDS[name].limits]
    levels = [_levels(KINDS[name], theirs) for name, theirs in of_kind.items()]
    figures: Figures = {
        "study": {
            "seed": study.seed,
            "users": min(len(theirs) for theirs in of_kind.values()),
            "years": _years(courses),
        },
        "users": [row for row in levels if row["group"] != Group.BREACH.value],
        "found": found,
        "stable": _wrongly(of_kind[STABLE]),
    }
    figures["marks"] = _marks(figures)
    rounded: Figures = _rounded(figures)
    return rounded


def missed(figures: Figures, *, quick: bool) -> list[str]:
    """Name the marks that are not met; a quick study need not have enough to tell."""
    allowed = (MET, TOO_FEW) if quick else (MET,)
    return [mark["mark"] for mark in figures["marks"] if mark["verdict"] not in allowed]


def _years(courses: Iterable[Course]) -> float:
    return sum(course.days for course in courses) / _YEAR


def _rate(count: int, years: float) -> Figures:
    return {"n": count, "per_year": count / years, "interval": rate_interval(count, years)}


def _levels(kind: Kind, courses: Sequence[Course]) -> Figures:
    """How often each level is reached, and the share of the noons spent at it."""
    rises = Counter(rise.level for course in courses for rise in course.rises)
    noons = np.sum([course.days_at for course in courses], axis=0)
    return {
        "kind": kind.name,
        "group": kind.group.value,
        "text": kind.text,
        "users": len(courses),
        "years": _years(courses),
        "reached": {str(level): _rate(rises[level], _years(courses)) for level in (1, 2, 3)},
        "days_at": (noons / noons.sum()).tolist(),
    }


def _found(kind: Kind, courses: Sequence[Course]) -> Figures:
    """How soon a change is found: by its own limit, and by the first of all that speak of it.

    Users of whom a limit was broken before the change are left out where it is asked about.
    """
    own, first = _first(kind, courses, kind.limits[:1]), _first(kind, courses, kind.limits)
    return {
        "kind": kind.name,
        "group": kind.group.value,
        "text": kind.text,
        "limit": kind.limits[0],
        "severity": kind.severity,
        **_delays([day for _, day in own]),
        "before": len(courses) - len(own),
        "any": {**_delays([day for _, day in first]), "through": _through(first)},
    }


def _first(
    kind: Kind, courses: Sequence[Course], limits: tuple[str, ...]
) -> list[tuple[str, float]]:
    """Return which of the limits found each user, and after how many days; infinite: none."""
    found = []
    for course in courses:
        if set(limits).isdisjoint(course.before):
            days = (
                (one.limit, one.day)
                for one in course.findings
                if one.limit in limits and kind.severity in ("soft", one.severity)
            )
            found.append(next(days, ("", inf)))
    return found


def _delays(days: Sequence[float]) -> Figures:
    n_found = sum(isfinite(day) for day in days)
    return {
        "users": len(days),
        "found": n_found,
        "share": n_found / len(days) if days else None,
        "interval": share_interval(n_found, len(days)),
        "median_days": _quantile(days, 50),
        "p90_days": _quantile(days, 90),
    }


def _quantile(days: Sequence[float], percent: float) -> float | None:
    """Return a quantile, taken from above; None where it is one of those who were not found."""
    value = float(np.percentile(days, percent, method="higher")) if days else inf
    return value if isfinite(value) else None


def _through(first: Sequence[tuple[str, float]]) -> dict[str, int]:
    return dict(Counter(limit for limit, _ in first if limit).most_common())


def _wrongly(courses: Sequence[Course]) -> Figures:
    """Count what is found in users in whom nothing changes."""
    years = _years(courses)
    begun = Counter(finding.limit for course in courses for finding in course.findings)
    hard = sum(one.severity == "hard" for course in courses for one in course.findings)
    third = [rise for course in courses for rise in course.rises if rise.level == 3]
    causes = Counter(limit for rise in third for limit in set(rise.causes))
    by_user = Counter(sum(rise.level == 3 for rise in course.rises) for course in courses)
    return {
        "years": years,
        "level_3": _rate(len(third), years),
        "level_3_by_user": {str(n): by_user[n] for n in sorted(by_user)},
        "hard": _rate(hard, years),
        "limits": {
            name: {**_rate(begun[name], years), "behind_level_3": causes[name]}
            for name in LIMITS
            if begun[name] or causes[name]
        },
    }


def _marks(figures: Figures) -> list[Figures]:
    enough = figures["study"]["users"] >= LEAST_USERS
    wrong = figures["stable"]["level_3"]["per_year"]
    marks = [_mark("wrong level 3 in a year of a stable user", wrong, "<=", WRONG_PER_YEAR)]
    found = {row["kind"]: row for row in figures["found"]}
    for name in JUDGED:
        days = found[name]["median_days"]
        marks.append(_mark(f"{name}: median days to its finding", days, "<=", SOON_DAYS))
    planted = [row for row in found.values() if row["group"] == Group.BREACH.value]
    share = sum(row["found"] for row in planted) / sum(row["users"] for row in planted)
    marks.append(_mark("planted breaches: share found", share, ">=", 1.0))
    return marks if enough else [{**mark, "verdict": TOO_FEW} for mark in marks]


def _mark(name: str, value: float | None, way: str, limit: float) -> Figures:
    met = value is not None and (value <= limit if way == "<=" else value >= limit)
    verdict = MET if met else MISSED
    return {"mark": name, "value": value, "way": way, "limit": limit, "verdict": verdict}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return round(value, _DIGITS) if isinstance(value, float) else value
