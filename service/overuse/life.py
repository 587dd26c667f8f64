"""What a person does day by day, and the sessions that come of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from monitor.usage.days import noon
from monitor.usage.record import SessionRecord
from service.overuse.nights import LAST_WAKE_MIN, Night, make_session
from service.overuse.people import Person

_FREE = (4, 5)
"""Weekdays on whose evening people go to bed later: Friday and Saturday."""

_WOKEN, _ANSWERS = 0.3, 0.7
"""Share of nights that end by a wake at the planned time [own choice], and of people still asleep
whom a round wakes (as in the study of the alarms)."""

_OVERRUN_MIN = (1.0, 10.0)
"""How long after the planned end such a night ends: less than the grace [own choice]."""

_NAP_MIN, _NAP_REM = (30.0, 80.0), 0.1
_NAP_AT_MIN, _NAP_EVERY_MIN = (30.0, 60.0), 300.0
"""Of naps: minutes of sleep, share of REM, minutes past noon of the first, and from the start of
one to the next [own choices]."""

_AGAIN = Night(60.0, 6.0)
"""What is slept in a session soon after the night [own choice]."""

_LOST, _LOST_MIN = 0.1, (5.0, 45.0)
"""Share of nights in which signal is lost, and how much [own choice]."""


@dataclass(frozen=True, slots=True, eq=False)
class Life:
    """Days in a row, from noon to noon; every field has shape (n_days,).

    Parameters
    ----------
    used : ndarray of bool
        Whether the night is spent under the headset.
    bed_min : ndarray of float64
        Start of the night, minutes past noon at home.
    sleep_min, rem_min, lost_min, wake_min : ndarray of float64
        Of the night, as `Night` has them.
    overrun_min : ndarray of float64
        The same.
    rounds : ndarray of int64
        The same.
    naps : ndarray of int64
        Sessions before the night.
    nap_min : ndarray of float64
        Sleep in each of them.
    again_min : ndarray of float64
        Minutes awake from the night to one more session; not a number where there is none.
    """

    used: NDArray[np.bool_]
    bed_min: NDArray[np.float64]
    sleep_min: NDArray[np.float64]
    rem_min: NDArray[np.float64]
    lost_min: NDArray[np.float64]
    wake_min: NDArray[np.float64]
    overrun_min: NDArray[np.float64]
    rounds: NDArray[np.int64]
    naps: NDArray[np.int64]
    nap_min: NDArray[np.float64]
    again_min: NDArray[np.float64]

    @property
    def n_days(self) -> int:
        """How many."""
        return len(self.used)


def draw_life(rng: np.random.Generator, person: Person, first: date, n_days: int) -> Life:
    """Draw days of somebody whose habits stay what they are.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where chance comes from.
    person : Person
        Their habits; one night does not depend on the one before.
    first : date
        The first day, for the weekends.
    n_days : int
        How many.
    """
    sleep = _around(rng, person.sleep_min, person.sleep_sd, n_days)
    share = _around(rng, person.rem_share, person.rem_share_sd, n_days)
    weekday = (first.weekday() + np.arange(n_days)) % 7
    late = person.weekend_min * np.isin(weekday, _FREE)
    woken = rng.random(n_days) < _WOKEN
    return Life(
        used=_used(rng, n_days) & (rng.random(n_days) >= person.off),
        bed_min=_around(rng, person.bed_min, person.bed_sd, n_days) + late,
        sleep_min=sleep,
        rem_min=sleep * share / 100,
        lost_min=rng.uniform(*_LOST_MIN, n_days) * (rng.random(n_days) < _LOST),
        wake_min=person.wake_min * rng.uniform(0.5, 1.5, n_days),
        overrun_min=woken * rng.uniform(*_OVERRUN_MIN, n_days),
        rounds=woken * rng.geometric(_ANSWERS, n_days),
        naps=(rng.random(n_days) < person.nap).astype(int),
        nap_min=rng.uniform(*_NAP_MIN, n_days),
        again_min=np.full(n_days, np.nan),
    )


def _used(rng: np.random.Generator, n_days: int) -> NDArray[np.bool_]:
    """Leave out one night in every week: never is there a fortnight without."""
    days = np.arange(n_days)
    left_out = rng.integers(7, size=n_days // 7 + 1)[days // 7]
    used: NDArray[np.bool_] = days % 7 != left_out
    return used


def _around(
    rng: np.random.Generator, mean: float, spread: float, n_days: int
) -> NDArray[np.float64]:
    """Draw from a normal distribution without what is more than 3 σ away."""
    return mean + spread * np.clip(rng.standard_normal(n_days), -3, 3)


def record_life(
    rng: np.random.Generator, life: Life, first: date, zone: tzinfo
) -> list[SessionRecord]:
    """Return what a monitor would have recorded, in order of time.

    Who still sleeps does not begin another session.
    """
    nap_at = 60 * rng.uniform(*_NAP_AT_MIN, life.n_days)
    records: list[SessionRecord] = []
    for day in range(life.n_days):
        begin = noon(first + timedelta(day), zone)
        for number, (at, night) in enumerate(_sessions(life, day, begin, float(nap_at[day]))):
            if not records or records[-1].until <= at:
                records.append(make_session(f"{day}-{number}", at, night))
    return records


def _sessions(life: Life, day: int, begin: float, nap_s: float) -> Iterator[tuple[float, Night]]:
    """Yield start, seconds of Unix time, and minutes of each session of a day."""
    minutes = float(life.nap_min[day])
    for nap in range(int(life.naps[day])):
        yield begin + nap_s + 60 * _NAP_EVERY_MIN * nap, Night(minutes, _NAP_REM * minutes)
    if not life.used[day]:
        return
    night, at = _night(life, day), begin + 60 * float(life.bed_min[day])
    yield at, night
    if np.isfinite(life.again_min[day]):
        over = make_session("", at, night).until
        yield over + 60 * (float(life.again_min[day]) - LAST_WAKE_MIN), _AGAIN


def _night(life: Life, day: int) -> Night:
    return Night(
        float(life.sleep_min[day]),
        float(life.rem_min[day]),
        float(life.lost_min[day]),
        float(life.wake_min[day]),
        float(life.overrun_min[day]),
        int(life.rounds[day]),
    )
