"""What the account of dream time finds beyond its bounds."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["soft", "hard"]


@dataclass(frozen=True, slots=True)
class Breach:
    """One figure beyond one bound.

    Parameters
    ----------
    limit : str
        Name of the limit, as ``sleep_24h_min``.
    severity : {"soft", "hard"}
        Soft: notice and log. Hard: no new session, and the running one goes to a planned wake.
    value, bound : float
        What was measured, and what is allowed.
    unit : str
        Of both.
    text : str
        The limit in words.
    """

    limit: str
    severity: Severity
    value: float
    bound: float
    unit: str = ""
    text: str = field(default="", compare=False)
