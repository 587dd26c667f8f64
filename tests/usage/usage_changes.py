"""Changes of limits for the tests of the book."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, cast

import hypothesis.strategies as st

from monitor.usage.changes import (
    Change,
    Confirm,
    Override,
    Role,
    SelfExclude,
    SetLimits,
    SetProfile,
    TimeOut,
    Withdraw,
)
from monitor.usage.rules import LIMITS, Bounds, Limits

AT = datetime(2026, 6, 1, 12, tzinfo=UTC).timestamp()
HOUR = 3_600.0
DAY = 24 * HOUR
ROLES: tuple[Role, ...] = ("dreamer", "guardian", "technician", "admin")
SIDES = ("soft", "hard")


def ask(kind: type[Change], hours: float = 0.0, role: Role = "dreamer", /, **more: Any) -> Change:
    """A change some hours after `AT`."""
    return cast(Change, kind(at=AT + hours * HOUR, actor=role, role=role, **more))


def limit(name: str, soft: float | None = None, hard: float | None = None) -> dict[str, Any]:
    """The field of `SetLimits` for one limit."""
    return {"bounds": {name: Bounds(soft, hard)}}


def laxer(then: Limits, now: Limits) -> list[str]:
    """Names of the bounds which are laxer `then` than `now`."""
    found = []
    for name, spec in LIMITS.items():
        for side in SIDES:
            before, after = getattr(now[name], side), getattr(then[name], side)
            if before is not None and spec.is_laxer(after, before):
                found.append(f"{name} {side}")
    return found


@st.composite
def asked_bounds(draw: st.DrawFn) -> dict[str, Bounds]:
    """Bounds of a few limits within their ranges."""
    names = [name for name, spec in LIMITS.items() if spec.settable]
    bounds = {}
    for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)):
        spec = LIMITS[name]
        values = st.none() | st.integers(*(int(end) for end in spec.allowed)).map(float)
        soft, hard = (
            draw(values) if getattr(spec.default, side) is not None else None for side in SIDES
        )
        if soft is not None and hard is not None and spec.is_laxer(soft, hard):
            soft, hard = hard, soft
        bounds[name] = Bounds(soft, hard)
    return bounds


_FIELDS: dict[type[Change], dict[str, st.SearchStrategy[Any]]] = {
    SetLimits: {"bounds": asked_bounds()},
    Confirm: {},
    TimeOut: {"days": st.sampled_from([1, 7, 30])},
    SelfExclude: {"days": st.sampled_from([183, 200, 400])},
    Override: {
        "name": st.just("Dr. Weber"),
        "reason": st.sampled_from(["work-up", "a second night"]),
        "hours": st.integers(1, 24),
    },
    Withdraw: {"what": st.sampled_from(["raise", "override"])},
    SetProfile: {
        "zone": st.sampled_from([None, "Europe/Berlin", "Asia/Tokyo"]),
        "born": st.none() | st.dates(date(1930, 1, 1), date(2020, 1, 1)),
        "guardian": st.sampled_from([None, "", "Eva"]),
        "cool_off_h": st.none() | st.integers(24, 168),
    },
}


@st.composite
def changes(draw: st.DrawFn, roles: Sequence[Role] = ROLES, within_h: int = 30 * 24) -> Change:
    """Any change in the time after `AT`."""
    kind = draw(st.sampled_from([SetLimits, Confirm, *_FIELDS]))
    more = {name: draw(values) for name, values in _FIELDS[kind].items()}
    return ask(kind, draw(st.integers(0, within_h - 1)), draw(st.sampled_from(roles)), **more)
