"""What is beyond its bounds, and what that adds up to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from monitor.domain.usage import Breach, Severity
from monitor.usage.figures import DAY_S, Figures
from monitor.usage.rules import LIMITS, Bounds, Limits

FIGURE = {name: name for name in LIMITS if name != "planned_min"} | {"grace_min": "overrun_min"}
"""By what each limit is measured; a plan is, before it begins, by no figure."""
"""The figure that each limit bounds; a plan is held against its limit at the admission."""

_ALIKE = {"rem_share": "rem_24h_min"}
"""Limits that one and the same REM breaks: two nights of much REM are not four occasions."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was broken when a session ended.

    Parameters
    ----------
    at : float
        The session's end, or now; seconds of Unix time.
    day : date
        The day on which it began.
    breaches : tuple of Breach
        During the session at its worst.
    """

    at: float
    day: date
    breaches: tuple[Breach, ...]


@dataclass(frozen=True, slots=True)
class Occasion:
    """One time at which one limit was broken.

    Parameters
    ----------
    at : float
        Seconds of Unix time.
    limit : str
        Name of the limit.
    severity : {"soft", "hard"}
        Of the breach.
    """

    at: float
    limit: str
    severity: Severity


def find_breaches(figures: Figures, limits: Limits) -> tuple[Breach, ...]:
    """Return which limits are broken: their figures are beyond a bound, not equal to it.

    Parameters
    ----------
    figures : Figures
        What is not known breaks no limit.
    limits : Limits
        Of each limit the harder bound that is broken counts.
    """
    found = (_breach(name, getattr(figures, of), limits[name]) for name, of in FIGURE.items())
    return tuple(breach for breach in found if breach)


def _breach(name: str, value: float | None, bounds: Bounds) -> Breach | None:
    spec = LIMITS[name]
    if value is None:
        return None
    if bounds.hard is not None and spec.beyond(value, bounds.hard):
        return Breach(name, "hard", value, bounds.hard, spec.unit, spec.text)
    if bounds.soft is not None and spec.beyond(value, bounds.soft):
        return Breach(name, "soft", value, bounds.soft, spec.unit, spec.text)
    return None


def find_occasions(judged: Iterable[Judged]) -> list[Occasion]:
    """Return what counts towards the level.

    A limit of a session or of 24 hours counts once a day, at its worst. A slow figure counts when
    it was not broken the time before.

    Parameters
    ----------
    judged : iterable of Judged
        In order of time; of the first one all slow figures count.
    """
    a_day: dict[tuple[str, date], Occasion] = {}
    spells: list[Occasion] = []
    before: set[str] = set()
    for one in judged:
        each, slow = _by_occasion(one)
        for occasion in each:
            known = a_day.setdefault((occasion.limit, one.day), occasion)
            if (known.severity, occasion.severity) == ("soft", "hard"):
                a_day[occasion.limit, one.day] = occasion
        spells += [occasion for occasion in slow if occasion.limit not in before]
        before = {occasion.limit for occasion in slow}
    return [*a_day.values(), *spells]


def _by_occasion(judged: Judged) -> tuple[list[Occasion], list[Occasion]]:
    """Return what counts each day, and what counts when it begins."""
    found: dict[str, list[Occasion]] = {"each": [], "spell": []}
    for breach in judged.breaches:
        occasion = Occasion(judged.at, breach.limit, breach.severity)
        found[LIMITS[breach.limit].occasion].append(occasion)
    return found["each"], found["spell"]


def level_of(occasions: Iterable[Occasion], at: float) -> int:
    """Return the level of overuse.

    Parameters
    ----------
    occasions : iterable of Occasion
        Those after `at` are not seen.
    at : float
        Seconds of Unix time.

    Returns
    -------
    int
        3: a hard occasion, or four soft ones, in 14 days; minutes and share of one night's REM are
        one of the four, and so are all spells of one slow figure. 2: two in 7 days. 1: one in 7
        days.
    """
    recent = [one for one in occasions if at - 14 * DAY_S < one.at <= at]
    in_7_days = sum(one.at > at - 7 * DAY_S for one in recent)
    apart = {(_counted_at(one), _ALIKE.get(one.limit, one.limit)) for one in recent}
    if len(apart) >= 4 or any(one.severity == "hard" for one in recent):
        return 3
    return min(in_7_days, 2)


def _counted_at(occasion: Occasion) -> float | None:
    """Return what tells occasions of one limit apart: the time, but not of a slow figure."""
    return occasion.at if LIMITS[occasion.limit].occasion == "each" else None


def level_now(breaches: Iterable[Breach]) -> int:
    """Return the least level there is while these limits are broken; of a spell only its begin."""
    spells = {name for name, spec in LIMITS.items() if spec.occasion == "spell"}
    broken = {breach.severity for breach in breaches if breach.limit not in spells}
    return 3 if "hard" in broken else len(broken)
