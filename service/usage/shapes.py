"""The shapes of the account: what its routes return and take."""

from datetime import date
from typing import Literal

from pydantic import Field

from monitor.usage.changes import COOL_OFF_H, EXCLUSION_DAYS, OVERRIDE_H
from monitor.usage.rules import LIMITS
from service.bodies import CommandIn, Line, Lines
from service.contract import Breach, Message, Time


class Pending(Message):
    """Laxer bounds that wait for their second confirmation."""

    soft: float | None
    hard: float | None
    confirm_from: Time
    confirm_until: Time


class Limit(Message):
    """A limit as it holds now; `least`: the figure shall not fall below it."""

    text: str
    unit: str
    least: bool
    soft: float | None
    hard: float | None
    pending: Pending | None


class Refusal(Message):
    """Why no session may start, and when that is over if nothing is slept until then."""

    code: str
    text: str
    limit: str
    value: float | None
    bound: float | None
    until: Time | None


class Admission(Message):
    """Whether a new session may start."""

    allowed: bool
    reasons: list[Refusal]
    until: Time | None


class Override(Message):
    """Hard limits are lifted for a while."""

    name: str
    reason: str
    until: Time


class Day(Message):
    """One day of the dreamer, from noon to noon."""

    date: date
    sleep_min: float
    rem_min: float
    unscored_min: float
    session_min: float
    sessions: int


class Account(Message):
    """A dreamer's use of dreams at one moment; what is not known is null.

    Windows slide. Time that could not be scored counts as sleep, for it is use; ``unscored_*``
    tells that part apart. `level` is that of overuse: 1 for one soft limit broken, 2 for two in 7
    days, 3 for a hard one or four in 14 days.
    """

    dreamer: str
    at: Time
    zone: str
    age_group: str
    level: int = Field(ge=0, le=3)
    breaches: list[Breach]
    checks: dict[str, int]
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
    dream_free_days: float | None
    regularity: float | None
    jet_lag_min: float | None
    rem_rebound: float | None
    trend_rem: float | None
    trend_sleep: float | None
    trend_sessions: float | None
    hard_to_wake: int
    limits: dict[str, Limit]
    admission: Admission
    override: Override | None
    timeout_until: Time | None
    excluded_until: Time | None
    days: list[Day]


class BoundsIn(Message):
    """Where notice begins and where no session starts; what is left out stays as it is."""

    soft: float | None = Field(None, ge=0, le=1_000, allow_inf_nan=False)
    hard: float | None = Field(None, ge=0, le=1_000, allow_inf_nan=False)


class LimitsIn(CommandIn):
    """Other limits, by their names."""

    bounds: dict[str, BoundsIn] = Field(min_length=1, max_length=len(LIMITS))


class TimeOutIn(CommandIn):
    """No session for some days."""

    days: Literal[1, 7, 30]


class ExclusionIn(CommandIn):
    """No session for six months or more."""

    days: int = Field(ge=EXCLUSION_DAYS[0], le=EXCLUSION_DAYS[1])


class WithdrawIn(CommandIn):
    """What is taken back."""

    what: Literal["raise", "override"]


class OverrideIn(CommandIn):
    """Lift the hard limits for some hours, with a reason."""

    reason: Lines = Field(min_length=1, max_length=2_000)
    hours: float = Field(gt=0, le=OVERRIDE_H, allow_inf_nan=False)


class ProfileIn(CommandIn):
    """Who the dreamer is; what is left out stays as it is."""

    zone: str | None = Field(None, max_length=64)
    born: date | None = None
    guardian: Line | None = Field(None, max_length=128)
    cool_off_h: float | None = Field(None, ge=COOL_OFF_H[0], le=COOL_OFF_H[1], allow_inf_nan=False)


class Begun(Message):
    """The session that has begun."""

    dreamer: str
    session: str


class SessionIn(CommandIn):
    """A session that is to begin."""

    planned_minutes: float | None = Field(None, ge=1, le=1_440, allow_inf_nan=False)
