"""The limits: what each one means, what may be set, and what holds by default."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Literal

from monitor.domain.errors import InputError
from monitor.usage.norms import OF_AGE, norms_of
from monitor.usage.trend import H


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where notice begins, and where no new session may start; None where there is none."""

    soft: float | None = None
    hard: float | None = None


@dataclass(frozen=True, slots=True)
class LimitSpec:
    """What one limit means.

    Parameters
    ----------
    text : str
        For a person.
    unit : str
        Of its bounds.
    default : Bounds
        For an adult; a bound that is None here cannot be set.
    allowed : (float, float)
        Range of the bounds.
    least : bool
        Whether the figure shall not fall below the bounds, instead of not rising above them.
    settable : bool
        Whether a person may set it; else its bound is a mark that is met by reaching it.
    occasion : {"each", "spell"}
        What counts towards the level: every day on which the limit is broken, or only the begin of
        a spell of days, for figures that change slowly.
    """

    text: str
    unit: str
    default: Bounds
    allowed: tuple[float, float]
    least: bool = False
    settable: bool = True
    occasion: Literal["each", "spell"] = "each"

    def beyond(self, value: float, bound: float) -> bool:
        """Whether a figure is beyond a bound; what equals it is allowed, but for a fixed mark."""
        return self.is_laxer(value, bound) or (not self.settable and value == bound)

    def is_laxer(self, one: float, other: float) -> bool:
        """Whether one bound permits more than another."""
        return one < other if self.least else one > other


def _slow(
    text: str, unit: str, soft: float, low: float, high: float, *, least: bool = False
) -> LimitSpec:
    return LimitSpec(text, unit, Bounds(soft), (low, high), least, low < high, "spell")


LIMITS: Mapping[str, LimitSpec] = {
    # Upper recommendation and one hour more; hard: own choice.
    "sleep_24h_min": LimitSpec("sleep in 24 hours", "min", Bounds(600, 720), (480, 840)),
    # Hypersomnia: 11 h or more of sleep a day (International Classification of Sleep Disorders).
    "sleep_7d_mean_min": _slow("sleep a day over 7 days", "min/day", 660, 600, 720),
    # 95th percentile 136 and maximum 153.5 min of 25 healthy nights; hard: own choice.
    "rem_24h_min": LimitSpec("REM in 24 hours", "min", Bounds(140, 180), (90, 240)),
    # 95th percentile of adults.
    "rem_share": LimitSpec("REM share of sleep", "%", Bounds(31), (25, 40)),
    # Own choice.
    "sessions_24h": LimitSpec("sessions in 24 hours", "", Bounds(2, 3), (1, 4)),
    # Upper recommendation of adults, 9 h.
    "planned_min": LimitSpec("planned length", "min", Bounds(hard=540), (60, 660)),
    # Own choice.
    "grace_min": LimitSpec("time past the planned end", "min", Bounds(15), (0, 60)),
    # Hard: three times the slow time constant of sleep inertia; soft: own choice.
    "wake_between_min": LimitSpec(
        "time awake between sessions", "min", Bounds(240, 90), (60, 960), least=True
    ),
    # Seven times the upper recommendation.
    "hours_7d": _slow("session time in 7 days", "h", 63, 20, 84),
    # Own choice.
    "dream_free_days": _slow("days without dreams of the last 14", "d", 1, 0, 7, least=True),
    # Just under the 25th percentile of the population, 73.8.
    "regularity": _slow("sleep regularity index", "", 70, 50, 90, least=True),
    "jet_lag_min": _slow("social jet lag", "min", 120, 60, 180),
    # Studies of REM deprivation.
    "rem_rebound": _slow("REM share above its baseline after loss", "points", 7, 7, 7),
    # In control 931 days, 1 σ found in 10.4 days (`monitor.usage.trend`).
    "trend_rem": _slow("growth of REM", "σ", H, 4, 6),
    "trend_sleep": _slow("growth of sleep", "σ", H, 4, 6),
    "trend_sessions": _slow("growth of sessions", "σ", H, 4, 6),
    # Three of five: own choice.
    "hard_to_wake": _slow("of the last 5 sessions, hard to wake from", "", 3, 3, 3),
}
"""Every limit by its name, which is its figure's but for `grace_min` and `planned_min`."""


class Limits(Mapping[str, Bounds]):
    """The bounds of every limit, unchangeable; a soft one is never laxer than the hard one.

    Parameters
    ----------
    bounds : mapping of str to Bounds
        Those that differ from an adult's; a bound that is None does not.

    Raises
    ------
    InputError
        If there is no such limit, it cannot be set, or a bound is beyond its range.
    """

    def __init__(self, bounds: Mapping[str, Bounds] | None = None) -> None:
        wanted = dict(bounds or {})
        for name, one in wanted.items():
            _check_each(name, one)
        self._bounds = {name: _filled(LIMITS[name], wanted.get(name, Bounds())) for name in LIMITS}
        self._hash = hash(tuple(self._bounds.values()))

    def changed(self, bounds: Mapping[str, Bounds]) -> "Limits":
        """Return limits with some bounds changed."""
        return Limits({**self._bounds, **bounds})

    def __getitem__(self, name: str) -> Bounds:
        return self._bounds[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._bounds)

    def __len__(self) -> int:
        return len(self._bounds)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Limits) and self._bounds == other._bounds


def _filled(spec: LimitSpec, wanted: Bounds) -> Bounds:
    soft = spec.default.soft if wanted.soft is None else wanted.soft
    hard = spec.default.hard if wanted.hard is None else wanted.hard
    laxer = soft is not None and hard is not None and spec.is_laxer(soft, hard)
    return Bounds(hard if laxer else soft, hard)


def check_bounds(name: str, bounds: Bounds) -> None:
    """Check that these bounds may be asked for; one that is None is not asked for.

    Raises
    ------
    InputError
        Names the limit, the bound, what is allowed and the unit.
    """
    _check_each(name, bounds)
    spec, soft, hard = LIMITS[name], bounds.soft, bounds.hard
    if soft is not None and hard is not None and spec.is_laxer(soft, hard):
        order = "at least" if spec.least else "at most"
        raise InputError(f"{name} soft: {order} the hard bound {hard:g} {spec.unit}, got {soft:g}")


def _check_each(name: str, bounds: Bounds) -> None:
    spec = LIMITS.get(name)
    if spec is None:
        raise InputError(f"limits: {', '.join(LIMITS)} are known, got {name!r}")
    if not spec.settable and bounds not in (Bounds(), spec.default):
        raise InputError(f"{name}: cannot be set")
    _check_one(spec, f"{name} soft", bounds.soft, spec.default.soft)
    _check_one(spec, f"{name} hard", bounds.hard, spec.default.hard)


def _check_one(spec: LimitSpec, name: str, bound: object, default: float | None) -> None:
    if bound is None:
        return
    if default is None:
        raise InputError(f"{name}: there is no such bound, got {bound!r}")
    low, high = spec.allowed
    number = bound if isinstance(bound, int | float) and not isinstance(bound, bool) else inf
    if not low <= number <= high:
        raise InputError(f"{name}: {low:g} to {high:g} {spec.unit} are allowed, got {bound!r}")


def default_limits(age: float | None = None) -> Limits:
    """Return the limits of an age in years; of an adult where it is unknown.

    Sleep in 24 hours: the upper recommendation of the age and one hour more, hard two hours after
    that; hours in 7 days: seven times the upper recommendation. A minor's session is planned for
    no longer than that recommendation.
    """
    upper = norms_of(age).sleep_min[1]
    planned = upper if age is not None and age < OF_AGE else LIMITS["planned_min"].default.hard
    return Limits(
        {
            "sleep_24h_min": Bounds(upper + 60, upper + 180),
            "hours_7d": Bounds(7 * upper / 60),
            "planned_min": Bounds(hard=planned),
        }
    )
