from dataclasses import replace
from datetime import date

import pytest

from monitor.domain.usage import Breach, Severity
from monitor.usage.breaches import (
    Judged,
    Occasion,
    find_breaches,
    find_occasions,
    level_of,
)
from monitor.usage.figures import measure
from monitor.usage.rules import Bounds, default_limits
from monitor.usage.timeline import Timeline
from tests.usage.usage_nights import DAY_S, MARCH, UTC

NOTHING = measure(Timeline([]), MARCH, UTC)
MONDAY, TUESDAY = date(2026, 3, 23), date(2026, 3, 24)


def soft(limit: str) -> Breach:
    return Breach(limit, "soft", 2, 1)


def hard(limit: str) -> Breach:
    return Breach(limit, "hard", 2, 1)


def occasion(days_ago: float, severity: Severity = "soft") -> Occasion:
    return Occasion(MARCH - days_ago * DAY_S, "rem_24h_min", severity)


@pytest.mark.parametrize(
    ("figure", "value", "found"),
    [
        ("sleep_24h_min", 600.0, None),
        ("sleep_24h_min", 600.5, ("sleep_24h_min", "soft", 600, "min")),
        ("sleep_24h_min", 720.0, ("sleep_24h_min", "soft", 600, "min")),
        ("sleep_24h_min", 720.5, ("sleep_24h_min", "hard", 720, "min")),
        ("sleep_7d_mean_min", 661.0, ("sleep_7d_mean_min", "soft", 660, "min/day")),
        ("rem_24h_min", 180.5, ("rem_24h_min", "hard", 180, "min")),
        ("rem_share", 31.0, None),
        ("rem_share", 31.1, ("rem_share", "soft", 31, "%")),
        ("sessions_24h", 2, None),
        ("sessions_24h", 3, ("sessions_24h", "soft", 2, "")),
        ("sessions_24h", 4, ("sessions_24h", "hard", 3, "")),
        ("overrun_min", 15.0, None),
        ("overrun_min", 15.5, ("grace_min", "soft", 15, "min")),
        ("wake_between_min", 240.0, None),
        ("wake_between_min", 239.0, ("wake_between_min", "soft", 240, "min")),
        ("wake_between_min", 90.0, ("wake_between_min", "soft", 240, "min")),
        ("wake_between_min", 89.5, ("wake_between_min", "hard", 90, "min")),
        ("hours_7d", 63.5, ("hours_7d", "soft", 63, "h")),
        ("dream_free_days", 0.0, ("dream_free_days", "soft", 1, "d")),
        ("dream_free_days", 1.0, None),
        ("regularity", 69.0, ("regularity", "soft", 70, "")),
        ("jet_lag_min", 121.0, ("jet_lag_min", "soft", 120, "min")),
        ("rem_rebound", 7.1, ("rem_rebound", "soft", 7, "points")),
        ("trend_rem", 5.1, ("trend_rem", "soft", 5, "σ")),
        ("trend_sleep", 5.0, None),
        ("trend_sessions", 5.1, ("trend_sessions", "soft", 5, "σ")),
        ("hard_to_wake", 2, None),
        ("hard_to_wake", 3, ("hard_to_wake", "soft", 3, "")),
    ],
)
def test_a_limit_is_broken_strictly_beyond_its_bound(
    figure: str, value: float, found: tuple[str, Severity, float, str] | None
) -> None:
    breaches = find_breaches(replace(NOTHING, **{figure: value}), default_limits())
    expected = () if found is None else (Breach(found[0], found[1], value, found[2], found[3]),)
    assert breaches == expected


def test_the_limits_of_the_dreamer_are_those_that_count() -> None:
    slept = replace(NOTHING, sleep_24h_min=700.0)
    child = default_limits(10)
    assert find_breaches(slept, child) == ()
    (found,) = find_breaches(slept, child.changed({"sleep_24h_min": Bounds(480, 600)}))
    assert (found.severity, found.bound) == ("hard", 600)


@pytest.mark.parametrize(
    ("occasions", "level"),
    [
        ([], 0),
        ([occasion(0)], 1),
        ([occasion(6.9)], 1),
        ([occasion(7)], 0),
        ([occasion(0), occasion(6.9)], 2),
        ([occasion(0), occasion(7)], 1),
        ([occasion(0), occasion(1), occasion(2)], 2),
        ([occasion(0), occasion(1), occasion(8), occasion(13.9)], 3),
        ([occasion(0), occasion(1), occasion(8), occasion(14)], 2),
        ([occasion(8), occasion(9), occasion(10), occasion(11)], 3),
        ([occasion(13.9, "hard")], 3),
        ([occasion(14, "hard")], 0),
        ([occasion(-0.1, "hard")], 0),
    ],
)
def test_the_level_adds_up_occasions(occasions: list[Occasion], level: int) -> None:
    assert level_of(occasions, MARCH) == level


def test_minutes_and_share_of_the_same_rem_are_one_of_four() -> None:
    nights = [occasion(days) for days in (0, 3)]
    shares = [replace(one, limit="rem_share") for one in nights]
    others = [replace(one, limit="sleep_24h_min") for one in nights]
    assert level_of([*nights, *shares], MARCH) == 2
    assert level_of([*nights, *shares, replace(shares[0], at=MARCH - DAY_S)], MARCH) == 2
    assert level_of([*nights, *others], MARCH) == 3
    assert level_of([nights[0], shares[0]], MARCH) == 2


def test_a_limit_of_a_day_counts_once_a_day_at_its_worst() -> None:
    judged = [
        Judged(1.0, MONDAY, (soft("rem_24h_min"),)),
        Judged(2.0, MONDAY, (hard("rem_24h_min"),)),
        Judged(3.0, MONDAY, (soft("rem_24h_min"), soft("rem_share"))),
        Judged(4.0, TUESDAY, (soft("rem_24h_min"),)),
    ]
    assert find_occasions(judged) == [
        Occasion(2.0, "rem_24h_min", "hard"),
        Occasion(3.0, "rem_share", "soft"),
        Occasion(4.0, "rem_24h_min", "soft"),
    ]


def test_a_slow_figure_counts_when_a_spell_begins() -> None:
    seen = ["jet_lag_min", "jet_lag_min", None, "jet_lag_min", "regularity"]
    judged = [
        Judged(float(k), MONDAY, (soft(limit),) if limit else ()) for k, limit in enumerate(seen)
    ]
    assert [(one.at, one.limit) for one in find_occasions(judged)] == [
        (0.0, "jet_lag_min"),
        (3.0, "jet_lag_min"),
        (4.0, "regularity"),
    ]
