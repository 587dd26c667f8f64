"""What each day that is over came to, session by session."""

from dataclasses import dataclass
from datetime import date, tzinfo

import numpy as np
from numpy.typing import NDArray

from monitor.domain.stage import Stage
from monitor.usage.days import day_of
from monitor.usage.timeline import ASLEEP, Timeline


@dataclass(frozen=True, slots=True, eq=False)
class Daily:
    """One number a day, from the day of the first session to the last day that is over.

    A session counts for the day in which it began, all of it, so that no sleep is split.

    Parameters
    ----------
    first : date or None
        The first day; None where no day with a session is over.
    sleep_min, rem_min, unscored_min : ndarray of float64, shape (n_days,)
        Minutes; sleep has the unscored minutes in it.
    sessions : ndarray of float64, shape (n_days,)
        How many sessions began.
    """

    first: date | None
    sleep_min: NDArray[np.float64]
    rem_min: NDArray[np.float64]
    unscored_min: NDArray[np.float64]
    sessions: NDArray[np.float64]

    @property
    def used(self) -> NDArray[np.bool_]:
        """Days on which a session began; of the others nothing is known but that."""
        return self.sessions > 0


def daily(timeline: Timeline, at: float, zone: tzinfo) -> Daily:
    """Return the days that are over at `at`, seconds of Unix time; nothing later is seen."""
    line = timeline.until(at)
    days = [day_of(start, zone).toordinal() for start in line.starts]
    first = min(days, default=None)
    n_days = 0 if first is None else day_of(at, zone).toordinal() - first
    if first is None or n_days == 0:
        none = np.empty(0)
        return Daily(None, none, none, none, none)
    day = np.array([day_of(record.start, zone).toordinal() - first for record in line.records])
    length_min = (line.end - line.begin) / 60

    def total(*stages: Stage) -> NDArray[np.float64]:
        counted = np.isin(line.stage, [tuple(Stage).index(stage) for stage in stages])
        sums = np.bincount(day[line.owner], length_min * counted, minlength=n_days)
        return np.round(sums[:n_days], 4)

    sessions = np.bincount(np.array(days) - first, minlength=n_days)[:n_days]
    return Daily(
        date.fromordinal(first),
        total(*ASLEEP),
        total(Stage.R),
        total(Stage.UNSCORED),
        sessions.astype(float),
    )
