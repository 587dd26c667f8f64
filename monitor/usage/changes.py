"""What may be asked of a dreamer's limits: one frozen message each, and its JSON."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from datetime import UTC, date, datetime
from typing import Any, ClassVar, Literal, TypeAlias, get_args

from monitor.domain.errors import InputError
from monitor.usage.days import find_zone
from monitor.usage.fields import number, one_of, text, within
from monitor.usage.rules import LIMITS, Bounds, check_bounds

Role: TypeAlias = Literal["dreamer", "guardian", "technician", "admin"]
Withdrawable: TypeAlias = Literal["raise", "override"]

TIME_OUT_DAYS = (1, 7, 30)
EXCLUSION_DAYS = (183, 3_650)
"""Six months at least (responsible-gaming rules); ten years at most [D]."""
OVERRIDE_H = 24.0
COOL_OFF_H = (24.0, 168.0)
LONGEST_NAME = 128
LONGEST_REASON = 2_000
LATEST = 253_402_300_799.0
"""The end of the year 9999, seconds of Unix time."""
EARLIEST_BIRTH = date(1900, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What every change carries.

    Parameters
    ----------
    at : float
        When it was asked, seconds of Unix time.
    actor : str
        Who asked.
    role : {"dreamer", "guardian", "technician", "admin"}
        As what.
    """

    kind: ClassVar[str]
    at: float
    actor: str
    role: Role

    def __post_init__(self) -> None:
        within("at", self.at, 0.0, LATEST, "s of Unix time")
        text("actor", self.actor, LONGEST_NAME)
        one_of("role", self.role, get_args(Role))


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLimits(_Asked):
    """Ask for other bounds; a bound that is None stays as it is.

    What is stricter holds at once, what is laxer waits for the cool-off and a `Confirm`.
    """

    kind: ClassVar[str] = "set_limits"
    bounds: dict[str, Bounds]

    def __post_init__(self) -> None:
        _Asked.__post_init__(self)
        if not self.bounds:
            raise InputError(f"bounds: at least one of {', '.join(LIMITS)} is wanted, got none")
        for name, asked in self.bounds.items():
            check_bounds(name, asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm(_Asked):
    """Say a second time that the laxer bounds are wanted whose cool-off is over."""

    kind: ClassVar[str] = "confirm"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOut(_Asked):
    """Start no session for 1, 7 or 30 days from now on."""

    kind: ClassVar[str] = "time_out"
    days: int

    def __post_init__(self) -> None:
        _Asked.__post_init__(self)
        one_of("days", self.days, TIME_OUT_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfExclude(_Asked):
    """Start no session for six months or more."""

    kind: ClassVar[str] = "self_exclude"
    days: int

    def __post_init__(self) -> None:
        _Asked.__post_init__(self)
        within("days", self.days, *EXCLUSION_DAYS, "days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Override(_Asked):
    """Lift the hard limits for some hours; `name` stands for it, with a reason."""

    kind: ClassVar[str] = "override"
    name: str
    reason: str
    hours: float

    def __post_init__(self) -> None:
        _Asked.__post_init__(self)
        text("name", self.name, LONGEST_NAME)
        text("reason", self.reason, LONGEST_REASON)
        if not 0 < number("hours", self.hours) <= OVERRIDE_H:
            raise InputError(f"hours: above 0 up to {OVERRIDE_H:g} h are allowed, got {self.hours}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw(_Asked):
    """Take back what waits for its confirmation, or end an override."""

    kind: ClassVar[str] = "withdraw"
    what: Withdrawable

    def __post_init__(self) -> None:
        _Asked.__post_init__(self)
        one_of("what", self.what, get_args(Withdrawable))


@dataclass(frozen=True, slots=True, kw_only=True)
class SetProfile(_Asked):
    """Say where and how old the dreamer is; what is None stays as it is.

    Parameters
    ----------
    zone : str or None
        IANA name of the time zone.
    born : date or None
        Date of birth.
    guardian : str or None
        Name of the minor's guardian; empty for none.
    cool_off_h : float or None
        Hours before a laxer bound may be confirmed, 24 to 168.
    """

    kind: ClassVar[str] = "set_profile"
    zone: str | None = None
    born: date | None = None
    guardian: str | None = None
    cool_off_h: float | None = None

    def __post_init__(self) -> None:
        _Asked.__post_init__(self)
        if self.zone is not None:
            text("zone", self.zone, LONGEST_NAME)
            find_zone(self.zone)
        if self.born is not None and not EARLIEST_BIRTH <= self.born <= self._today():
            raise InputError(
                f"born: {EARLIEST_BIRTH} to {self._today()} are allowed, got {self.born}"
            )
        if self.guardian:
            text("guardian", self.guardian, LONGEST_NAME)
        if self.cool_off_h is not None:
            within("cool_off_h", self.cool_off_h, *COOL_OFF_H, "h")

    def _today(self) -> date:
        return datetime.fromtimestamp(self.at, UTC).date()


Change: TypeAlias = SetLimits | Confirm | TimeOut | SelfExclude | Override | Withdraw | SetProfile

_KINDS: dict[str, type[Change]] = {kind.kind: kind for kind in get_args(Change)}


def to_json(change: Change) -> dict[str, Any]:
    """Return a change as JSON values."""
    values = {"kind": change.kind, **asdict(change)}
    born = values.get("born")
    return {**values, "born": born.isoformat()} if born else values


def from_json(obj: Mapping[str, Any]) -> Change:
    """Return the change that `to_json` wrote.

    Raises
    ------
    InputError
        If the kind or a field is unknown, missing, of another type, or beyond its range.
    """
    kind = _KINDS.get(str(obj.get("kind")))
    if kind is None:
        raise InputError(f"kind: one of {', '.join(_KINDS)} is wanted, got {obj.get('kind')!r}")
    known = {one.name: one for one in fields(kind)}
    given = {name: value for name, value in obj.items() if name != "kind"}
    needed = {name for name, one in known.items() if one.default is MISSING}
    for name in sorted(needed - given.keys()):
        raise InputError(f"{name}: is missing")
    for name in given.keys() - known.keys():
        raise InputError(f"{name}: not one of {', '.join(known)}")
    return kind(**{name: _PARSE.get(name, _as_given)(value) for name, value in given.items()})


def _bounds(value: object) -> dict[str, Bounds]:
    if not isinstance(value, Mapping):
        raise InputError(
            f"bounds: limits with their soft and hard bounds are wanted, got {value!r}"
        )
    return {str(name): _bound_pair(str(name), pair) for name, pair in value.items()}


def _bound_pair(name: str, value: object) -> Bounds:
    if not isinstance(value, Mapping) or not value.keys() <= {"soft", "hard"}:
        raise InputError(f"{name}: a soft and a hard bound are wanted, got {value!r}")
    return Bounds(value.get("soft"), value.get("hard"))


def _date(value: object) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise InputError(f"born: a date such as 1990-12-31 is wanted, got {value!r}") from error


def _as_given(value: object) -> object:
    return value


_PARSE: dict[str, Callable[[Any], Any]] = {"bounds": _bounds, "born": _date}
