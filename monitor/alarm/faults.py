"""Since when each part of the program around the session has had trouble, or none."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.domain.inputs import Health

ATTENDANCE = "attendance"
"""The part that tells whether anybody is there who may acknowledge: no fault of the program's."""

GRAVE_PARTS = frozenset({"log"})
"""Parts whose fault is of high priority: what cannot be committed is told to nobody (table)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """How one part is.

    Parameters
    ----------
    trouble : str
        Why it does not do its work; empty when it does.
    since : float
        Since when it has, or has not, been in trouble, in Unix s.
    """

    trouble: str
    since: float


def heard(faults: Mapping[str, Fault], health: Health, at: float) -> dict[str, Fault]:
    """Return the faults after a part has said how it is; a part never in trouble is none."""
    before = faults.get(health.part, Fault("", at))
    if not (before.trouble or health.trouble):
        return dict(faults)
    since = before.since if bool(before.trouble) == bool(health.trouble) else at
    return {**faults, health.part: Fault(health.trouble, since)}
