"""Whether dream time grows: a one-sided upper cumulative sum of daily REM, sleep and sessions.

The sum adds up by how many σ a day lies above the baseline, less `K`, and never falls below zero.
With the true mean and σ known it passes 5 σ once in 931 days where nothing changes, and 10.4 days
after a growth of 1 σ (Siegmund's and the tabulated run lengths of k = 0.5, h = 5).

The median of 14 days errs by a third of σ, which makes false alarms ten times as frequent. So the
baseline goes on learning while nothing is found: it takes in days up to `MOST_DAYS`, but only those
before the present rise began, which is the sum's last zero. So the rise itself is never learned.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isfinite
from statistics import fmean, median, stdev

import numpy as np

from monitor.usage.daily import Daily

K = 0.5
"""Allowance in σ: half of the growth to be found."""

H = 5.0
"""Alarm above this many σ."""

CEILING = 6.0
"""The sum stops here, the highest allowed `H`, so that an alarm ends soon after the growth [D]."""

FEWEST_DAYS = 14
"""Days before anything is judged."""

MOST_DAYS = 90
"""Days after which the baseline is settled [D]."""

CAUTION_DAYS = 3.0
"""σ is widened by (1 + this / n) for a baseline of n days: by a fifth for 14 [D], measured."""

MAD_TO_SIGMA = 1.4826
"""σ of a normal distribution by its median absolute deviation."""

FLOORS = {"trend_rem": 10.0, "trend_sleep": 20.0, "trend_sessions": 0.5}
"""Least σ: 10 min of REM, 20 min of sleep, half a session a day [D]; so an odd nap is no growth."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Growth of one daily figure.

    Parameters
    ----------
    value_sigma : float
        The highest sum since it last was zero, in σ, at least 0: so an alarm, once given, lasts
        until the sum is back at zero and does not flutter.
    sum_sigma : float
        The sum of today, 0 to `CEILING`.
    baseline, sigma : float
        Middle and σ of a usual day, in the figure's own unit: median and robust σ, of sessions
        mean and σ.
    n_days : int
        How many days they come from, `FEWEST_DAYS` to `MOST_DAYS`.
    """

    value_sigma: float
    sum_sigma: float
    baseline: float
    sigma: float
    n_days: int

    @property
    def alarm(self) -> bool:
        """Whether the growth is found with the usual `H`."""
        return self.value_sigma > H


def add_up(total: float, z: float) -> float:
    """Return the sum after one more day, which lies `z` σ above the baseline."""
    return max(0.0, total + z - K)


def robust(days: list[float]) -> tuple[float, float]:
    """Return median and robust σ."""
    centre = median(days)
    return centre, MAD_TO_SIGMA * median(abs(value - centre) for value in days)


def of_counts(days: list[float]) -> tuple[float, float]:
    """Return mean and σ: of a count that mostly is one the median deviation is none."""
    return fmean(days), stdev(days)


def trend(
    values: Iterable[float],
    floor: float,
    usual: Callable[[list[float]], tuple[float, float]] = robust,
) -> Trend | None:
    """Return the growth of a daily figure.

    Parameters
    ----------
    values : iterable of float
        One a day, oldest first; days that are not finite are left out.
    floor : float
        Least σ, above 0.
    usual : callable
        Returns middle and σ of usual days.

    Returns
    -------
    Trend or None
        None before `FEWEST_DAYS` known days.
    """
    known = [float(value) for value in values if isfinite(value)]
    if len(known) < FEWEST_DAYS:
        return None
    n_days, total, highest = FEWEST_DAYS, 0.0, 0.0
    centre, sigma = _widened(usual(known[:n_days]), n_days, floor)
    for day, value in enumerate(known[FEWEST_DAYS:], FEWEST_DAYS + 1):
        risen = add_up(total, (value - centre) / sigma)
        highest = max(highest, risen) if risen > 0 else 0.0
        total = min(risen, CEILING)
        if total == 0 and n_days < MOST_DAYS:
            n_days = min(day, MOST_DAYS)
            centre, sigma = _widened(usual(known[:n_days]), n_days, floor)
    return Trend(highest, total, centre, sigma, n_days)


def find_trends(days: Daily) -> dict[str, Trend | None]:
    """Return the growth of REM, sleep and sessions a day, by the name of their limit.

    A day without any session counts as none; its REM and sleep are unknown and left out [D].
    """
    series = {
        "trend_rem": (np.where(days.used, days.rem_min, np.nan), robust),
        "trend_sleep": (np.where(days.used, days.sleep_min, np.nan), robust),
        "trend_sessions": (days.sessions, of_counts),
    }
    return {
        name: trend(values.tolist(), FLOORS[name], usual)
        for name, (values, usual) in series.items()
    }


def _widened(usual: tuple[float, float], n_days: int, floor: float) -> tuple[float, float]:
    """Return the middle, and σ as uncertain as it is."""
    centre, sigma = usual
    return centre, max(floor, sigma * (1 + CAUTION_DAYS / n_days))
