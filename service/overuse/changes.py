"""What changes in a life: growth, strain, and single breaches of a limit.

Growth is told in σ of the person's own nights, as nobody but the simulator knows it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.overuse.life import Life
from service.overuse.people import Person

Days = NDArray[np.int64]
"""Days since the change, shape (n_days,); negative before it."""

Change = Callable[[np.random.Generator, Person, Life, Days], Life]
"""Returns a life that is changed."""

Growth = Callable[[Days], NDArray[np.float64]]
"""Returns the share of its height that a growth has reached."""

RAMP_DAYS = 28
"""Days in which a slow growth reaches its height [own choice]."""


def at_once(since: Days) -> NDArray[np.float64]:
    """Return all of it from one day to the next."""
    return (since >= 0).astype(float)


def slowly(since: Days) -> NDArray[np.float64]:
    """Return a little more every day, then as much for good."""
    return np.clip((since + 1) / RAMP_DAYS, 0, 1)


def more_rem(growth: Growth) -> Change:
    """Return growth of REM by 1 σ; sleep is as long as before."""

    def change(_: np.random.Generator, person: Person, life: Life, since: Days) -> Life:
        return replace(life, rem_min=life.rem_min + person.rem_sd * growth(since))

    return change


def more_sleep(growth: Growth) -> Change:
    """Return growth of sleep by 1 σ; the share of REM stays."""

    def change(_: np.random.Generator, person: Person, life: Life, since: Days) -> Life:
        more = person.sleep_sd * growth(since)
        rem = life.rem_min + more * person.rem_share / 100
        return replace(life, sleep_min=life.sleep_min + more, rem_min=rem)

    return change


def more_sessions(growth: Growth) -> Change:
    """Return growth of sessions a day by 1 σ, which is less than one: on so many days is one."""

    def change(rng: np.random.Generator, person: Person, life: Life, since: Days) -> Life:
        more = rng.random(life.n_days) < person.sessions_sd * growth(since)
        return replace(life, naps=life.naps + more)

    return change


def one_session_more(_: np.random.Generator, __: Person, life: Life, since: Days) -> Life:
    """Add a session to every day."""
    return replace(life, naps=life.naps + (since >= 0))


def every_night(_: np.random.Generator, __: Person, life: Life, since: Days) -> Life:
    """Leave out no night."""
    return replace(life, used=life.used | (since >= 0))


DEPRIVED_NIGHTS, DEPRIVED = 3, 0.5
"""Nights with half of the REM [own choice]; less than 70 % counts as lost."""

REBOUND_POINTS = (10.0, 5.0)
"""More of the REM share in the nights thereafter [own choice]; 7 points count."""


def rebound(_: np.random.Generator, __: Person, life: Life, since: Days) -> Life:
    """Take REM away for some nights before the change, which is that it comes back."""
    lost = (since >= -DEPRIVED_NIGHTS) & (since < 0)
    back = (since >= 0) & (since < len(REBOUND_POINTS))
    rem = life.rem_min * np.where(lost, DEPRIVED, 1.0)
    rem[back] += life.sleep_min[back] * np.array(REBOUND_POINTS) / 100
    return replace(life, used=life.used | lost | back, rem_min=rem)


SHIFTS = ((570.0, 5), (None, 2), (750.0, 5), (None, 2), (1200.0, 5), (None, 2))
"""Going to bed, minutes past noon, in early, late and night shifts, and how many days of each; at
home in between [own choice]."""


def shifts(_: np.random.Generator, person: Person, life: Life, since: Days) -> Life:
    """Go to bed as the shifts ask for."""
    plan = np.array(
        [0.0 if bed is None else bed - person.bed_min for bed, days in SHIFTS for _ in range(days)]
    )
    return replace(life, bed_min=life.bed_min + np.where(since >= 0, plan[since % len(plan)], 0.0))


ZONES_MIN, AWAY_DAYS = 9 * 60.0, 12
"""A journey over nine zones to the west for twelve days [own choice]."""


def travels(_: np.random.Generator, __: Person, life: Life, since: Days) -> Life:
    """Live by another clock for some days, while the account keeps to the one at home."""
    away = (since >= 0) & (since < AWAY_DAYS)
    return replace(life, bed_min=life.bed_min + ZONES_MIN * away)


HARD_NIGHTS, HARD_ROUNDS, HARD_MIN = 0.8, 3, 3.0
"""Share of the nights that need three rounds to wake, and minutes which those take [own choice]."""


def hard_to_wake(rng: np.random.Generator, _: Person, life: Life, since: Days) -> Life:
    """Need more rounds of the wake protocol."""
    worse = (since >= 0) & (rng.random(life.n_days) < HARD_NIGHTS)
    return replace(
        life,
        rounds=np.maximum(life.rounds, HARD_ROUNDS * worse),
        overrun_min=np.maximum(life.overrun_min, HARD_MIN * worse),
    )


def that_day(**values: Any) -> Change:
    """Return the change of one day: each value is drawn between two bounds, or is the value."""

    def change(rng: np.random.Generator, _: Person, life: Life, since: Days) -> Life:
        fields = {name: getattr(life, name).copy() for name in values}
        for name, value in values.items():
            drawn = rng.uniform(*value) if isinstance(value, tuple) else value
            fields[name][since == 0] = drawn
        return replace(life, used=life.used | (since == 0), **fields)

    return change
