"""The book of limits: what was asked, who may ask it, and the terms that follow.

What is stricter holds at once. What is laxer waits for the cool-off and a second confirmation. A
time-out and a self-exclusion can be made longer, never shorter, by nobody. What was not permitted
when it was asked has no effect.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import reduce

from monitor.domain.errors import NotAllowed
from monitor.usage.changes import (
    Change,
    Confirm,
    Override,
    SelfExclude,
    SetLimits,
    SetProfile,
    TimeOut,
    Withdraw,
    to_json,
)
from monitor.usage.terms import (
    DAY_S,
    HOUR_S,
    Terms,
    due,
    later,
    laxer_part,
    with_asked,
    with_confirmed,
)

GUARDIANS = ("guardian", "admin")


def fold(changes: Iterable[Change], at: float, zone: str = "UTC") -> Terms:
    """Return the terms at a moment.

    Parameters
    ----------
    changes : iterable of Change
        In any order; those after `at` are not seen.
    at : float
        Seconds of Unix time.
    zone : str
        IANA name of the time zone where no change says another.
    """
    ordered = sorted(changes, key=_order)
    asked = [change for change in ordered if change.at <= at]
    return _with_facts(later(reduce(_step, asked, Terms(0.0, zone)), at), ordered)


def _with_facts(terms: Terms, changes: Iterable[Change]) -> Terms:
    """Let the first birth date and time zone that are ever said hold from the beginning.

    They are facts about the dreamer, not rules: who is nine years old was no adult before that was
    written down, and nights of long ago are of the clock by which they were slept.
    """
    profiles = [change for change in changes if isinstance(change, SetProfile)]
    said = [profile for profile in profiles if profile.zone is not None]
    if said and terms.at < said[0].at:
        terms = replace(terms, zone=str(said[0].zone))
    born = (profile.born for profile in profiles if profile.role != "dreamer" and profile.born)
    return replace(terms, born=next(born, None)) if terms.born is None else terms


def check(terms: Terms, change: Change) -> None:
    """Raise unless a change is permitted.

    Parameters
    ----------
    terms : Terms
        As they stand at the moment of the change.
    change : Change
        What is asked.

    Raises
    ------
    NotAllowed
        If the role may not ask for it, nothing is there to confirm or to take back, or it would
        end a time-out or a self-exclusion sooner.
    """
    reason = _refusal(later(terms, change.at), change)
    if reason:
        raise NotAllowed(f"{change.kind}: {reason}")


def _order(change: Change) -> tuple[float, str]:
    return change.at, json.dumps(to_json(change), sort_keys=True)


def _step(terms: Terms, change: Change) -> Terms:
    now = later(terms, change.at)
    return now if _refusal(now, change) else _applied(now, change)


def _refusal(terms: Terms, change: Change) -> str:
    """Return why a change is not permitted; empty where it is."""
    return _refused_role(terms, change) or _refused_now(terms, change)


def _refused_role(terms: Terms, change: Change) -> str:
    if isinstance(change, Override) and change.role != "admin":
        return f"needs the role admin, not {change.role}"
    if terms.minor and change.role not in GUARDIANS and _needs_guardian(terms, change):
        return f"needs a guardian or an admin at the age of {terms.age} years, not {change.role}"
    if isinstance(change, SetProfile) and change.role == "dreamer" and _loosens(terms, change):
        return f"birth date and a cool-off under {terms.cool_off_h:g} h are not for the dreamer"
    if isinstance(change, SetProfile) and change.role == "technician" and _redates(terms, change):
        return "a birth date that is known is changed by an admin or a guardian only"
    return ""


def _needs_guardian(terms: Terms, change: Change) -> bool:
    if isinstance(change, SetLimits):
        return bool(laxer_part(terms.limits, change))
    return isinstance(change, Confirm | Withdraw | SetProfile)


def _redates(terms: Terms, change: SetProfile) -> bool:
    return None not in (terms.born, change.born) and change.born != terms.born


def _loosens(terms: Terms, change: SetProfile) -> bool:
    """Whether other limits may follow, or a shorter wait."""
    shorter = change.cool_off_h is not None and change.cool_off_h < terms.cool_off_h
    return shorter or (change.born is not None and change.born != terms.born)


def _refused_now(terms: Terms, change: Change) -> str:
    match change:
        case Confirm() | Withdraw(what="raise") if not terms.pending:
            return "no laxer bound waits for its confirmation"
        case Confirm() if not due(terms):
            first = min(pending.confirm_from for pending in terms.pending.values())
            return f"the cool-off lasts for {(first - terms.at) / HOUR_S:.2f} h more"
        case Withdraw(what="override") if terms.override is None:
            return "no override is in force"
        case TimeOut():
            return _shorter(change, terms.timeout_until)
        case SelfExclude():
            return _shorter(change, terms.excluded_until)
    return ""


def _shorter(change: TimeOut | SelfExclude, until: float | None) -> str:
    if until is None or _end(change) >= until:
        return ""
    left = (until - change.at) / DAY_S
    return f"the one in force lasts for {left:.2f} days more, {change.days} days were asked"


def _end(change: TimeOut | SelfExclude) -> float:
    return change.at + change.days * DAY_S


def _applied(terms: Terms, change: Change) -> Terms:
    match change:
        case SetLimits():
            return with_asked(terms, change)
        case Confirm():
            return with_confirmed(terms)
        case TimeOut():
            return replace(terms, timeout_until=_end(change))
        case SelfExclude():
            return replace(terms, excluded_until=_end(change))
        case Override():
            return replace(terms, override=change)
        case Withdraw(what="raise"):
            return replace(terms, pending={})
        case Withdraw():
            return replace(terms, override=None)
    return _profile_set(terms, change)


def _profile_set(terms: Terms, change: SetProfile) -> Terms:
    asked = {name: getattr(change, name) for name in ("zone", "born", "guardian", "cool_off_h")}
    return replace(terms, **{name: value for name, value in asked.items() if value is not None})
