"""What is written into a device's own stream, so that any other software sees when it happened.

======  =======================================
 code    what happened
======  =======================================
 11-19   wake cue of round 1-9
 31      the dreamer responded
 32      the wake was verified
 40 + n  an alarm was raised: n as in `KINDS`
======  =======================================
"""

from monitor.domain.events import AlarmChanged, Event, WakeStep

CUE, RESPONDED, WOKEN, ALARM = 10.0, 31.0, 32.0, 40.0

KINDS = (
    "SIGNAL_LOST",
    "ELECTRODE_OFF",
    "OVERRUN",
    "HARD_TO_WAKE",
    "UNRESPONSIVE",
    "PIPELINE_FAULT",
    "UNATTENDED",
    "EEG_SUPPRESSED",
    "EEG_ABNORMAL",
    "OVERUSE_SOFT",
    "OVERUSE_HARD",
)
"""In the order of their codes, from 40; new kinds are added at the end."""


def marker_of(event: Event) -> float | None:
    """Return the code of an event, None for what is not marked."""
    match event:
        case WakeStep(step="CUE", round=number):
            return CUE + min(number, 9)
        case WakeStep(step="RESPONDED"):
            return RESPONDED
        case WakeStep(step="WOKEN"):
            return WOKEN
        case AlarmChanged(reason=reason, kind=kind) if reason.code == "raised":
            return ALARM + KINDS.index(kind)
    return None
