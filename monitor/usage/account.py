"""The account of dream time at any moment: figures, what is beyond its bounds, and the level."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, tzinfo
from typing import Any

import numpy as np

from monitor.domain.stage import Stage
from monitor.domain.usage import Breach
from monitor.usage.breaches import (
    Judged,
    Occasion,
    find_breaches,
    find_occasions,
    level_now,
    level_of,
)
from monitor.usage.days import day_of, find_zone, last_days
from monitor.usage.figures import (
    DAY_S,
    N_DAYS,
    REM,
    Figures,
    SlowFigures,
    measure_slow,
    peaks,
    settled,
    with_slow,
)
from monitor.usage.record import SessionRecord, cut
from monitor.usage.rules import LIMITS, Limits
from monitor.usage.timeline import ASLEEP, EVERY, Timeline

CHECKED = ("sleep_24h_min", "rem_24h_min")
"""Budgets of which a share is told while awake: the reality checks."""

CHECKS = (50, 80, 100)
"""Shares of the soft bound, percent [D]."""


@dataclass(frozen=True, slots=True)
class Account:
    """The account at one moment.

    Parameters
    ----------
    at : float
        Seconds of Unix time.
    figures : Figures
        Every number.
    breaches : tuple of Breach
        The limits that are broken now.
    level : int
        0 to 3.
    checks : dict of str to int
        Of each budget the highest of 0, 50, 80, 100 % that is used up.
    occasions : tuple of Occasion
        What the level comes from, and what is too long ago for it.
    """

    at: float
    figures: Figures
    breaches: tuple[Breach, ...]
    level: int
    checks: dict[str, int]
    occasions: tuple[Occasion, ...] = ()


class History:
    """The sessions that are over, against which a running one is held.

    What is over is measured once: while a session runs, an account costs less than a millisecond.

    Parameters
    ----------
    records : iterable of SessionRecord
        In any order, each once or more.
    zone : str
        IANA name of the dreamer's time zone.
    limits_at : callable, optional
        Returns the limits that held at a moment, seconds of Unix time; by default what is over is
        held against the limits of now.

    Attributes
    ----------
    timeline : Timeline
        The sessions that are over.
    """

    def __init__(
        self,
        records: Iterable[SessionRecord],
        zone: str,
        limits_at: Callable[[float], Limits] | None = None,
    ) -> None:
        self.timeline = Timeline(records)
        self._zone = find_zone(zone)
        self._limits_at = limits_at
        self._slow: dict[tuple[float, SessionRecord | None], SlowFigures] = {}
        self._limits: dict[Limits, Limits] = {}
        self._over: dict[tuple[float, float, Limits], Judged] = {}

    def assess(self, running: SessionRecord | None, at: float, limits: Limits) -> Account:
        """Return the account.

        Parameters
        ----------
        running : SessionRecord or None
            A session beside those that are over.
        at : float
            Seconds of Unix time; nothing later is seen.
        limits : Limits
            Those of now.
        """
        begun = cut(running, at) if running and running.start < at else None
        line = self.timeline.until(at)
        line = line.plus(begun) if begun else line
        limits = self._limits.setdefault(limits, limits)  # equal ones are found by identity then
        figures = self._measured(line, at, begun)
        breaches = self._found(line, figures, at, limits)
        judged = [
            self._judged(line, figures, record, limits)
            if record.until == at
            else self._kept(line, record, begun, limits)
            for record in _lately(line, at)
        ]
        slow = tuple(one for one in breaches if LIMITS[one.limit].occasion == "spell")
        occasions = find_occasions([*judged, Judged(at, day_of(at, self._zone), slow)])
        level = max(level_of(occasions, at), level_now(breaches))
        checks = _checks(figures, limits)
        return Account(at, figures, breaches, level, checks, tuple(occasions))

    def _found(
        self, line: Timeline, figures: Figures, at: float, limits: Limits
    ) -> tuple[Breach, ...]:
        """Return what is broken now, of 24 hours hard only by what one day holds (`peaks`).

        Who rises earlier than the day before has two mornings, full of REM, in 24 hours: that is
        worth a notice, but nobody is woken for it.
        """
        found = find_breaches(figures, limits)
        latest = max(line.records, key=lambda record: record.start, default=None)
        if latest is None or "hard" not in {breach.severity for breach in found}:
            return found
        own = find_breaches(peaks(line, figures, latest.start, min(latest.until, at)), limits)
        hard = {breach.limit for breach in own if breach.severity == "hard"}
        return tuple(
            breach if breach.limit in hard else _softer(breach, limits) for breach in found
        )

    def _measured(self, line: Timeline, at: float, running: SessionRecord | None) -> Figures:
        since = settled(line, at, self._zone)
        known = cut(running, since) if running and running.start < since else None
        if (since, known) not in self._slow:
            self._slow[since, known] = measure_slow(line, since, self._zone)
        return with_slow(line, at, self._zone, self._slow[since, known])

    def _kept(
        self, line: Timeline, record: SessionRecord, running: SessionRecord | None, limits: Limits
    ) -> Judged:
        """Judge a session that is over; without a running one in it that never changes."""
        key = record.start, record.until, limits
        alone = running is None or running.start >= record.until
        if alone and key in self._over:
            return self._over[key]
        then = line.until(record.until)
        figures = self._measured(then, record.until, running)
        judged = self._judged(then, figures, record, limits)
        return self._over.setdefault(key, judged) if alone else judged

    def _judged(
        self, line: Timeline, figures: Figures, record: SessionRecord, limits: Limits
    ) -> Judged:
        """Hold a session at its worst against the limits; line and figures are of its end."""
        held = self._limits_at(record.until) if self._limits_at else limits
        worst = peaks(line, figures, record.start, record.until)
        return Judged(record.until, day_of(record.start, self._zone), find_breaches(worst, held))


def _softer(breach: Breach, limits: Limits) -> Breach:
    soft = limits[breach.limit].soft
    return breach if soft is None else replace(breach, severity="soft", bound=soft)


def _lately(line: Timeline, at: float) -> list[SessionRecord]:
    """Return the sessions of the last 14 days by their ends, and the one before them."""
    by_end = sorted(line.records, key=lambda record: (record.until, record.start))
    before = sum(record.until <= at - N_DAYS * DAY_S for record in by_end)
    return by_end[max(0, before - 1) :]


def _checks(figures: Figures, limits: Limits) -> dict[str, int]:
    return {name: _check(getattr(figures, name), limits[name].soft) for name in CHECKED}


def _check(value: float, budget: float | None) -> int:
    reached = (share for share in CHECKS if budget and value >= budget * share / 100)
    return max(reached, default=0)


def to_json(account: Account) -> dict[str, Any]:
    """Return an account as JSON values: every figure by its name, level, breaches and checks."""
    return {
        **asdict(account.figures),
        "level": account.level,
        "breaches": [asdict(breach) for breach in account.breaches],
        "checks": dict(account.checks),
    }


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the account, from noon to noon.

    Parameters
    ----------
    date : date
        On which it began.
    sleep_min, rem_min, unscored_min, session_min : float
        Minutes of the sessions that began on it; sleep has the unscored ones in it.
    sessions : int
        How many began.
    """

    date: date
    sleep_min: float
    rem_min: float
    unscored_min: float
    session_min: float
    sessions: int


def daily(timeline: Timeline, at: float, zone: tzinfo, n: int = N_DAYS) -> list[Day]:
    """Return the `n` days up to the present one, oldest first.

    Parameters
    ----------
    timeline : Timeline
        All sessions.
    at : float
        Seconds of Unix time; nothing later is seen.
    zone : tzinfo
        The dreamer's.
    n : int
        How many; at least 1.
    """
    line, days = timeline.until(at), last_days(at, zone, n)
    number = {day: k for k, day in enumerate(days)}
    of_record = [number.get(day_of(record.start, zone), -1) for record in line.records]
    of_piece = np.array(of_record, int)[line.owner]
    length = (line.end - line.begin) / 60

    def total(*stages: Stage) -> list[float]:
        counted = np.isin(line.stage, [EVERY.index(stage) for stage in stages]) & (of_piece >= 0)
        sums = np.bincount(of_piece[counted], length[counted], minlength=n)
        return [round(minutes, 4) for minutes in sums.tolist()]

    began = [day_of(start, zone) for start in line.starts.tolist()]
    minutes = zip(total(*ASLEEP), total(*REM), total(Stage.UNSCORED), total(*EVERY), strict=True)
    return [Day(day, *of_day, began.count(day)) for day, of_day in zip(days, minutes, strict=True)]
