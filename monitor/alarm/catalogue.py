"""What each kind of alarm is: one row a kind, one place for every number.

Where a number comes from is said beside it: "table" is the table of kinds of the alarm
specification (priority, condition, delay, latching, time to action); [D] is a design choice of this
project, a default that a policy may replace. A new kind is a new row here and a new detector in
`monitor.alarm.detectors`; nothing else changes.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from monitor.alarm.rules import (
    TOP_LEVEL,
    AlarmKind,
    EegRule,
    Escalation,
    KindRule,
    Policy,
    Rise,
    WakeRule,
)
from monitor.domain.events import Priority
from monitor.domain.inputs import Profile, Responder
from monitor.domain.stage import Stage

_MIN = 60.0
_SHIFT = 8 * 60 * _MIN

KINDS: Mapping[AlarmKind, KindRule] = MappingProxyType(
    {
        AlarmKind.SIGNAL_LOST: KindRule(
            priority=Priority.MEDIUM,  # table
            on_delay_s=15,  # table
            off_delay_s=5,  # [D]
            ack_timeout_s=3 * _MIN,  # table
            shelvable=False,  # table
            rise=Rise(120, Priority.HIGH),  # table
        ),
        AlarmKind.PIPELINE_FAULT: KindRule(
            priority=Priority.MEDIUM,  # table
            on_delay_s=10,  # table
            off_delay_s=5,  # [D]
            ack_timeout_s=3 * _MIN,  # table
        ),
        AlarmKind.UNATTENDED: KindRule(
            priority=Priority.HIGH,  # table
            on_delay_s=60,  # table
            off_delay_s=5,  # [D]
            ack_timeout_s=3 * _MIN,  # [D]: taken on from elsewhere, still nobody is there
            shelvable=False,  # table
            first_level=TOP_LEVEL,  # table: there is nobody at the page to be told first
        ),
        AlarmKind.ELECTRODE_OFF: KindRule(
            priority=Priority.LOW,  # table; medium when all EEG is off (the detector says so)
            on_delay_s=10,  # table
            off_delay_s=15,  # table
            ack_timeout_s=10 * _MIN,  # table
            inhibited_by=AlarmKind.SIGNAL_LOST,  # [D]: without signal nothing is known of it
        ),
        AlarmKind.OVERRUN: KindRule(
            priority=Priority.LOW,  # table
            on_delay_s=15 * _MIN,  # table
            off_delay_s=0,  # [D]: it ends by a verified wake or a person's word
            ack_timeout_s=None,  # table: the wake protocol is the action
            rise=Rise(45 * _MIN, Priority.MEDIUM),  # table
            person_clears=True,  # [D]
            starts_wake=True,  # table
        ),
        AlarmKind.HARD_TO_WAKE: KindRule(
            priority=Priority.MEDIUM,  # table
            on_delay_s=0,  # table
            off_delay_s=0,  # [D]: the protocol has its own 60 s of being awake
            ack_timeout_s=3 * _MIN,  # table
            latched=True,  # table
            rise=Rise(5 * _MIN, Priority.HIGH),  # table
            physiological=True,  # [D]
            person_clears=True,  # [D]
        ),
        AlarmKind.UNRESPONSIVE: KindRule(
            priority=Priority.HIGH,  # table
            on_delay_s=0,  # table
            off_delay_s=0,  # [D]: as HARD_TO_WAKE
            ack_timeout_s=2 * _MIN,  # table
            latched=True,  # table
            needs_disposition=True,  # table
            shelvable=False,  # table
            physiological=True,  # [D]
            person_clears=True,  # "only a verified behavioural response or a human"
        ),
        AlarmKind.EEG_SUPPRESSED: KindRule(
            priority=Priority.HIGH,  # table
            on_delay_s=60,  # table
            off_delay_s=60,  # [D]: the ratio looks back as long
            ack_timeout_s=2 * _MIN,  # table
            latched=True,  # table
            needs_disposition=True,  # table
            physiological=True,  # [D]
        ),
        AlarmKind.EEG_ABNORMAL: KindRule(
            priority=Priority.MEDIUM,  # table
            on_delay_s=60,  # [D] for suppression; the other findings are older when they are made
            off_delay_s=60,  # [D]
            ack_timeout_s=5 * _MIN,  # table
            latched=True,  # table
            physiological=True,  # [D]
            inhibited_by=AlarmKind.EEG_SUPPRESSED,  # [D]: the graver word for the same brain
        ),
        AlarmKind.OVERUSE_SOFT: KindRule(
            priority=Priority.LOW,  # table
            on_delay_s=0,  # table: at the next evaluation
            off_delay_s=0,  # as above
            ack_timeout_s=_SHIFT,  # table: next shift
        ),
        AlarmKind.OVERUSE_HARD: KindRule(
            priority=Priority.MEDIUM,  # table
            on_delay_s=0,  # table: at the next evaluation
            off_delay_s=0,  # as above
            ack_timeout_s=_SHIFT,  # table: next shift
            latched=True,  # table
            starts_wake=True,  # "the running one goes to a planned wake"
        ),
    }
)

ESCALATION: Mapping[Priority, Escalation] = MappingProxyType(
    {
        Priority.HIGH: Escalation((0, 60, 180), again_s=3 * _MIN),  # [D]
        Priority.MEDIUM: Escalation((0, 3 * _MIN, 10 * _MIN), again_s=3 * _MIN),  # [D]
    }
)

_ADULT = WakeRule(
    defer_s=20 * _MIN,  # remaining N3: median 8, 90th percentile 24.5 min in healthy adults
    levels_dba=(65, 75, 85),  # 520-Hz square wave and the spoken name
    cue_s=30,  # 95 % of those who woke did so within 32 s
    listen_s=30,
    hard_after=1,  # [D]: machines must not delay people
    attend_s=0,  # [D]: the alarm does not wait for the person on the way
    responders=frozenset(Responder),
    hold_s=60,  # sleep drunkenness
    checks_s=(5 * _MIN, 15 * _MIN),  # sleep inertia
    coma_w_s=120,  # alpha coma looks like W
    coma_cues=2,
)

WAKE: Mapping[Profile, WakeRule] = MappingProxyType(
    {
        "adult": _ADULT,
        "child": replace(
            _ADULT,
            defer_s=30 * _MIN,
            levels_dba=(65, 75, 85, 85, 85),
            hard_after=2,  # [D]: half of 5- to 12-year-olds sleep through a high tone
            responders=frozenset({Responder.TECHNICIAN}),
            checks_s=(5 * _MIN, 15 * _MIN, 30 * _MIN),
            at_once_from=frozenset({Stage.N2, Stage.R}),  # not waking from N3 is usual in a child
        ),
    }
)

EEG = EegRule(
    suppressed=0.5,  # table
    partly_suppressed=0.1,  # table; 0.0 % in 80 min of normal sleep
    low_uv=20,  # table
    one_stage_s=90 * _MIN,  # table
    deep_s=150 * _MIN,  # table
)

MAX_PAUSE_S: Mapping[Priority, float] = MappingProxyType(
    {
        Priority.HIGH: 2 * _MIN,  # [D]
        Priority.MEDIUM: 10 * _MIN,  # [D]
        Priority.LOW: 10 * _MIN,  # [D]
    }
)

DEFAULT_POLICY = Policy(
    KINDS,
    ESCALATION,
    WAKE,
    EEG,
    max_shelf_s=_SHIFT,  # [D]
    max_pause_s=MAX_PAUSE_S,
)
