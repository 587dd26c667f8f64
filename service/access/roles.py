"""Roles, and the one table that says what each of them may do; everything else asks it.

A route says what it is by ``Needs(Action.…)``, which gives it the `Person`::

    @router.put("/dreamers/{dreamer}/limits")
    async def set_limits(person: MaySetLimits, dreamer: KnownDreamer, …): …

Whoever is tied to one dreamer is refused as soon as the path names another; what a route lists
itself it chooses by `Person.sees`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import HTTPConnection

from service.errors import NotPermitted, NotSignedIn


class Role(StrEnum):
    """What somebody is here; dreamers and guardians are tied to one dreamer."""

    VIEWER = "viewer"
    TECHNICIAN = "technician"
    ADMIN = "admin"
    DREAMER = "dreamer"
    GUARDIAN = "guardian"


class Action(StrEnum):
    """What can be done."""

    SEE = "see"
    """How dreamers are: stages, alarms, log, hypnograms, reports, the account."""
    SEE_RAW = "see_raw"
    """The signal itself: live traces, recordings, reports with raw data."""
    SEE_SERVICE = "see_service"
    """The service as a whole: its policy and its figures."""
    RESPOND = "respond"
    """Say that the dreamer is awake."""
    CALL = "call"
    """Say that the dreamer does not respond, which raises the alarm."""
    WAKE = "wake"
    """Start the wake protocol."""
    ATTEND = "attend"
    """Take alarms on, silence, shelve and resolve them; count as somebody who attends."""
    RUN = "run"
    """Begin and end sessions."""
    SET_LIMITS = "set_limits"
    """Ask for limits, time-outs and self-exclusion, and confirm them; the account's rules decide
    what of it holds, and when."""
    SET_PROFILE = "set_profile"
    """Say how old a dreamer is, in which time zone, with which guardian."""
    OVERRIDE = "override"
    """Lift hard limits for a while."""


_V, _T, _A, _D, _G = Role
STAFF = frozenset({_T, _A})
"""Who looks after everybody."""

MAY: dict[Action, frozenset[Role]] = {
    Action.SEE: frozenset(Role),
    Action.SEE_RAW: STAFF,
    Action.SEE_SERVICE: STAFF | {_V},
    Action.RESPOND: STAFF | {_D, _G},
    Action.CALL: STAFF | {_G},
    Action.WAKE: STAFF,
    Action.ATTEND: STAFF,
    Action.RUN: STAFF | {_D, _G},
    Action.SET_LIMITS: STAFF | {_D, _G},
    Action.SET_PROFILE: STAFF | {_G},
    Action.OVERRIDE: frozenset({_A}),
}
"""The table."""

SCOPED = frozenset({_D, _G})
"""Roles that are tied to one dreamer."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks.

    Parameters
    ----------
    name : str
        As the log names them.
    role : Role
        What they are.
    dreamer : str or None
        Whom alone they may see; None: everybody.
    anonymous : bool
        Nobody has signed in, and nobody has to on this machine.
    chooses : bool
        They may sign with a name of their choice: there is no token whose name it could be.
    """

    name: str
    role: Role
    dreamer: str | None = None
    anonymous: bool = False
    chooses: bool = False

    def may(self, action: Action) -> bool:
        """Whether the table lets them."""
        return self.role in MAY[action]

    def sees(self, dreamer: str) -> bool:
        """Whether they may know anything of a dreamer."""
        return self.dreamer is None or self.dreamer == dreamer

    def signs(self, claimed: str) -> str:
        """Return by which name a command of theirs is logged."""
        return claimed if self.chooses else self.name


ANONYMOUS = Person("anonymous", Role.TECHNICIAN, anonymous=True)
"""Whoever uses a service on their own machine without a token."""


def person_of(connection: HTTPConnection) -> Person | None:
    """Return who asks, as `service.access.identity` has found out; None: nobody has signed in."""
    badge = getattr(connection.state, "badge", None)
    return badge and badge.person


def check(person: Person | None, action: Action, dreamer: str | None = None) -> Person:
    """Return a person who may do something, with a dreamer if one is given.

    Raises
    ------
    NotSignedIn
        When nobody has signed in.
    NotPermitted
        When their role may not, or not with this dreamer.
    """
    if person is None:
        raise NotSignedIn("sign in at /login, or send a token: Authorization: Bearer …")
    if not person.may(action):
        raise NotPermitted(f"{person.name} is {person.role} here and may not {action}")
    if dreamer is not None and not person.sees(dreamer):
        raise NotPermitted(f"{person.name} may see {person.dreamer} only")
    return person


@dataclass(frozen=True, slots=True)
class Needs:
    """Dependency of a route: gives the person, who may do `action` with whom the path names."""

    action: Action

    async def __call__(self, connection: HTTPConnection) -> Person:
        """Return the person; raises as `check` does."""
        return check(person_of(connection), self.action, _named(connection.path_params))


def _named(path: dict[str, Any]) -> str | None:
    """Return whom a path is about; an alarm's id begins with its dreamer's."""
    if "alarm_id" in path:
        return str(path["alarm_id"]).partition(":")[0]
    return path.get("dreamer")


MaySee = Annotated[Person, Depends(Needs(Action.SEE))]
MaySeeService = Annotated[Person, Depends(Needs(Action.SEE_SERVICE))]
MayRespond = Annotated[Person, Depends(Needs(Action.RESPOND))]
MayCall = Annotated[Person, Depends(Needs(Action.CALL))]
MayWake = Annotated[Person, Depends(Needs(Action.WAKE))]
MayAttend = Annotated[Person, Depends(Needs(Action.ATTEND))]
MayRun = Annotated[Person, Depends(Needs(Action.RUN))]
MaySetLimits = Annotated[Person, Depends(Needs(Action.SET_LIMITS))]
MaySetProfile = Annotated[Person, Depends(Needs(Action.SET_PROFILE))]
MayOverride = Annotated[Person, Depends(Needs(Action.OVERRIDE))]
