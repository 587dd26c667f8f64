"""Who is simulated: how long, how regularly and how often a person sleeps under the headset.

Where a number is called measured, it is that of the two nights each of 58 people of the Sleep-EDF
Database Expanded (Kemp et al. 2000; PhysioNet, Goldberger et al. 2000, ODC-By 1.0): sleep 427 min,
within a person 45, REM share 20.2 %, within a person 4.0 and between people 2.9. Within a person
it is the robust σ of differences, because the first night in a strange recorder is unlike others.
"""

from dataclasses import dataclass, replace
from math import hypot, sqrt

import numpy as np

ADULT, CHILD, TEENAGER = (18.0, 65.0), (7.0, 14.0), (14.0, 18.0)
"""Ages, years."""

_SLEEP_MIN = {ADULT: 427.0, CHILD: 570.0, TEENAGER: 500.0}
"""Adults: measured. Minors: inside what is recommended at their age [own choice]."""

_REM_SHARE = {ADULT: 20.2, CHILD: 19.5, TEENAGER: 19.5}
"""Percent of sleep. Adults: measured. Minors: the middle of 17 to 21 %."""

_BED_MIN = {ADULT: 660.0, CHILD: 520.0, TEENAGER: 610.0}
"""Minutes past noon of going to bed: 23:00, 20:40, 22:10 [own choice]."""

_BETWEEN = {"sleep_min": 25.0, "rem_share": 2.9, "bed_min": 40.0}
"""σ between people; of the REM share measured, otherwise own choices."""


@dataclass(frozen=True, slots=True)
class Person:
    """The habits of one user, who keeps to them.

    Parameters
    ----------
    age : float
        Years.
    sleep_min, sleep_sd : float
        Mean and σ of a night's sleep, minutes.
    rem_share, rem_share_sd : float
        Mean and σ of a night's REM, percent of sleep.
    bed_min, bed_sd : float
        Mean and σ of going to bed, minutes past noon.
    weekend_min : float
        How much later on Friday and Saturday, minutes.
    wake_min : float
        Mean time awake within a night, minutes.
    off : float
        Chance of a night without the headset, beside one in every week.
    nap : float
        Chance of a nap under it, a day.
    """

    age: float
    sleep_min: float
    sleep_sd: float
    rem_share: float
    rem_share_sd: float
    bed_min: float
    bed_sd: float
    weekend_min: float
    wake_min: float
    off: float
    nap: float

    @property
    def rem_min(self) -> float:
        """Mean REM of a night, minutes."""
        return self.sleep_min * self.rem_share / 100

    @property
    def rem_sd(self) -> float:
        """σ of a night's REM, minutes: of a product of two independent variables."""
        sleep, share = self.sleep_sd, self.rem_share_sd
        terms = (self.sleep_min * share, self.rem_share * sleep, sleep * share)
        return hypot(*terms) / 100

    @property
    def sessions_sd(self) -> float:
        """σ of the sessions a day: of a night that may be left out and a nap that may come."""
        night = (1 - 1 / 7) * (1 - self.off)
        return sqrt(night * (1 - night) + self.nap * (1 - self.nap))


def draw_person(rng: np.random.Generator, ages: tuple[float, float] = ADULT) -> Person:
    """Draw a person of an age group, `ADULT`, `CHILD` or `TEENAGER`, as most people are.

    Nobody is further from the mean than one σ, and nobody's habits are beyond a limit.
    """
    person = Person(
        age=rng.uniform(*ages),
        sleep_min=_usual(rng, _SLEEP_MIN[ages], _BETWEEN["sleep_min"]),
        sleep_sd=45.0 * _factor(rng),
        rem_share=_usual(rng, _REM_SHARE[ages], _BETWEEN["rem_share"]),
        rem_share_sd=4.0 * _factor(rng),
        bed_min=_usual(rng, _BED_MIN[ages], _BETWEEN["bed_min"]),
        bed_sd=rng.uniform(15, 35),
        weekend_min=rng.uniform(0, 60),
        wake_min=rng.uniform(10, 40),
        off=rng.uniform(0, 0.15),
        nap=rng.uniform(0, 0.1),
    )
    minor = ages != ADULT
    return replace(person, sleep_sd=0.7 * person.sleep_sd, nap=0.0) if minor else person


def rich_in_rem(rng: np.random.Generator) -> Person:
    """Draw a person who always has more REM than most: by one to two σ."""
    more = rng.uniform(1, 2) * _BETWEEN["rem_share"]
    return replace(draw_person(rng), rem_share=_REM_SHARE[ADULT] + more)


def irregular(rng: np.random.Generator) -> Person:
    """Draw a person who always goes to bed at odd times [own choice]."""
    return replace(draw_person(rng), bed_sd=rng.uniform(45, 75), weekend_min=rng.uniform(60, 120))


def _usual(rng: np.random.Generator, mean: float, spread: float) -> float:
    """Draw a habit within one σ of the mean."""
    return mean + spread * float(np.clip(rng.standard_normal(), -1, 1))


def _factor(rng: np.random.Generator) -> float:
    """Draw how much more than others somebody varies: by a fifth more or less [own choice]."""
    return float(np.exp(0.2 * np.clip(rng.standard_normal(), -2, 2)))
