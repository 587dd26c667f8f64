"""Every kind of user that is simulated: one table.

A user lives by their habits until the onset; from there on something is changed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

import numpy as np

from monitor.domain.usage import Severity
from service.overuse.changes import (
    AWAY_DAYS,
    DEPRIVED_NIGHTS,
    RAMP_DAYS,
    Change,
    Growth,
    at_once,
    every_night,
    hard_to_wake,
    more_rem,
    more_sessions,
    more_sleep,
    one_session_more,
    rebound,
    shifts,
    slowly,
    that_day,
    travels,
)
from service.overuse.people import (
    CHILD,
    TEENAGER,
    Person,
    draw_person,
    irregular,
    rich_in_rem,
)

ONSET_DAY = 45
"""Day on which something changes."""

STUDY_DAYS, STABLE_DAYS, BREACH_DAYS = 90, 365, 2
"""Days of a life; and how many of them are watched from a planted breach on."""


class Group(Enum):
    """What a kind is asked about."""

    USER = "user"
    GROWTH = "growth"
    STRAIN = "strain"
    BREACH = "breach"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of user.

    Parameters
    ----------
    name : str
    text : str
        What happens.
    group : Group
    change : callable or None
        From the onset on; None where nothing changes.
    limits : tuple of str
        The limits that speak of it; the first is its own.
    severity : {"soft", "hard"}
        Which of their bounds is meant.
    onset : int
        Day of the change.
    days : int
        Length of the life.
    people : callable
        Draws one of them.
    """

    name: str
    text: str
    group: Group
    change: Change | None = None
    limits: tuple[str, ...] = ()
    severity: Severity = "soft"
    onset: int = ONSET_DAY
    days: int = STUDY_DAYS
    people: Callable[[np.random.Generator], Person] = draw_person


def _user(name: str, text: str, people: Callable[[np.random.Generator], Person]) -> Kind:
    return Kind(name, text, Group.USER, onset=0, people=people)


def _growth(name: str, text: str, more: Callable[[Growth], Change], *limits: str) -> Iterable[Kind]:
    yield Kind(f"{name}, at once", text, Group.GROWTH, more(at_once), limits)
    ramp = f"{text}, in {RAMP_DAYS} days"
    yield Kind(f"{name}, slowly", ramp, Group.GROWTH, more(slowly), limits)


def _breach(name: str, text: str, limit: str, severity: Severity = "soft", **values: Any) -> Kind:
    change, days = that_day(**values), ONSET_DAY + BREACH_DAYS
    return Kind(name, text, Group.BREACH, change, (limit,), severity, days=days)


STABLE = "stable"
"""The kind on which a finding is wrong."""

_ALL = (
    Kind(STABLE, "adults who keep to their habits", Group.USER, onset=0, days=STABLE_DAYS),
    _user("much REM by nature", "adults who always have 1 to 2 σ more REM than most", rich_in_rem),
    _user("irregular by nature", "adults who always go to bed at odd times", irregular),
    _user("minor, 7-13", "stable", partial(draw_person, ages=CHILD)),
    _user("minor, 14-17", "stable", partial(draw_person, ages=TEENAGER)),
    *_growth("more REM", "REM grows by 1 σ", more_rem, "trend_rem", "rem_24h_min", "rem_share"),
    *_growth(
        "more sleep",
        "sleep grows by 1 σ",
        more_sleep,
        "trend_sleep",
        "sleep_24h_min",
        "sleep_7d_mean_min",
        "hours_7d",
    ),
    *_growth(
        "more sessions",
        "sessions grow by 1 σ",
        more_sessions,
        "trend_sessions",
        "sessions_24h",
        "wake_between_min",
    ),
    Kind(
        "one session more a day",
        "one more every day",
        Group.GROWTH,
        one_session_more,
        ("trend_sessions", "sessions_24h", "wake_between_min"),
    ),
    Kind("every night", "no night is left out", Group.GROWTH, every_night, ("dream_free_days",)),
    Kind(
        "rebound",
        f"REM comes back after {DEPRIVED_NIGHTS} nights with half of it",
        Group.STRAIN,
        rebound,
        ("rem_rebound", "rem_share", "rem_24h_min"),
    ),
    Kind(
        "shift worker",
        "early, late and night shifts in turn",
        Group.STRAIN,
        shifts,
        ("regularity", "jet_lag_min"),
    ),
    Kind(
        "traveller",
        f"nine time zones away for {AWAY_DAYS} days",
        Group.STRAIN,
        travels,
        ("regularity", "jet_lag_min"),
    ),
    Kind(
        "hard to wake",
        "four nights of five need three rounds",
        Group.STRAIN,
        hard_to_wake,
        ("hard_to_wake",),
    ),
    _breach("long night", "610-700 min", "sleep_24h_min", sleep_min=(610, 700)),
    _breach("very long night", "740-830 min", "sleep_24h_min", "hard", sleep_min=(740, 830)),
    _breach("much REM", "150-170 min", "rem_24h_min", rem_min=(150, 170), sleep_min=500),
    _breach(
        "very much REM", "190-220 min", "rem_24h_min", "hard", rem_min=(190, 220), sleep_min=540
    ),
    _breach("third session", "two naps and a night", "sessions_24h", naps=2, bed_min=720),
    _breach(
        "fourth session", "three naps and a night", "sessions_24h", "hard", naps=3, bed_min=800
    ),
    _breach("little wake", "100-200 min awake", "wake_between_min", again_min=(100, 200)),
    _breach("hardly any wake", "20-80 min awake", "wake_between_min", "hard", again_min=(20, 80)),
    _breach("overrun", "20-90 min past the end", "grace_min", overrun_min=(20, 90), sleep_min=420),
)

KINDS = {kind.name: kind for kind in _ALL}
"""By name."""
