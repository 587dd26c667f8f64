"""What can happen in a simulated night: one table."""

from dataclasses import dataclass
from enum import Enum

from monitor.sources.simulator.reactions import Reaction


class Fault(Enum):
    """What goes wrong half-way to the planned end."""

    SUPPRESSION = "the EEG is burst-suppressed, as under deep anaesthesia"
    ELECTRODE = "the first EEG electrode comes off and the amplifier rails"
    LOSS = "no signal comes"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A kind of night.

    Parameters
    ----------
    summary : str
        For people who choose one.
    sleeps_on : bool
        Falls asleep soon and sleeps soundly past the planned end; else wakes shortly before it.
    answers : bool
        Whether a cue wakes this dreamer.
    reaction : Reaction or None
        What each cue brings about in the EEG of one whom it does not wake.
    rem_stretch : float
        Factor on the length of REM bouts.
    draws : int
        Nights drawn, of which the one with most REM is taken.
    begins_at_min : int
        Minutes into the night at which the recording begins.
    fault : Fault or None
        What goes wrong.
    fault_min : int
        For how many minutes; at most a fifth of the recording, except that suppression stays.
    """

    summary: str
    sleeps_on: bool = False
    answers: bool = True
    reaction: Reaction | None = None
    rem_stretch: float = 1.0
    draws: int = 1
    begins_at_min: int = 0
    fault: Fault | None = None
    fault_min: int = 0


SCENARIOS = {
    "normal": Scenario("a healthy night; the dreamer wakes by itself shortly before its end"),
    "long-rem": Scenario("far more REM than normal", rem_stretch=4.0, draws=8),
    "unresponsive": Scenario("sleeps on and answers no cue", sleeps_on=True, answers=False),
    "evoked-only": Scenario(
        "sleeps on and answers no cue; each evokes a K-complex",
        sleeps_on=True,
        answers=False,
        reaction=Reaction.EVOKED,
    ),
    "arousal-only": Scenario(
        "sleeps on and answers no cue; each brings about an arousal",
        sleeps_on=True,
        answers=False,
        reaction=Reaction.AROUSAL,
    ),
    "responsive": Scenario("sleeps on and wakes at the first or second cue", sleeps_on=True),
    "suppressed": Scenario(
        "burst suppression until the end", sleeps_on=True, answers=False, fault=Fault.SUPPRESSION
    ),
    "electrode-off": Scenario("one EEG channel is gone", fault=Fault.ELECTRODE, fault_min=20),
    "signal-lost": Scenario("nothing comes for a while", fault=Fault.LOSS, fault_min=5),
    "cold-start": Scenario("the recording begins in mid-sleep", begins_at_min=150),
}
