"""The account of a running session's dream time, on top of all the sessions before it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from math import ceil
from typing import Any

from monitor.domain.epoch import ScoredEpoch
from monitor.domain.events import UsageCounted
from monitor.domain.stage import EPOCH_S, Stage
from monitor.domain.usage import Breach, Severity
from monitor.usage.account import Account, History
from monitor.usage.admission import PLAN_TOO_LONG, admit
from monitor.usage.book import fold
from monitor.usage.breaches import level_now
from monitor.usage.changes import Change
from monitor.usage.record import SessionRecord, from_json, to_json
from monitor.usage.rules import LIMITS
from monitor.usage.terms import Terms

EVERY_EPOCHS = 20
"""Epochs between two entries of the running account: ten minutes [own choice]."""

EVERY_S = EVERY_EPOCHS * EPOCH_S
"""The same in seconds, for the time in which nothing comes."""

OVERRUN = "grace_min"
"""The limit of which an alarm of its own kind tells already."""

_BUDGETS = ("sleep_24h_min", "rem_24h_min")


@dataclass(frozen=True, slots=True)
class Past:
    """What the account of a session goes by beside the session itself.

    Parameters
    ----------
    records : tuple of SessionRecord
        The dreamer's other sessions.
    changes : tuple of Change
        What was asked of the dreamer's limits.
    zone : str
        Time zone (IANA name) where no change says another.
    """

    records: tuple[SessionRecord, ...] = ()
    changes: tuple[Change, ...] = ()
    zone: str = "UTC"

    @property
    def digest(self) -> str:
        """Tells one past from another."""
        return sha256(
            repr((sorted(self.records, key=repr), *self.changes, self.zone)).encode()
        ).hexdigest()


class UsageLedger:
    """Counts one session and holds it, with the past, against the limits.

    Parameters
    ----------
    session : str
        The session's id.
    start : float
        The session's start, seconds of Unix time.
    planned_s : float or None
        Planned length in seconds; None where there is no plan.
    rounds : callable
        Tells the rounds that the session's wake protocol has needed so far.
    running : bool
        Whether to give the account while the session lasts; scoring a file needs it not.

    Attributes
    ----------
    breaches : tuple of Breach
        The limits that are broken, as the alarms shall take them: without the planned end, and
        while an override holds, a hard one is a soft one.
    """

    def __init__(
        self,
        session: str,
        start: float,
        planned_s: float | None,
        rounds: Callable[[], int] = lambda: 0,
        *,
        running: bool = True,
    ) -> None:
        self.breaches: tuple[Breach, ...] = ()
        self._record = SessionRecord(session, start, start, (), ended=False, planned_s=planned_s)
        self._rounds, self._running = rounds, running
        self._counted_at = start
        self._past, self._digest = Past(), ""
        self._refused: tuple[Breach, ...] = ()
        self._history = History((), self._past.zone)

    def recall(self, past: Past, at: float) -> list[UsageCounted]:
        """Go by this past from now on; the same one again, as after a restart, changes nothing."""
        self._past = past
        zone = self._terms(self._record.until).zone
        self._history = History(past.records, zone, lambda then: self._terms(then).limits)
        if not self._digest:
            self._refused = tuple(self._refusals(at))
        known, self._digest = self._digest, past.digest
        return [self.account(at)] if self._digest != known else []

    def _refusals(self, at: float) -> Iterator[Breach]:
        """Return why this session should not have begun: someone lies there, and is watched.

        A plan that is too long is notice only, for nothing is overused yet.
        """
        terms, planned_s = self._terms(at), self._record.planned_s
        for refusal in admit(self._history.timeline, terms, self._record.start, planned_s).reasons:
            severity: Severity = "soft" if refusal.code == PLAN_TOO_LONG else "hard"
            value, bound = refusal.value or 0.0, refusal.bound or 0.0
            if refusal.limit:
                spec = LIMITS[refusal.limit]
                yield Breach(refusal.limit, severity, value, bound, spec.unit, spec.text)
            else:
                text = refusal.code.replace("_", "-")
                yield Breach(refusal.code, severity, value, bound, text=text)

    def push(self, at: float, epoch: ScoredEpoch) -> list[UsageCounted]:
        """Count one epoch; give the account every `EVERY_EPOCHS` epochs."""
        *before, (stage, n) = self._record.runs or ((epoch.stage, 0),)
        last = ((stage, n + 1),) if stage is epoch.stage else ((stage, n), (epoch.stage, 1))
        self._record = replace(self._record, runs=(*before, *last), until=at)
        is_due = self._running and (epoch.index + 1) % EVERY_EPOCHS == 0
        return [self.account(at)] if is_due else []

    def due(self, until: float) -> list[float]:
        """Return when the account is due before a time, as long as nothing comes."""
        n = max(0, ceil((until - self._counted_at) / EVERY_S) - 1)
        return [self._counted_at + EVERY_S * k for k in range(1, n + 1)]

    def advance(self, at: float) -> list[UsageCounted]:
        """Let time pass in which nothing comes: it is use until the session has ended.

        After that only what changes is told: limits that are kept again.
        """
        if at < self._counted_at + EVERY_S:
            return []
        before, account = self._found(), self.account(at)
        return [account] if not self._record.ended or self._found() != before else []

    def _found(self) -> dict[str, str]:
        return {breach.limit: breach.severity for breach in self.breaches}

    def end(self, at: float) -> list[UsageCounted]:
        """Close the session."""
        self._record = replace(self._record, ended=True, until=at)
        return [self.account(at)]

    def record(self, at: float) -> SessionRecord:
        """Return the session as it stands at `at`, seconds of Unix time."""
        until = self._record.until if self._record.ended else max(at, self._record.until)
        return replace(self._record, until=until, rounds=self._rounds())

    def account(self, at: float) -> UsageCounted:
        """Hold everything against the limits as it stands at `at`, seconds of Unix time."""
        record, terms = self.record(at), self._terms(at)
        account = _with(self._history.assess(record, at, terms.limits), self._refused)
        self._counted_at = at
        self.breaches = tuple(_for_alarms(account.breaches, lifted=terms.override is not None))
        return _counted(at, record, account, terms)

    def _terms(self, at: float) -> Terms:
        return fold(self._past.changes, at, self._past.zone)

    def snapshot(self) -> dict[str, Any]:
        """Everything the next push depends on but for the past, which is told anew."""
        return {
            "record": to_json(self._record),
            "counted_at": self._counted_at,
            "past": self._digest,
            "refused": [asdict(breach) for breach in self._refused],
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        self._record = from_json(snapshot["record"])
        self._counted_at = float(snapshot["counted_at"])
        self._digest = str(snapshot["past"])
        self._refused = tuple(Breach(**breach) for breach in snapshot["refused"])


def _with(account: Account, refused: Sequence[Breach]) -> Account:
    """Add why the session should not have begun to what is broken now."""
    known = {breach.limit for breach in account.breaches}
    more = tuple(breach for breach in refused if breach.limit not in known)
    level = max(account.level, level_now(more))
    return replace(account, breaches=(*account.breaches, *more), level=level)


def _for_alarms(breaches: Sequence[Breach], *, lifted: bool) -> Iterator[Breach]:
    for breach in breaches:
        if breach.limit != OVERRUN:
            yield replace(breach, severity="soft") if lifted else breach


def _counted(at: float, record: SessionRecord, account: Account, terms: Terms) -> UsageCounted:
    minutes = dict.fromkeys(Stage, 0.0)
    for stage, n in record.runs:
        minutes[stage] += n * EPOCH_S / 60
    planned_s = record.planned_s
    budgets = {name: terms.limits[name].soft for name in _BUDGETS}
    return UsageCounted(
        at,
        record.session,
        recorded_min=record.n_epochs * EPOCH_S / 60,
        sleep_min=sum(m for stage, m in minutes.items() if stage.is_sleep),
        rem_min=minutes[Stage.R],
        unscored_min=minutes[Stage.UNSCORED],
        overrun_min=0.0 if planned_s is None else max(0.0, at - record.start - planned_s) / 60,
        sleep_24h_min=account.figures.sleep_24h_min,
        rem_24h_min=account.figures.rem_24h_min,
        sessions_24h=account.figures.sessions_24h,
        level=account.level,
        breaches=account.breaches,
        checks=dict(account.checks),
        budgets={name: soft for name, soft in budgets.items() if soft is not None},
    )
