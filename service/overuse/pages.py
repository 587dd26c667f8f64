"""The report in words and tables, from its JSON alone."""

from collections.abc import Mapping
from typing import Any

from service.overuse.changes import RAMP_DAYS
from service.overuse.report import Figures
from service.sheets import MARK, Report, Sheet, mark_row, number

TITLE = "How soon overuse is found, and how often a stable user is flagged"

_INTRO = """Made by `dreamwatch usage study --users {users} --seed {seed}`; the same gives the \
same figures, in however many processes. {years:.0f} years of simulated lives, {users} users of \
each kind, watched as the product watches: the account is asked at the end of every session and \
at every noon, and sees nothing later. The users are drawn, not real: sleep and REM vary from \
night to night and from person to person as in the two nights each of 58 people of the Sleep-EDF \
Database Expanded (Kemp et al. 2000; PhysioNet, Goldberger et al. 2000, ODC-By 1.0); when they go \
to bed, nap and leave the headset off is our own choice (`service/overuse/people.py`). No night \
depends on the one before, which is simpler than life."""

_USERS = """A *stable* user is as most people are (sleep, REM share and bed time within one σ of \
the mean) and keeps to it: at least one night a week without the headset, bed times with a σ of 15 \
to 35 min, up to an hour later at weekends. A level 3 of theirs is wrong. Whoever by nature has \
more REM or odder hours than the limits of all adults allow for is told apart: for them level 3 is \
what the rules say, and limits of their own are the remedy. All others change on day 45 of their \
life and are asked from then on. Levels: 1 is one soft breach in 7 days, 2 two, 3 a hard one or \
four soft in 14 days."""

_FOUND = """Days count from the noon before the first changed night. *Found* is a limit that \
begins to be broken, or by its hard bound where that was planted; users of whom it was broken \
already are left out (*before*). σ is that of the person's own nights, or of their sessions a \
day. At once: the full growth from one day to the next; slowly: in {ramp} days. The last two \
columns ask for the first of all limits that speak of the same thing. Intervals are 95 %: \
Clopper-Pearson for shares, exact Poisson for rates. Quantiles count those who were not found as \
later than all others (–)."""


def report_of(figures: Figures) -> Report:
    """Return the report of a study."""
    words = _INTRO.format(**figures["study"]), _USERS, _FOUND.format(ramp=RAMP_DAYS)
    return Report(TITLE, words, _sheets(figures))


def _sheets(figures: Figures) -> tuple[Sheet, ...]:
    stable = figures["stable"]
    by_user = ", ".join(f"{n} times: {users}" for n, users in stable["level_3_by_user"].items())
    return (
        Sheet("Marks", MARK, tuple(mark_row(mark, 2) for mark in figures["marks"])),
        Sheet("How soon overuse is found", _FOUND_HEAD, tuple(map(_found, figures["found"]))),
        Sheet("Levels", _USER_HEAD, tuple(map(_user, figures["users"]))),
        Sheet(
            "What is found in stable users",
            ("limit", "begins to be broken", "a year (95 %)", "behind a level 3"),
            tuple(_limit(*item) for item in stable["limits"].items()),
            f"Stable users by how often they reached level 3: {by_user}. A hard bound was broken "
            f"{_rate(stable['hard'])} times a year.",
        ),
    )


_FOUND_HEAD = (
    "kind",
    "what happens",
    "limit",
    "users",
    "before",
    "found (95 %)",
    "median d",
    "90 % d",
    "any: median d",
    "any: through",
)
_USER_HEAD = (
    "kind",
    "users",
    "years",
    "level 1 a year (95 %)",
    "level 2 a year (95 %)",
    "level 3 a year (95 %)",
    "days at level 0, 1, 2, 3",
)


def _rate(rate: Mapping[str, Any]) -> str:
    low, high = rate["interval"]
    return f"{rate['per_year']:.2f} ({low:.2f}–{high:.2f})"


def _found(row: Mapping[str, Any]) -> tuple[str, ...]:
    low, high = row["interval"]
    first = row["any"]
    return (
        row["kind"],
        row["text"],
        f"{row['limit']} {row['severity']}",
        str(row["users"]),
        str(row["before"]),
        f"{number(row['share'], 2)} ({low:.2f}–{high:.2f})",
        number(row["median_days"]),
        number(row["p90_days"]),
        number(first["median_days"]),
        ", ".join(f"{limit} {n}" for limit, n in first["through"].items()),
    )


def _user(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        row["kind"],
        str(row["users"]),
        number(row["years"]),
        *(_rate(rate) for rate in row["reached"].values()),
        ", ".join(f"{share:.0%}" for share in row["days_at"]),
    )


def _limit(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    return name, str(row["n"]), _rate(row), str(row["behind_level_3"])
