"""Sleep regularity index: how alike two days in a row are, minute by minute.

-100 (always the reverse) over 0 (by chance) to 100 (every day the same); Phillips et al.,
Scientific Reports 7 (2017) 3216.
"""

from datetime import date, datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from monitor.domain.stage import Stage
from monitor.usage.days import NOON, day_bounds, last_days
from monitor.usage.timeline import Timeline

N_DAYS = 14
FEWEST_PAIRS = 7
DAY_MIN = 24 * 60
DAY_S = 24 * 3600.0

_VALUE = np.array([np.nan if s is Stage.UNSCORED else float(s.is_sleep) for s in Stage])
"""Of each stage: 1 asleep, 0 awake, not a number where unknown."""


def sleep_regularity(timeline: Timeline, at: float, zone: tzinfo) -> float | None:
    """Return the sleep regularity index of the 14 days before the present one.

    Every whole minute of the local clock is compared with the same minute of the next day. Time
    outside the sessions of a day is wake; a day without a session, unscored minutes, and minutes
    which the clock left out are unknown. Of an hour that came twice, the first counts.

    Parameters
    ----------
    timeline : Timeline
        All sessions.
    at : float
        Seconds of Unix time; nothing later is seen.
    zone : tzinfo
        The dreamer's.

    Returns
    -------
    float or None
        -100 to 100; None with fewer than `FEWEST_PAIRS` pairs of known days.
    """
    line = timeline.until(at)
    days = last_days(at, zone, N_DAYS + 1)[:-1]
    return regularity(np.array([_asleep(line, day, zone) for day in days]))


def regularity(asleep: NDArray[np.float64]) -> float | None:
    """Return the index of a table of days.

    Parameters
    ----------
    asleep : ndarray of float64, shape (n_days, n_minutes)
        1 asleep, 0 awake, not a number where unknown; the rows are days in a row.
    """
    one, next_one = asleep[:-1], asleep[1:]
    known = np.isfinite(one) & np.isfinite(next_one)
    if np.count_nonzero(known.any(axis=1)) < FEWEST_PAIRS:
        return None
    return float(200 * np.mean(one[known] == next_one[known]) - 100)


def _asleep(line: Timeline, day: date, zone: tzinfo) -> NDArray[np.float64]:
    begin, end = day_bounds(day, zone)
    if not np.any((line.starts >= begin) & (line.starts < end)):
        return np.full(DAY_MIN, np.nan)
    moments = _minutes(day, zone)
    piece = np.searchsorted(line.begin, moments, side="right") - 1
    recorded = (piece >= 0) & (moments < line.end[piece])
    asleep: NDArray[np.float64] = np.where(recorded, _VALUE[line.stage[piece]], 0.0)
    asleep[np.isnan(moments)] = np.nan
    return asleep


def _minutes(day: date, zone: tzinfo) -> NDArray[np.float64]:
    """Return the moments of a day's minutes by the clock; not a number where it left one out."""
    begin, end = day_bounds(day, zone)
    if end - begin == DAY_S:
        return begin + np.arange(0.0, DAY_S, 60.0)
    noon = datetime.combine(day, NOON, zone)
    return np.array([_moment(noon + timedelta(minutes=m)) for m in range(DAY_MIN)])


def _moment(wall: datetime) -> float:
    """Return when a clock showed this; not a number where it never did."""
    at = wall.timestamp()
    back = datetime.fromtimestamp(at, wall.tzinfo)
    return at if back.replace(tzinfo=None) == wall.replace(tzinfo=None) else np.nan
