"""What a policy says of each alarm kind and of the wake protocol: its shape, not its numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from monitor.domain.errors import InputError
from monitor.domain.events import Priority
from monitor.domain.inputs import Profile, Responder
from monitor.domain.stage import Stage

MAX_LEVEL_DBA = 100
"""Hard cap of a wake cue at the pillow in dBA; no policy can lift it."""

TOP_LEVEL = 2
"""Highest escalation level: 0 the technician, 1 a second person, 2 everyone and the webhook [D]."""


class AlarmKind(StrEnum):
    """What is wrong."""

    SIGNAL_LOST = "SIGNAL_LOST"
    PIPELINE_FAULT = "PIPELINE_FAULT"
    ELECTRODE_OFF = "ELECTRODE_OFF"
    OVERRUN = "OVERRUN"
    UNATTENDED = "UNATTENDED"
    HARD_TO_WAKE = "HARD_TO_WAKE"
    UNRESPONSIVE = "UNRESPONSIVE"
    EEG_SUPPRESSED = "EEG_SUPPRESSED"
    EEG_ABNORMAL = "EEG_ABNORMAL"
    OVERUSE_SOFT = "OVERUSE_SOFT"
    OVERUSE_HARD = "OVERUSE_HARD"


@dataclass(frozen=True, slots=True)
class Rise:
    """The priority rises to `to` once the condition has lasted `after_s` seconds."""

    after_s: float
    to: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRule:
    """How alarms of one kind behave.

    Parameters
    ----------
    priority : Priority
        At first; it only rises while the alarm is open.
    on_delay_s, off_delay_s : float
        How long the condition holds, or is gone, without a break before it counts; in s.
    latched : bool
        Stays open after the condition has gone until a person acknowledges it.
    needs_disposition : bool
        Ends only with a person's finding; such a kind is always latched.
    ack_timeout_s : float or None
        An acknowledgement that led to nothing is void after so many s; None: never.
    shelvable : bool
        May be put aside for a while when its priority is not high.
    rise : Rise or None
        Time alone raises the priority.
    physiological : bool
        Speaks of the dreamer, not of the equipment; loss of signal is then graver.
    person_clears : bool
        A person's word ends the condition, because no measurement could.
    starts_wake : bool
        Raising it starts a planned wake.
    inhibited_by : AlarmKind or None
        While an alarm of that kind is active, this one is kept back as its consequence.
    first_level : int
        Escalation level that is told first.
    """

    priority: Priority
    on_delay_s: float
    off_delay_s: float
    ack_timeout_s: float | None
    latched: bool = False
    needs_disposition: bool = False
    shelvable: bool = True
    rise: Rise | None = None
    physiological: bool = False
    person_clears: bool = False
    starts_wake: bool = False
    inhibited_by: AlarmKind | None = None
    first_level: int = 0

    def __post_init__(self) -> None:
        if self.needs_disposition and not self.latched:
            raise InputError("a kind that needs a disposition must be latched")
        if min(self.on_delay_s, self.off_delay_s) < 0:
            raise InputError(
                f"delays are 0 s or more, not {self.on_delay_s} s and {self.off_delay_s} s"
            )


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who is told when an alarm stays unacknowledged.

    Parameters
    ----------
    steps_s : tuple of float
        When each level is reached, in s since the alarm; one per level up to `TOP_LEVEL`.
    again_s : float
        How often the top level is told again, in s.
    """

    steps_s: tuple[float, ...]
    again_s: float

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.steps_s, self.steps_s[1:], strict=False))
        if len(self.steps_s) != TOP_LEVEL + 1 or not rising or self.again_s <= 0:
            raise InputError(
                f"escalation has {TOP_LEVEL + 1} rising steps and a positive repetition, "
                f"not {self.steps_s} s and {self.again_s} s"
            )

    def wait_s(self, level: int) -> float:
        """Seconds from reaching `level` until the next level, or the repetition, is due."""
        return self.steps_s[level + 1] - self.steps_s[level] if level < TOP_LEVEL else self.again_s


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeRule:
    """The wake protocol of one profile; all times in s.

    Parameters
    ----------
    defer_s : float
        How long a planned wake waits for the end of N3.
    levels_dba : tuple of int
        Sound level asked for at the pillow in each round; as many rounds as levels.
    cue_s, listen_s : float
        The two halves of a round.
    hard_after : int
        Unanswered rounds after which a person is called (HARD_TO_WAKE).
    attend_s : float
        How long UNRESPONSIVE waits for the person after the last round.
    responders : frozenset of Responder
        Whose word counts as an answer.
    hold_s : float
        How long the dreamer must then stay awake.
    checks_s : tuple of float
        When wakefulness is checked again after the wake.
    coma_w_s, coma_cues : float, int
        So long a label W with so many unanswered cues is UNRESPONSIVE at once (alpha coma).
    at_once_from : frozenset of Stage
        Stages from which a cue without any response, in the EEG either, is enough.
    """

    defer_s: float
    levels_dba: tuple[int, ...]
    hard_after: int
    responders: frozenset[Responder]
    checks_s: tuple[float, ...]
    cue_s: float
    listen_s: float
    attend_s: float
    hold_s: float
    coma_w_s: float
    coma_cues: int
    at_once_from: frozenset[Stage] = frozenset()

    def __post_init__(self) -> None:
        if not self.levels_dba or max(self.levels_dba) > MAX_LEVEL_DBA:
            raise InputError(
                f"cue levels are one or more, at most {MAX_LEVEL_DBA} dBA, not {self.levels_dba}"
            )
        if not 1 <= self.hard_after <= self.rounds:
            raise InputError(f"hard_after is 1 to {self.rounds} rounds, not {self.hard_after}")

    @property
    def rounds(self) -> int:
        """Number of rounds."""
        return len(self.levels_dba)


@dataclass(frozen=True, slots=True, kw_only=True)
class EegRule:
    """What of the EEG is suppressed or abnormal.

    Parameters
    ----------
    suppressed, partly_suppressed : float
        Suppression ratio from which it is mostly, and partly, suppressed; 0 to 1.
    low_uv : float
        Median peak-to-peak of a second below which it is very small, µV.
    one_stage_s, deep_s : float
        Scored time in one stage, and in N2 and N3 alone, that is too long; in s.
    """

    suppressed: float
    partly_suppressed: float
    low_uv: float
    one_stage_s: float
    deep_s: float

    def __post_init__(self) -> None:
        if not 0 < self.partly_suppressed < self.suppressed <= 1:
            raise InputError(
                "suppression ratios rise from more than 0 to at most 1, "
                f"not {self.partly_suppressed} and {self.suppressed}"
            )


@dataclass(frozen=True, slots=True)
class Policy:
    """Every number of the alarm engine.

    Parameters
    ----------
    kinds : mapping of AlarmKind to KindRule
        All kinds.
    escalation : mapping of Priority to Escalation
        A priority that is missing is never escalated by time.
    wake : mapping of profile to WakeRule
        Adult and child.
    eeg : EegRule
        What is looked for in the EEG.
    max_shelf_s : float
        Longest time an alarm may be put aside, in s.
    max_pause_s : mapping of Priority to float
        Longest time its sound may be silenced, in s.
    """

    kinds: Mapping[AlarmKind, KindRule]
    escalation: Mapping[Priority, Escalation]
    wake: Mapping[Profile, WakeRule]
    eeg: EegRule
    max_shelf_s: float
    max_pause_s: Mapping[Priority, float]
