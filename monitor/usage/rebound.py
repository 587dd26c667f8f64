"""REM that comes back after it was lost, and dreamers who become hard to wake."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from monitor.usage.daily import Daily
from monitor.usage.record import SessionRecord

REBOUND_POINTS = 7.0
"""Percentage points above the baseline (studies of REM deprivation)."""

DEPRIVED_SHARE = 0.7
"""Of the baseline: a night at or below it lacks REM."""

DEPRIVED_NIGHTS = 2
BASELINE_NIGHTS = 28
FEWEST_BASELINE_NIGHTS = 7
"""Nights before the loss from which the baseline is the median, at most and at least [D]."""

FULL_NIGHT_MIN = 240.0
"""Scored sleep from which a night's REM share counts as a rebound or for the baseline."""

SHORT_NIGHT_MIN = 60.0
"""Scored sleep from which a night's REM share can be called low; deprived nights are short [D]."""

LATEST_SESSIONS = 5
MANY_ROUNDS = 2


def rem_rebound(days: Daily) -> float | None:
    """Return by how much REM came back on the latest day that is over.

    Parameters
    ----------
    days : Daily
        Days up to now.

    Returns
    -------
    float or None
        Percentage points of REM share above the baseline, where the nights before it lacked REM,
        else 0 (`rebound`); None where the latest night or its baseline is unknown.
    """
    scored = days.sleep_min - days.unscored_min
    with np.errstate(invalid="ignore", divide="ignore"):
        return rebound(100 * days.rem_min / scored, scored)


def rebound(share: NDArray[np.float64], sleep_min: NDArray[np.float64]) -> float | None:
    """Return the rebound of the latest night.

    Parameters
    ----------
    share : ndarray of float64, shape (n_nights,)
        REM in percent of scored sleep, nights in a row.
    sleep_min : ndarray of float64, shape (n_nights,)
        Scored sleep in minutes; 0 on a night that was not recorded.

    Returns
    -------
    float or None
        Percentage points above the baseline, if `DEPRIVED_NIGHTS` or more nights directly before
        were at most `DEPRIVED_SHARE` of it, else 0. None without `FEWEST_BASELINE_NIGHTS` full
        nights before them, or without a full latest night.
    """
    if not len(share) or sleep_min[-1] < FULL_NIGHT_MIN:
        return None
    before = share[: max(0, len(share) - 1 - DEPRIVED_NIGHTS)]
    usual = before[sleep_min[: len(before)] >= FULL_NIGHT_MIN][-BASELINE_NIGHTS:]
    if len(usual) < FEWEST_BASELINE_NIGHTS:
        return None
    baseline = float(np.median(usual))
    last = slice(len(before), -1)
    lost = (share[last] <= DEPRIVED_SHARE * baseline) & (sleep_min[last] >= SHORT_NIGHT_MIN)
    return max(0.0, float(share[-1]) - baseline) if lost.all() else 0.0


def hard_to_wake(records: Iterable[SessionRecord]) -> int:
    """Return how many of the last five sessions that are over needed two rounds or more to wake.

    Parameters
    ----------
    records : iterable of SessionRecord
        In order of their starts.
    """
    over = [record for record in records if record.ended][-LATEST_SESSIONS:]
    return sum(record.rounds >= MANY_ROUNDS for record in over)
