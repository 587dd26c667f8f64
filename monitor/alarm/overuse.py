"""Since when each limit of dream use has been broken, or kept again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from monitor.domain.usage import Breach, Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """How one limit stands.

    Parameters
    ----------
    breach : Breach
        The last one; within its bounds it stays as it was.
    severity : {"soft", "hard"} or None
        None: within its bounds again.
    since : float
        Since when the severity is what it is, in Unix s.
    """

    breach: Breach
    severity: Severity | None
    since: float

    @classmethod
    def restored(cls, saved: Mapping[str, Any]) -> "Finding":
        """Make one from its fields as JSON values."""
        return cls(Breach(**saved["breach"]), saved["severity"], float(saved["since"]))


def found(
    before: Mapping[str, Finding], breaches: Sequence[Breach], at: float
) -> dict[str, Finding]:
    """Return how the limits stand after an evaluation at `at`; a limit never broken is none."""
    now = {breach.limit: breach for breach in breaches}
    over = {
        limit: replace(finding, severity=None, since=at if finding.severity else finding.since)
        for limit, finding in before.items()
        if limit not in now
    }
    return over | {limit: _then(before.get(limit), breach, at) for limit, breach in now.items()}


def _then(before: Finding | None, breach: Breach, at: float) -> Finding:
    same = before is not None and before.severity == breach.severity
    return Finding(breach, breach.severity, before.since if before and same else at)
