"""A cue of the wake protocol, and the grade of what it brought about."""

from dataclasses import dataclass
from enum import StrEnum

from monitor.domain.stage import Stage


class Grade(StrEnum):
    """How a dreamer responded to a cue, from nothing up to behaviour; only R4 clears anything."""

    NONE = "none"
    UNKNOWN = "unknown"
    """No response seen, but the signal does not allow to say that there was none."""
    R1 = "r1"
    """An evoked complex."""
    R2 = "r2"
    """An arousal."""
    R3 = "r3"
    """An awakening, or a gross movement."""
    R4 = "r4"
    """Behaviour: button, voice, or a technician's word."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue whose round is over.

    Parameters
    ----------
    at : float
        When it began to sound, in Unix s: the stimulus, whose first tone comes with the step.
    number : int
        Round, from 1; the earlier ones began one round's length apart.
    sounds_s, round_s : float
        How long it sounds, and from one cue to the next, in s.
    """

    at: float
    number: int
    sounds_s: float
    round_s: float


@dataclass(frozen=True, slots=True)
class Response:
    """What followed a cue.

    Parameters
    ----------
    grade : Grade
    stage : Stage
        Of the last epoch that was over when the cue came.
    text : str
        The finding in a few words.
    value, limit : float or None
        What was measured against what.
    unit : str
        Unit of both.
    """

    grade: Grade
    stage: Stage
    text: str
    value: float | None = None
    limit: float | None = None
    unit: str = ""
