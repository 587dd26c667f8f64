"""Detectors of dream use beyond its limits; see `monitor.alarm.conditions`."""

from collections.abc import Iterator

from monitor.alarm.conditions import Condition, Known
from monitor.alarm.rules import AlarmKind
from monitor.domain.usage import Severity


def overuse_soft(known: Known) -> Iterator[Condition]:
    """See use beyond a soft limit, one alarm a limit; beyond the hard one it is the other kind."""
    yield from _overuse(known, AlarmKind.OVERUSE_SOFT, "soft")


def overuse_hard(known: Known) -> Iterator[Condition]:
    """See use beyond a hard limit, one alarm a limit."""
    yield from _overuse(known, AlarmKind.OVERUSE_HARD, "hard")


def _overuse(known: Known, kind: AlarmKind, severity: Severity) -> Iterator[Condition]:
    for limit, finding in known.overuse.items():
        breach = finding.breach
        yield Condition(
            kind,
            limit,
            finding.severity == severity,
            finding.since,
            f"{breach.text or limit}: {severity} limit broken",
            breach.value,
            breach.bound,
            breach.unit,
        )
