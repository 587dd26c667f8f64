"""One simulated user, watched as the product watches: at the end of every session, and at noon."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from monitor.domain.usage import Breach, Severity
from monitor.usage.account import Account, History
from monitor.usage.breaches import Occasion
from monitor.usage.days import find_zone, noon
from monitor.usage.figures import DAY_S, N_DAYS
from monitor.usage.record import SessionRecord
from monitor.usage.rules import Limits, default_limits
from service.overuse.kinds import KINDS
from service.overuse.life import draw_life, record_life

FIRST = date(2026, 1, 5)
"""First day of every user, a Monday; the clock changes twice in the year from there."""

ZONE = "Europe/Berlin"


@dataclass(frozen=True, slots=True)
class User:
    """One of a kind.

    Parameters
    ----------
    kind : str
        A key of `KINDS`.
    number : int
        Which.
    seed : int
        Of the study.
    days : int
        Length of the life.
    """

    kind: str
    number: int
    seed: int
    days: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A limit begins to be broken, or is broken harder than before.

    Parameters
    ----------
    limit : str
    severity : {"soft", "hard"}
    day : float
        Days since the onset.
    """

    limit: str
    severity: Severity
    day: float


@dataclass(frozen=True, slots=True)
class Rise:
    """A level that was not reached the time before.

    Parameters
    ----------
    level : int
        1 to 3.
    day : float
        Days since the onset.
    causes : tuple of str
        The limits that were broken in the 14 days before, each once an occasion.
    """

    level: int
    day: float
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """What the account said of one user from the onset on.

    Parameters
    ----------
    kind : str
    days : int
        How long it was asked.
    before : tuple of str
        Limits that were broken when the onset came.
    findings : tuple of Finding
        In order of time.
    rises : tuple of Rise
        In order of time.
    days_at : tuple of int
        Noons at each level, 0 to 3.
    """

    kind: str
    days: int
    before: tuple[str, ...]
    findings: tuple[Finding, ...]
    rises: tuple[Rise, ...]
    days_at: tuple[int, ...]


def live(user: User) -> tuple[list[SessionRecord], Limits]:
    """Return the sessions of a user, and the limits that hold at their age."""
    kind = KINDS[user.kind]
    rng = np.random.default_rng([user.seed, list(KINDS).index(user.kind), user.number])
    person = kind.people(rng)
    life = draw_life(rng, person, FIRST, user.days)
    if kind.change is not None:
        life = kind.change(rng, person, life, np.arange(life.n_days) - kind.onset)
    return record_life(rng, life, FIRST, find_zone(ZONE)), default_limits(person.age)


def follow(user: User) -> Course:
    """Let a user live, and ask their account from the onset on."""
    kind = KINDS[user.kind]
    records, limits = live(user)
    return watch(kind.name, records, limits, kind.onset, user.days)


def watch(
    kind: str, records: Sequence[SessionRecord], limits: Limits, onset: int, until: int
) -> Course:
    """Ask for the account at the end of every session and at every noon of some days.

    Parameters
    ----------
    kind : str
        Kept in the course.
    records : sequence of SessionRecord
        From `FIRST` on in `ZONE`.
    limits : Limits
        Those that hold all the time.
    onset, until : int
        First day, and the day after the last.
    """
    history = History(records, ZONE)
    noons = [noon(FIRST + timedelta(day), find_zone(ZONE)) for day in range(onset, until + 1)]
    ends = {record.until for record in records if noons[0] < record.until <= noons[-1]}
    first, *accounts = [history.assess(None, at, limits) for at in sorted(ends.union(noons))]
    levels = Counter(account.level for account in accounts if account.at in noons)
    return Course(
        kind,
        until - onset,
        tuple(_told(first)),
        tuple(_findings(first, accounts)),
        tuple(_rises(first, accounts)),
        tuple(levels[level] for level in range(4)),
    )


def _told(account: Account) -> dict[str, Severity]:
    """Return what is broken now, or was at its worst in the session that ends now."""
    ended = [occasion for occasion in account.occasions if occasion.at == account.at]
    told: dict[str, Severity] = {}
    broken: list[Occasion | Breach] = [*ended, *account.breaches]
    for one in broken:
        told[one.limit] = "hard" if told.get(one.limit) == "hard" else one.severity
    return told


def _findings(first: Account, accounts: Sequence[Account]) -> Iterator[Finding]:
    for before, account in pairwise([first, *accounts]):
        known = _told(before)
        for limit, severity in _told(account).items():
            if known.get(limit) not in (severity, "hard"):
                yield Finding(limit, severity, (account.at - first.at) / DAY_S)


def _rises(first: Account, accounts: Sequence[Account]) -> Iterator[Rise]:
    for before, account in pairwise([first, *accounts]):
        recent = [one for one in account.occasions if one.at > account.at - N_DAYS * DAY_S]
        causes = tuple(sorted(occasion.limit for occasion in recent))
        for level in range(before.level + 1, account.level + 1):
            yield Rise(level, (account.at - first.at) / DAY_S, causes)
