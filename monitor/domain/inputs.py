"""Messages that go into the core: signal, its absence, time, and what people do.

Every message is frozen. Times are sample indices: the sample index is the clock.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from monitor.domain.errors import InputError

MAX_COMMAND_ID = 128
MAX_NOTE = 2_000
MAX_GAP_S = 7 * 24 * 3600
"""Longest loss bridged within one session, in seconds; after a week it is another session."""


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Some samples as they came.

    Parameters
    ----------
    data : ndarray, shape (n_channels, n_samples)
        Signal in µV. Samples that are not finite count as missing.
    first_sample : int
        Index of the first sample since the session's start.
    """

    data: NDArray[np.float64]
    first_sample: int

    @property
    def n_samples(self) -> int:
        """Number of samples; may be 0."""
        return int(self.data.shape[-1])


@dataclass(frozen=True, slots=True)
class Gap:
    """Samples that were lost and will never come.

    Parameters
    ----------
    first_sample : int
        Index of the first lost sample.
    n_samples : int
        How many are lost, at least 1.
    cause : str
        Why, in a few words ("signal lost", "service stopped").
    """

    first_sample: int
    n_samples: int
    cause: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has reached `sample` although nothing may have come: absence is an input."""

    sample: int


@dataclass(frozen=True, slots=True)
class End:
    """The source has ended; what is under way in the alarm engine goes on."""

    sample: int


@dataclass(frozen=True, slots=True)
class Health:
    """How a part of the program around the session is: told, so that a night replays exactly.

    Parameters
    ----------
    part : str
        Which part ("recording").
    trouble : str
        Why it does not do its work; empty when it does.
    """

    part: str
    trouble: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Recall:
    """What is known of the dreamer beside this session; told so that a night replays exactly.

    Parameters
    ----------
    past : Any
        A `monitor.usage.ledger.Past`, which this module cannot know.
    """

    past: Any


class Responder(StrEnum):
    """How, or through whom, a dreamer answered."""

    BUTTON = "button"
    VOICE = "voice"
    TECHNICIAN = "technician"


class Disposition(StrEnum):
    """What a person found when they attended an alarm."""

    WOKEN_VERIFIED = "woken_verified"
    MEDICAL_HELP_CALLED = "medical_help_called"
    FALSE_ALARM = "false_alarm"
    EQUIPMENT = "equipment"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Command:
    """What every command carries.

    Parameters
    ----------
    command_id : str
        Chosen by the sender; the same id is carried out once.
    actor : str
        Who did it.
    """

    command_id: str
    actor: str = "technician"

    def __post_init__(self) -> None:
        if not 1 <= len(self.command_id) <= MAX_COMMAND_ID:
            raise InputError(
                f"command_id has 1 to {MAX_COMMAND_ID} characters, not {len(self.command_id)}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake(_Command):
    """Start the wake protocol now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Respond(_Command):
    """The dreamer showed a behavioural response."""

    by: Responder


@dataclass(frozen=True, slots=True, kw_only=True)
class Unresponsive(_Command):
    """A person says that the dreamer does not respond, whatever has been tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin(_Command):
    """Who began the session: told when it has begun, for the log; changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish(_Command):
    """The session is over: the dreamer is up, or takes the headset off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge(_Command):
    """A person takes an alarm on."""

    alarm_id: str
    expected_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseAudio(_Command):
    """Silence an alarm's sound for a moment; it stays as it is, and so does who is told of it."""

    alarm_id: str
    expected_version: int
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Deescalate(_Command):
    """Take an alarm back by one escalation level: those told last are not needed."""

    alarm_id: str
    expected_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelve(_Command):
    """Put an alarm aside for a while, with a reason."""

    alarm_id: str
    expected_version: int
    reason: str
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve(_Command):
    """Close an alarm after attending to it."""

    alarm_id: str
    expected_version: int
    disposition: Disposition
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SetPolicy(_Command):
    """Follow other rules from now on; the same ones again change nothing and are not told.

    Parameters
    ----------
    policy : Any
        A `monitor.alarm.rules.Policy`, which this module cannot know.
    digest : str
        Tells one policy from another.
    differs : dict
        Where it differs from the default, as JSON values, for the log.
    """

    policy: Any
    digest: str
    differs: dict[str, Any] = field(default_factory=dict)


Command: TypeAlias = (
    Wake
    | Respond
    | Unresponsive
    | Finish
    | Acknowledge
    | PauseAudio
    | Deescalate
    | Shelve
    | Resolve
    | SetPolicy
)
Input: TypeAlias = Chunk | Gap | Tick | End | Health | Recall | Begin | Command
Profile: TypeAlias = Literal["adult", "child"]
