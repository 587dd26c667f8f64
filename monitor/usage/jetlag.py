"""Social jet lag: how much later (or earlier) the middle of sleep lies on free nights.

Wittmann et al., Chronobiology International 23 (2006) 497-509.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

import numpy as np
from numpy.typing import NDArray

from monitor.domain.stage import Stage
from monitor.usage.days import day_bounds, last_days
from monitor.usage.timeline import Timeline

N_DAYS = 14
FEWEST_NIGHTS = 2
"""Of either kind; one night alone is no habit [D]."""

DAY_MIN = 24 * 60
FREE = (5, 6)
"""Nights that end on Saturday or Sunday."""

_SLEEP = [code for code, stage in enumerate(Stage) if stage.is_sleep]


def social_jet_lag(timeline: Timeline, at: float, zone: tzinfo) -> float | None:
    """Return the jet lag of the 14 days before the present one.

    Parameters
    ----------
    timeline : Timeline
        All sessions; of each day the one with the most sleep counts.
    at : float
        Seconds of Unix time; nothing later is seen.
    zone : tzinfo
        The dreamer's.

    Returns
    -------
    float or None
        Minutes, 0 to 720; None with fewer than `FEWEST_NIGHTS` free or work nights.
    """
    nights = list(_main_sleeps(timeline.until(at), at, zone))
    free = [_clock_min(mid, zone) for mid, end in nights if _is_free(end, zone)]
    work = [_clock_min(mid, zone) for mid, end in nights if not _is_free(end, zone)]
    return jet_lag(free, work) if min(len(free), len(work)) >= FEWEST_NIGHTS else None


def jet_lag(free_min: Sequence[float], work_min: Sequence[float]) -> float:
    """Return the distance of two means of clock times, minutes past midnight, on the clock's face.

    The clock is cut opposite to all nights' common direction, so that midnight is no border.
    """
    angles = np.array([*free_min, *work_min]) * (2 * np.pi / DAY_MIN)
    centre = float(np.angle(np.exp(1j * angles).sum())) * DAY_MIN / (2 * np.pi)
    free, work = (np.mean(_signed(np.array(times) - centre)) for times in (free_min, work_min))
    return abs(float(_signed(np.asarray(free - work))))


def _signed(minutes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return -720 up to 720 for any difference of clock times."""
    return (minutes + DAY_MIN / 2) % DAY_MIN - DAY_MIN / 2


def _main_sleeps(line: Timeline, at: float, zone: tzinfo) -> Iterator[tuple[float, float]]:
    """Yield middle and end of the main sleep of each day, seconds of Unix time."""
    asleep = np.isin(line.stage, _SLEEP)
    begin, end, owner = line.begin[asleep], line.end[asleep], line.owner[asleep]
    slept = np.bincount(owner, end - begin, minlength=len(line.records))
    starts = np.array([record.start for record in line.records])
    for low, high in (day_bounds(day, zone) for day in last_days(at, zone, N_DAYS + 1)[:-1]):
        of_day = np.flatnonzero((starts >= low) & (starts < high) & (slept > 0))
        if len(of_day):
            main = owner == of_day[np.argmax(slept[of_day])]
            onset, over = begin[main].min(), end[main].max()
            yield float(onset + over) / 2, float(over)


def _clock_min(at: float, zone: tzinfo) -> float:
    then = datetime.fromtimestamp(at, zone)
    return then.hour * 60 + then.minute + then.second / 60


def _is_free(at: float, zone: tzinfo) -> bool:
    return datetime.fromtimestamp(at, zone).weekday() in FREE
