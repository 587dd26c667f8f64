"""Every kind of user that is simulated: one table.

A user lives by their habits until the onset; from there on something is changed. Growth is told in
σ of the person's own nights, as nobody but the simulator knows it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.domain.usage import Severity
from service.overuse.life import Life
from service.overuse.people import (
    CHILD,
    TEENAGER,
    Person,
    draw_person,
    irregular,
    rich_in_rem,
)

Change = Callable[[np.random.Generator, Person, Life, int], Life]
"""Returns a life that is changed from a day on."""

ONSET_DAY = 45
"""Day on which something changes."""

STUDY_DAYS, STABLE_DAYS, BREACH_DAYS = 90, 365, 2
"""Days of a life; and how many of them are watched from a planted breach on."""

RAMP_DAYS = 28
"""Days in which a slow growth reaches its height [own choice]."""


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
        From the onset on.
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


def _grown(ramp: bool) -> Callable[[Life, int], NDArray[np.float64]]:
    """Return what tells how much of its height a growth has reached by each day."""

    def height(life: Life, onset: int) -> NDArray[np.float64]:
        since = np.arange(life.n_days) - onset
        return np.clip((since + 1) / RAMP_DAYS, 0, 1) if ramp else (since >= 0).astype(float)

    return height


def _more_rem(*, ramp: bool) -> Change:
    def change(_: np.random.Generator, person: Person, life: Life, onset: int) -> Life:
        return replace(life, rem_min=life.rem_min + person.rem_sd * _grown(ramp)(life, onset))

    return change


def _more_sleep(*, ramp: bool) -> Change:
    def change(_: np.random.Generator, person: Person, life: Life, onset: int) -> Life:
        more = person.sleep_sd * _grown(ramp)(life, onset)
        rem = life.rem_min + more * person.rem_share / 100
        return replace(life, sleep_min=life.sleep_min + more, rem_min=rem)

    return change


def _more_sessions(*, ramp: bool) -> Change:
    def change(rng: np.random.Generator, person: Person, life: Life, onset: int) -> Life:
        chance = person.sessions_sd * _grown(ramp)(life, onset)
        return replace(life, naps=life.naps + (rng.random(life.n_days) < chance))

    return change


def _one_session_more(_: np.random.Generator, __: Person, life: Life, onset: int) -> Life:
    return replace(life, naps=life.naps + (np.arange(life.n_days) >= onset))


DEPRIVED_NIGHTS, DEPRIVED = 3, 0.5
"""Nights with half of the REM [own choice]; less than 70 % counts as lost."""
REBOUND_POINTS = (10.0, 5.0)
"""More of the REM share in the nights thereafter [own choice]; 7 points count."""


def _rebound(_: np.random.Generator, __: Person, life: Life, onset: int) -> Life:
    used, rem = life.used.copy(), life.rem_min.copy()
    lost = slice(onset - DEPRIVED_NIGHTS, onset)
    back = slice(onset, onset + len(REBOUND_POINTS))
    used[lost] = used[back] = True
    rem[lost] *= DEPRIVED
    rem[back] += life.sleep_min[back] * np.array(REBOUND_POINTS) / 100
    return replace(life, used=used, rem_min=rem)


SHIFTS = ((570.0, 5), (None, 2), (750.0, 5), (None, 2), (1200.0, 5), (None, 2))
"""Going to bed, minutes past noon, in early, late and night shifts, and how many days of each; at
home in between [own choice]."""


def _shifts(_: np.random.Generator, person: Person, life: Life, onset: int) -> Life:
    plan = [bed for bed, days in SHIFTS for _ in range(days)]
    of_day = [plan[day % len(plan)] for day in range(life.n_days - onset)]
    shift = [0.0 if bed is None else bed - person.bed_min for bed in of_day]
    return replace(life, bed_min=life.bed_min + np.concatenate([np.zeros(onset), shift]))


ZONES_MIN, AWAY_DAYS = 9 * 60.0, 12
"""A journey over nine zones to the west for twelve days [own choice]."""


def _travels(_: np.random.Generator, __: Person, life: Life, onset: int) -> Life:
    since = np.arange(life.n_days) - onset
    away = (since >= 0) & (since < AWAY_DAYS)
    return replace(life, bed_min=life.bed_min + ZONES_MIN * away)


def _hard_to_wake(rng: np.random.Generator, _: Person, life: Life, onset: int) -> Life:
    after = np.arange(life.n_days) >= onset
    worse = after & (rng.random(life.n_days) < _HARD_NIGHTS)
    overrun = np.where(worse, np.maximum(life.overrun_min, 3.0), life.overrun_min)
    return replace(life, rounds=np.maximum(life.rounds, 3 * worse), overrun_min=overrun)


_HARD_NIGHTS = 0.8
"""Share of the nights that then need three rounds [own choice]."""


def _every_night(_: np.random.Generator, __: Person, life: Life, onset: int) -> Life:
    return replace(life, used=life.used | (np.arange(life.n_days) >= onset))


def _that_day(**values: Any) -> Change:
    """Return the change of one day: each value is drawn between two bounds, or is the value."""

    def change(rng: np.random.Generator, _: Person, life: Life, onset: int) -> Life:
        changed = {"used": True, **values}
        fields = {name: getattr(life, name).copy() for name in changed}
        for name, value in changed.items():
            fields[name][onset] = rng.uniform(*value) if isinstance(value, tuple) else value
        return replace(life, **fields)

    return change


def _user(name: str, text: str, people: Callable[[np.random.Generator], Person]) -> Kind:
    return Kind(name, text, Group.USER, onset=0, people=people)


def _growth(name: str, text: str, change: Callable[..., Change], *limits: str) -> Iterable[Kind]:
    yield Kind(f"{name}, at once", text, Group.GROWTH, change(ramp=False), limits)
    slowly = f"{text}, in {RAMP_DAYS} days"
    yield Kind(f"{name}, slowly", slowly, Group.GROWTH, change(ramp=True), limits)


def _breach(name: str, text: str, limit: str, severity: Severity = "soft", **values: Any) -> Kind:
    change = _that_day(**values)
    days = ONSET_DAY + BREACH_DAYS
    return Kind(name, text, Group.BREACH, change, (limit,), severity, days=days)


STABLE = "stable"
"""The kind on which a finding is wrong."""

_ALL = (
    Kind(STABLE, "adults who keep to their habits", Group.USER, onset=0, days=STABLE_DAYS),
    _user("much REM by nature", "adults who always have 1 to 2 σ more REM than most", rich_in_rem),
    _user("irregular by nature", "adults who always go to bed at odd times", irregular),
    _user("minor, 7-13", "stable", partial(draw_person, ages=CHILD)),
    _user("minor, 14-17", "stable", partial(draw_person, ages=TEENAGER)),
    *_growth("more REM", "REM grows by 1 σ", _more_rem, "trend_rem", "rem_24h_min", "rem_share"),
    *_growth(
        "more sleep",
        "sleep grows by 1 σ",
        _more_sleep,
        "trend_sleep",
        "sleep_24h_min",
        "sleep_7d_mean_min",
        "hours_7d",
    ),
    *_growth(
        "more sessions",
        "sessions grow by 1 σ",
        _more_sessions,
        "trend_sessions",
        "sessions_24h",
        "wake_between_min",
    ),
    Kind(
        "one session more a day",
        "one more every day",
        Group.GROWTH,
        _one_session_more,
        ("trend_sessions", "sessions_24h", "wake_between_min"),
    ),
    Kind("every night", "no night is left out", Group.GROWTH, _every_night, ("dream_free_days",)),
    Kind(
        "rebound",
        f"REM comes back after {DEPRIVED_NIGHTS} nights with half of it",
        Group.STRAIN,
        _rebound,
        ("rem_rebound", "rem_share", "rem_24h_min"),
    ),
    Kind(
        "shift worker",
        "early, late and night shifts in turn",
        Group.STRAIN,
        _shifts,
        ("regularity", "jet_lag_min"),
    ),
    Kind(
        "traveller",
        f"nine time zones away for {AWAY_DAYS} days",
        Group.STRAIN,
        _travels,
        ("regularity", "jet_lag_min"),
    ),
    Kind(
        "hard to wake",
        "four nights of five need three rounds",
        Group.STRAIN,
        _hard_to_wake,
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
        "fourth session", "three naps and a night", "sessions_24h", "hard", naps=3, bed_min=720
    ),
    _breach("little wake", "100-200 min awake", "wake_between_min", again_min=(100, 200)),
    _breach("hardly any wake", "20-80 min awake", "wake_between_min", "hard", again_min=(20, 80)),
    _breach("overrun", "20-90 min past the end", "grace_min", overrun_min=(20, 90), sleep_min=420),
)

KINDS = {kind.name: kind for kind in _ALL}
"""By name."""
