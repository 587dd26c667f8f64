"""What a session is told at its start."""

from dataclasses import dataclass

from monitor.domain.inputs import Profile
from monitor.domain.montage import Montage

MIN_SFREQ = 80.0
"""Lowest usable sampling rate in Hz: the pass band needs room below half of it."""

MAX_SFREQ = 2048.0
"""Highest accepted sampling rate in Hz: bounds what is held, and saved, of an epoch."""


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """What a session is told at its start.

    Parameters
    ----------
    dreamer : str
        Whom it watches.
    session : str
        Id of this session.
    start : float
        Time of sample 0 in seconds of Unix time.
    sfreq : float
        Sampling rate in Hz.
    montage : Montage
        The rows of every chunk.
    planned_s : float or None
        Planned length in seconds; None where there is no plan.
    profile : {"adult", "child"}
        Whose wake protocol applies.
    live : bool
        Whether to tell the stage every 5 s as well; scoring a file at once needs it not.
    watched : bool
        Whether somebody lies there for whom an alarm may be raised; staging a file needs it not.
    """

    dreamer: str
    session: str
    start: float
    sfreq: float
    montage: Montage
    planned_s: float | None = None
    profile: Profile = "adult"
    live: bool = True
    watched: bool = True
