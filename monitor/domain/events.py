"""Messages that come out of the core. Each but `LiveStage` becomes an entry of the durable log.

`at` is in seconds of Unix time: the session's start plus sample index / sfreq. The class attribute
``type`` is the entry's type; the other fields are its data.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias

from monitor.domain.epoch import ScoredEpoch
from monitor.domain.quality import ChannelQuality
from monitor.domain.stage import Stage
from monitor.domain.usage import Breach


class Coverage(StrEnum):
    """How far a dreamer is watched over; only ``MONITORED`` may look calm."""

    MONITORED = "MONITORED"
    DEGRADED = "DEGRADED"
    NOT_MONITORED = "NOT_MONITORED"


class Priority(StrEnum):
    """Priority of an alarm (IEC 60601-1-8 names)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for low to 2 for high."""
        return list(Priority).index(self)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a transition was made: a code, and the value and limit that decided it.

    Parameters
    ----------
    code : str
        Short and stable, such as ``"held"`` or ``"acknowledged"``.
    text : str
        One sentence for a person.
    value, limit : float or None
        What was compared.
    unit : str
        Unit of both.
    actor : str or None
        Who did it, when a person did.
    """

    code: str
    text: str
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """A session started, was resumed after a restart, or ended."""

    type: ClassVar[str] = "session"
    at: float
    session: str
    status: str
    sfreq: float
    ch_names: tuple[str, ...]
    planned_s: float | None
    profile: str
    sample: int


@dataclass(frozen=True, slots=True)
class EpochScored:
    """One 30-s epoch was scored."""

    type: ClassVar[str] = "epoch"
    at: float
    epoch: ScoredEpoch


@dataclass(frozen=True, slots=True)
class LiveStage:
    """The stage now, every 5 s; told and forgotten, for the log has the scored epochs.

    Parameters
    ----------
    stage : Stage
        The published stage, which does not flicker; ``UNSCORED`` as soon as nothing is known.
    since : float or None
        When it was first published, in Unix seconds.
    proba : dict of str to float
        Of the last 30 s, as the model gave it; empty when unscored.
    quality : float
        Of the best EEG channel over the last 30 s, 0 to 1.
    channels : tuple of ChannelQuality
        Of every channel, in the order of the montage; empty while no signal comes.
    """

    type: ClassVar[str] = "stage"
    at: float
    stage: Stage
    since: float | None
    proba: dict[str, float] = field(default_factory=dict)
    quality: float = 0.0
    channels: tuple[ChannelQuality, ...] = ()


@dataclass(frozen=True, slots=True)
class CoverageChanged:
    """The dreamer is now watched more, or less, than before."""

    type: ClassVar[str] = "coverage"
    at: float
    coverage: Coverage
    reason: Reason


@dataclass(frozen=True, slots=True)
class SamplesLost:
    """Samples were lost for good."""

    type: ClassVar[str] = "gap"
    at: float
    first_sample: int
    n_samples: int
    cause: str


@dataclass(frozen=True, slots=True)
class AlarmChanged:
    """An alarm made a transition; the whole alarm as it now stands.

    `reason` says why it made this one, `finding` what the alarm is about.
    """

    type: ClassVar[str] = "alarm"
    at: float
    alarm_id: str
    kind: str
    source: str
    priority: Priority
    state: str
    previous_state: str
    reason: Reason
    version: int
    present: bool
    raised_at: float | None
    acked_by: str | None
    acked_at: float | None
    latched: bool
    shelved_until: float | None
    inhibited_by: str | None
    escalation_level: int
    disposition: str | None
    recurrence: int
    audio_paused_until: float | None = None
    finding: str = ""


RESPONSE = "RESPONSE"
"""Name of the `WakeStep` that tells what followed a cue: no step, the protocol stands as before."""


@dataclass(frozen=True, slots=True)
class WakeStep:
    """The wake protocol made a step, or a cue's `RESPONSE` was graded."""

    type: ClassVar[str] = "wake"
    at: float
    step: str
    round: int
    rounds: int
    level_dba: int | None
    until: float | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class UsageCounted:
    """The account of the running session, and of dream use with the sessions before it.

    Parameters
    ----------
    session : str
    recorded_min, sleep_min, rem_min, unscored_min, overrun_min : float
        Of this session alone; `sleep_min` is what was scored as sleep.
    sleep_24h_min, rem_24h_min : float
        Over the last 24 h; time that could not be scored counts as sleep, for it is use.
    sessions_24h : int
        Begun in the last 24 h.
    level : int
        Of overuse, 0 to 3.
    breaches : tuple of Breach
        Limits that are broken now.
    checks : dict of str to int
        Of the budgets of a day, the highest of 50, 80 and 100 % that is used up, or 0.
    budgets : dict of str to float
        Their soft limits in minutes.
    """

    type: ClassVar[str] = "usage"
    at: float
    session: str
    recorded_min: float
    sleep_min: float
    rem_min: float
    unscored_min: float
    overrun_min: float
    sleep_24h_min: float = 0.0
    rem_24h_min: float = 0.0
    sessions_24h: int = 0
    level: int = 0
    breaches: tuple[Breach, ...] = ()
    checks: dict[str, int] = field(default_factory=dict)
    budgets: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommandDone:
    """A command was carried out."""

    type: ClassVar[str] = "command"
    at: float
    command_id: str
    command: str
    actor: str
    detail: dict[str, Any] = field(default_factory=dict)


Event: TypeAlias = (
    SessionChanged
    | EpochScored
    | LiveStage
    | CoverageChanged
    | SamplesLost
    | AlarmChanged
    | WakeStep
    | UsageCounted
    | CommandDone
)
