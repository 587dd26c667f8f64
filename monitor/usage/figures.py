"""Every number of the account, as it is known at one moment."""

from dataclasses import asdict, dataclass, replace
from datetime import tzinfo
from typing import Any

import numpy as np

from monitor.domain.stage import Stage
from monitor.usage.daily import Daily, daily
from monitor.usage.days import day_of, noon
from monitor.usage.jetlag import social_jet_lag
from monitor.usage.rebound import hard_to_wake, rem_rebound
from monitor.usage.record import SessionRecord
from monitor.usage.regularity import sleep_regularity
from monitor.usage.timeline import ASLEEP, EVERY, Timeline
from monitor.usage.trend import Trend, find_trends

DAY_S = 86_400.0
N_DAYS = 14
WINDOWS_S = {"24h": DAY_S, "7d": 7 * DAY_S, "14d": N_DAYS * DAY_S}

LEAST_SCORED_MIN = 240.0
"""Scored sleep below which a REM share says nothing, minutes."""

SAME_DAY_S = 22 * 3600.0
"""A session that began longer ago than this is one of the day before: nobody need go to bed at the
same minute every day. Two hours are twice the usual σ of going to bed and more [own choice]."""

REM = (Stage.R,)
_COUNTED = {"sleep": ASLEEP, "rem": REM, "unscored": (Stage.UNSCORED,), "session": EVERY}
_SCORED = tuple(stage for stage in Stage if stage.is_sleep)


@dataclass(frozen=True, slots=True)
class SlowFigures:
    """What changes at the end of a session or of a day only; None where it is not known.

    Parameters
    ----------
    dream_free_days : float or None
        Days without REM and unscored time of the last 14 that are over.
    regularity : float or None
        Sleep regularity index, -100 to 100.
    jet_lag_min : float or None
        Social jet lag, minutes.
    rem_rebound : float or None
        REM share above its baseline after loss, percentage points.
    trend_rem, trend_sleep, trend_sessions : float or None
        Growth, σ.
    hard_to_wake : int
        How many of the last five sessions needed two rounds or more.
    """

    dream_free_days: float | None
    regularity: float | None
    jet_lag_min: float | None
    rem_rebound: float | None
    trend_rem: float | None
    trend_sleep: float | None
    trend_sessions: float | None
    hard_to_wake: int


@dataclass(frozen=True, slots=True)
class Figures(SlowFigures):
    """Every number of the account; None where it is not known.

    Windows end at the moment of the account and begin 24 h, 7 or 14 times 24 h before. ``sleep``
    has the unscored minutes in it, for unknown time counts as use; ``session`` is all recorded
    time; ``sessions`` are those that began in the window. Figures of the latest session are known
    for 24 h after its end.

    Parameters
    ----------
    rem_share : float or None
        REM in percent of scored sleep of the latest session's day, with 240 min of it or more.
    sleep_7d_mean_min : float
        Minutes a day.
    hours_7d : float
        Session time, hours.
    wake_between_min : float or None
        From the last moment not awake to the latest session's start.
    overrun_min : float or None
        Time of the latest session past its planned end.
    rounds : int or None
        Rounds of the wake protocol that the latest session needed.
    """

    sleep_24h_min: float
    sleep_7d_min: float
    sleep_14d_min: float
    rem_24h_min: float
    rem_7d_min: float
    rem_14d_min: float
    unscored_24h_min: float
    unscored_7d_min: float
    unscored_14d_min: float
    session_24h_min: float
    session_7d_min: float
    session_14d_min: float
    sessions_24h: int
    sessions_7d: int
    sessions_14d: int
    sleep_7d_mean_min: float
    hours_7d: float
    rem_share: float | None
    wake_between_min: float | None
    overrun_min: float | None
    rounds: int | None


def measure(timeline: Timeline, at: float, zone: tzinfo) -> Figures:
    """Return every number of the account.

    Parameters
    ----------
    timeline : Timeline
        All sessions.
    at : float
        Seconds of Unix time; nothing later is seen.
    zone : tzinfo
        The dreamer's.
    """
    line = timeline.until(at)
    return with_slow(line, at, zone, measure_slow(line, settled(line, at, zone), zone))


def settled(line: Timeline, at: float, zone: tzinfo) -> float:
    """Return since when the slow figures have not changed, seconds of Unix time.

    They are taken at the last noon, or at the end of the last session that is over at `at`.
    """
    over = (r.until for r in line.records if r.until < at or (r.ended and r.until == at))
    return max(noon(day_of(at, zone), zone), *over, 0.0)


def measure_slow(timeline: Timeline, at: float, zone: tzinfo) -> SlowFigures:
    """Return the slow figures as they are at `at`, seconds of Unix time."""
    line = timeline.until(at)
    days = daily(line, at, zone)
    trends = find_trends(days)
    return SlowFigures(
        dream_free_days=_dream_free(days),
        regularity=sleep_regularity(line, at, zone),
        jet_lag_min=social_jet_lag(line, at, zone),
        rem_rebound=rem_rebound(days),
        trend_rem=_growth(trends["trend_rem"]),
        trend_sleep=_growth(trends["trend_sleep"]),
        trend_sessions=_growth(trends["trend_sessions"]),
        hard_to_wake=hard_to_wake(line.records),
    )


def _growth(found: Trend | None) -> float | None:
    return None if found is None else found.value_sigma


def _dream_free(days: Daily) -> float | None:
    used = days.rem_min + days.unscored_min
    return float(np.count_nonzero(used[-N_DAYS:] == 0)) if len(used) >= N_DAYS else None


def with_slow(line: Timeline, at: float, zone: tzinfo, slow: SlowFigures) -> Figures:
    """Return every number, of which the slow ones are known already.

    Parameters
    ----------
    line : Timeline
        As it was known at `at`.
    at : float
        Seconds of Unix time.
    zone : tzinfo
        The dreamer's.
    slow : SlowFigures
        Those of `settled`.
    """
    values: dict[str, Any] = dict(_of_latest(line, at, zone))
    begins = at - np.array(list(WINDOWS_S.values()))
    for name, stages in _COUNTED.items():
        minutes = line.minutes_each(stages, begins, np.full(len(begins), at)).tolist()
        values |= {f"{name}_{w}_min": m for w, m in zip(WINDOWS_S, minutes, strict=True)}
    for window, begin in zip(WINDOWS_S, begins, strict=True):
        values[f"sessions_{window}"] = int(np.count_nonzero(line.starts > begin))
    values["sleep_7d_mean_min"] = values["sleep_7d_min"] / 7
    values["hours_7d"] = values["session_7d_min"] / 60
    return Figures(**asdict(slow), **values)


def peaks(line: Timeline, figures: Figures, begin: float, end: float) -> Figures:
    """Return figures with those of 24 hours as they were at their highest during a session.

    At any moment only sessions count that began in the `SAME_DAY_S` before, and this one: else
    everybody who rises earlier than the day before has two mornings in 24 hours, and whoever goes
    to bed earlier two nights.

    Parameters
    ----------
    line : Timeline
        As it was known at `end`.
    figures : Figures
        Those of `end`.
    begin, end : float
        The session, seconds of Unix time.
    """
    return replace(
        figures,
        sleep_24h_min=_peak(line, ASLEEP, begin, end),
        rem_24h_min=_peak(line, REM, begin, end),
        sessions_24h=int(np.sum((line.starts >= begin - SAME_DAY_S) & (line.starts <= begin))),
    )


def _peak(line: Timeline, stages: tuple[Stage, ...], begin: float, end: float) -> float:
    """Return the most minutes of sessions that count at a moment of this one.

    The sum rises only within a piece of these stages: it is highest at an end of one, at first, or
    when a session counts for the last time.
    """
    recent = slice(np.searchsorted(line.end, begin - DAY_S), None)
    begun = np.array([record.start for record in line.records])[line.owner[recent]]
    moments = np.concatenate([line.end[recent], begun + SAME_DAY_S, [begin, end]])
    during = moments[(moments >= begin) & (moments <= end), None]
    counted = np.isin(line.stage[recent], [EVERY.index(stage) for stage in stages])
    counted = counted & (begun >= np.minimum(during - SAME_DAY_S, begin))
    length = np.minimum(line.end[recent], during) - np.maximum(line.begin[recent], during - DAY_S)
    return round(float(np.sum(np.maximum(length, 0) * counted, axis=1).max()) / 60, 4)


def _of_latest(line: Timeline, at: float, zone: tzinfo) -> dict[str, float | None]:
    latest = max(line.records, key=lambda record: record.start, default=None)
    if latest is None or latest.until <= at - DAY_S:
        return dict.fromkeys(("rem_share", "wake_between_min", "overrun_min", "rounds"))
    return {
        "rem_share": _rem_share(line, noon(day_of(latest.start, zone), zone)),
        "wake_between_min": _wake_between(line),
        "overrun_min": _overrun(latest),
        "rounds": latest.rounds,
    }


def _rem_share(line: Timeline, since: float) -> float | None:
    """Return the share of REM in the sessions that began since a moment."""
    begun = [owner for owner, record in enumerate(line.records) if record.start >= since]
    theirs = np.isin(line.owner, begun)
    length, stage = (line.end - line.begin)[theirs], line.stage[theirs]
    of_stage = np.bincount(stage, length, minlength=len(EVERY)) / 60
    scored = float(sum(of_stage[EVERY.index(one)] for one in _SCORED))
    return (
        100 * float(of_stage[EVERY.index(Stage.R)]) / scored if scored >= LEAST_SCORED_MIN else None
    )


def _wake_between(line: Timeline) -> float | None:
    """Return the time awake before the latest session; nobody knows it of one that never ended."""
    used = (line.begin < line.starts[-1]) & line.slept
    if not used.any() or not line.records[line.owner[used][-1]].ended:
        return None
    return round(float(line.starts[-1] - line.end[used][-1]) / 60, 4)


def _overrun(record: SessionRecord) -> float | None:
    if record.planned_s is None:
        return None
    return round(max(0.0, record.until - record.start - record.planned_s) / 60, 4)
