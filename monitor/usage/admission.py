"""Whether a new session may start, why not, and when it may."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np

from monitor.domain.stage import Stage
from monitor.usage.terms import Terms, override_end
from monitor.usage.timeline import ASLEEP, Timeline

DAY_S = 86_400.0
PLAN_TOO_LONG = "plan_too_long"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why no session may start.

    Parameters
    ----------
    code : str
        ``budget_used_up``, ``too_many_sessions``, ``too_little_wake``, ``plan_too_long``,
        ``time_out`` or ``self_exclusion``.
    text : str
        For a person.
    limit : str
        Name of the limit; empty for a time-out and a self-exclusion.
    value, bound : float or None
        What is, and what is allowed, in the limit's unit.
    until : float or None
        The first whole second at which the reason is over if nothing is slept until then, seconds
        of Unix time; None where waiting does not help.
    """

    code: str
    text: str
    limit: str = ""
    value: float | None = None
    bound: float | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a new session may start.

    Parameters
    ----------
    allowed : bool
        Whether it may.
    reasons : tuple of Refusal
        Why not; empty where it may.
    until : float or None
        The first whole second at which it may if nothing is slept until then, seconds of Unix
        time; None where it may now, or where waiting does not help.
    """

    allowed: bool
    reasons: tuple[Refusal, ...] = ()
    until: float | None = None


def admit(timeline: Timeline, terms: Terms, at: float, planned_s: float | None = None) -> Admission:
    """Say whether a new session may start.

    Parameters
    ----------
    timeline : Timeline
        All sessions.
    terms : Terms
        As they stand at `at`; an override in force lifts the limits, never a time-out or a
        self-exclusion.
    at : float
        Seconds of Unix time; nothing later is seen.
    planned_s : float or None
        Planned length of the session in seconds; None where there is no plan.
    """
    pauses = tuple(_pauses(terms))
    limits = tuple(_beyond_limits(timeline.until(at), terms, at, planned_s))
    reasons = pauses if _lifted(terms, at) else pauses + limits
    if not reasons:
        return Admission(True)
    paused = max((pause.until for pause in pauses if pause.until is not None), default=at)
    in_the_way = pauses if _lifted(terms, paused) else pauses + limits
    return Admission(False, reasons, _latest(in_the_way))


def _lifted(terms: Terms, at: float) -> bool:
    return terms.override is not None and at < override_end(terms.override)


def _latest(reasons: tuple[Refusal, ...]) -> float | None:
    ends = [reason.until for reason in reasons if reason.until is not None]
    return max(ends) if len(ends) == len(reasons) else None


def _pauses(terms: Terms) -> Iterator[Refusal]:
    if terms.timeout_until is not None:
        until = float(ceil(terms.timeout_until))
        yield Refusal("time_out", "A time-out is in force.", until=until)
    if terms.excluded_until is not None:
        until = float(ceil(terms.excluded_until))
        yield Refusal("self_exclusion", "A self-exclusion is in force.", until=until)


def _beyond_limits(
    line: Timeline, terms: Terms, at: float, planned_s: float | None
) -> Iterator[Refusal]:
    limits = terms.limits
    for name, figure in _FIGURES.items():
        bound = limits[name].hard
        value = figure.of(line, at)
        if bound is not None and figure.refused(value, bound):
            until = _first_free(line, figure, bound, at)
            yield Refusal(figure.code, figure.text, name, value, bound, until)
    longest = limits["planned_min"].hard
    if planned_s is not None and longest is not None and planned_s / 60 > longest:
        text = "The planned session is too long."
        yield Refusal(PLAN_TOO_LONG, text, "planned_min", planned_s / 60, longest)


def _first_free(line: Timeline, figure: "_Figure", bound: float, at: float) -> float:
    """Return the first whole second at which a figure no longer refuses; in a day it does not."""
    seconds = range(ceil(at), ceil(at + DAY_S) + 1)
    free = bisect_left(seconds, True, key=lambda t: not figure.refused(figure.of(line, t), bound))
    return float(seconds[free])


def _sleep_min(line: Timeline, at: float) -> float:
    return line.minutes(ASLEEP, at - DAY_S, at)


def _rem_min(line: Timeline, at: float) -> float:
    return line.minutes((Stage.R,), at - DAY_S, at)


def _sessions_with_one_more(line: Timeline, at: float) -> float:
    return float(np.count_nonzero(line.starts > at - DAY_S)) + 1


def _awake_min(line: Timeline, at: float) -> float:
    """Minutes since the last moment that may have been sleep; infinite where there is none."""
    slept = line.end[line.slept]
    return round((at - float(slept.max())) / 60, 4) if len(slept) else float("inf")


@dataclass(frozen=True, slots=True)
class _Figure:
    """A figure that only time brings back within its bound."""

    code: str
    text: str
    of: Callable[[Timeline, float], float]
    refused: Callable[[float, float], bool]


_FIGURES = {
    "sleep_24h_min": _Figure(
        "budget_used_up", "The sleep of 24 hours is used up.", _sleep_min, float.__ge__
    ),
    "rem_24h_min": _Figure(
        "budget_used_up", "The REM sleep of 24 hours is used up.", _rem_min, float.__ge__
    ),
    "sessions_24h": _Figure(
        "too_many_sessions",
        "No more sessions may start within 24 hours.",
        _sessions_with_one_more,
        float.__gt__,
    ),
    "wake_between_min": _Figure(
        "too_little_wake", "The last sleep ended too short a time ago.", _awake_min, float.__lt__
    ),
}
