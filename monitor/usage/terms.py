"""The terms that hold for a dreamer, and how an asked bound comes to hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from monitor.usage.changes import COOL_OFF_H, Override, SetLimits
from monitor.usage.days import find_zone
from monitor.usage.rules import LIMITS, Bounds, Limits, default_limits

HOUR_S = 3_600.0
DAY_S = 86_400.0
CONFIRM_WITHIN_S = 7 * DAY_S
"""A laxer bound that nobody confirms in this time after its cool-off is forgotten [D]."""

ADULT_AGE = 18
NO_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Pending:
    """Laxer bounds of one limit that wait for their second confirmation.

    Parameters
    ----------
    bounds : Bounds
        What was asked; None where nothing was.
    confirm_from, confirm_until : float
        When they may be confirmed, seconds of Unix time.
    """

    bounds: Bounds
    confirm_from: float
    confirm_until: float


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a dreamer at one moment.

    Parameters
    ----------
    at : float
        The moment, seconds of Unix time.
    zone : str
        IANA name of the dreamer's time zone.
    own : mapping of str to Bounds
        The bounds that were asked for and hold; None where the age's do.
    pending : mapping of str to Pending
        What waits for its confirmation, by limit.
    timeout_until, excluded_until : float or None
        End of the time-out and of the self-exclusion in force, seconds of Unix time.
    override : Override or None
        The one in force.
    born : date or None
        Date of birth.
    guardian : str
        Name of the guardian; empty for none.
    cool_off_h : float
        Hours before a laxer bound may be confirmed.
    """

    at: float
    zone: str
    own: Mapping[str, Bounds] = field(default_factory=dict)
    pending: Mapping[str, Pending] = field(default_factory=dict)
    timeout_until: float | None = None
    excluded_until: float | None = None
    override: Override | None = None
    born: date | None = None
    guardian: str = ""
    cool_off_h: float = COOL_OFF_H[0]

    @property
    def limits(self) -> Limits:
        """The limits of the dreamer's age, with the bounds that were asked for."""
        usual = default_limits(self.age)
        return usual.changed({name: _over(usual[name], own) for name, own in self.own.items()})

    @property
    def age(self) -> int | None:
        """Full years; None where the date of birth is unknown."""
        if self.born is None:
            return None
        today = datetime.fromtimestamp(self.at, find_zone(self.zone)).date()
        birthday_to_come = (today.month, today.day) < (self.born.month, self.born.day)
        return max(0, today.year - self.born.year - birthday_to_come)

    @property
    def minor(self) -> bool:
        """Whether the dreamer is known to be under 18."""
        return self.age is not None and self.age < ADULT_AGE


def override_end(override: Override) -> float:
    """Return when an override is over, seconds of Unix time."""
    return override.at + override.hours * HOUR_S


def later(terms: Terms, at: float) -> Terms:
    """Return the terms some time later, when nothing was asked in between."""
    override = terms.override
    return replace(
        terms,
        at=at,
        pending={name: p for name, p in terms.pending.items() if at <= p.confirm_until},
        timeout_until=_ahead(terms.timeout_until, at),
        excluded_until=_ahead(terms.excluded_until, at),
        override=override if override and at < override_end(override) else None,
    )


def due(terms: Terms) -> dict[str, Pending]:
    """Return what may be confirmed now."""
    return {name: p for name, p in terms.pending.items() if terms.at >= p.confirm_from}


def laxer_part(limits: Limits, change: SetLimits) -> dict[str, Bounds]:
    """Return the asked bounds that are laxer than those which hold."""
    parts = {name: _laxer(name, limits[name], asked) for name, asked in change.bounds.items()}
    return {name: part for name, part in parts.items() if part != NO_BOUNDS}


def with_asked(terms: Terms, change: SetLimits) -> Terms:
    """Let the stricter bounds hold and the laxer ones wait; either replaces what waited."""
    limits, laxer = terms.limits, laxer_part(terms.limits, change)
    own, pending = dict(terms.own), dict(terms.pending)
    for name, asked in change.bounds.items():
        raised = laxer.get(name, NO_BOUNDS)
        stricter = _each(_stricter, asked, raised, limits[name])
        own[name] = _over(own.get(name, NO_BOUNDS), stricter)
        waiting = _waiting(terms, pending.pop(name, None), asked, raised)
        if waiting:
            pending[name] = waiting
    return replace(terms, own=own, pending=pending)


def with_confirmed(terms: Terms) -> Terms:
    """Let hold what is due."""
    own, confirmed = dict(terms.own), due(terms)
    for name, pending in confirmed.items():
        own[name] = _over(own.get(name, NO_BOUNDS), pending.bounds)
    waiting = {name: p for name, p in terms.pending.items() if name not in confirmed}
    return replace(terms, own=own, pending=waiting)


def _waiting(terms: Terms, before: Pending | None, asked: Bounds, raised: Bounds) -> Pending | None:
    """Return what waits of a limit; the same wish again does not wait anew."""
    bounds = before.bounds if before else NO_BOUNDS
    left = _over(_each(_if_unasked, bounds, asked), raised)
    if left == NO_BOUNDS:
        return None
    if before and _over(bounds, raised) == bounds:
        return replace(before, bounds=left)
    confirm_from = terms.at + terms.cool_off_h * HOUR_S
    return Pending(left, confirm_from, confirm_from + CONFIRM_WITHIN_S)


def _each(choose: Callable[..., float | None], *bounds: Bounds) -> Bounds:
    return Bounds(choose(*(b.soft for b in bounds)), choose(*(b.hard for b in bounds)))


def _over(base: Bounds, top: Bounds) -> Bounds:
    return _each(lambda below, above: below if above is None else above, base, top)


def _laxer(name: str, held: Bounds, asked: Bounds) -> Bounds:
    spec = LIMITS[name]

    def choose(now: float | None, then: float | None) -> float | None:
        if now is None or then is None or not spec.is_laxer(then, now):
            return None
        return then

    return _each(choose, held, asked)


def _stricter(asked: float | None, raised: float | None, held: float | None) -> float | None:
    return asked if raised is None and asked != held else None


def _if_unasked(waiting: float | None, asked: float | None) -> float | None:
    return waiting if asked is None else None


def _ahead(until: float | None, at: float) -> float | None:
    return until if until is not None and at < until else None
