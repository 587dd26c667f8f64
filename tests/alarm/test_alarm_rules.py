import math
from dataclasses import fields, replace

import numpy as np
import pytest
from alarm_story import CH_NAMES, START, Player, make_engine, play
from hypothesis import given
from hypothesis import strategies as st

from monitor.alarm.bedside import Bedside
from monitor.alarm.catalogue import DEFAULT_POLICY, EEG, ESCALATION, KINDS, WAKE
from monitor.alarm.detectors import DETECTORS
from monitor.alarm.record import Alarm, State
from monitor.alarm.rules import AlarmKind, Escalation, Rise
from monitor.domain.contact import Contact, Second
from monitor.domain.epoch import ScoredEpoch
from monitor.domain.errors import InputError
from monitor.domain.events import AlarmChanged, Priority
from monitor.domain.stage import Stage


@pytest.mark.parametrize(
    ("kind", "priority", "on_delay_s", "latched", "disposition", "action_s"),
    [
        ("UNRESPONSIVE", "high", 0, True, True, 120),
        ("HARD_TO_WAKE", "medium", 0, True, False, 180),
        ("OVERRUN", "low", 900, False, False, None),
        ("ELECTRODE_OFF", "low", 10, False, False, 600),
        ("PIPELINE_FAULT", "medium", 10, False, False, 180),
        ("UNATTENDED", "high", 60, False, False, 180),
        ("EEG_SUPPRESSED", "high", 60, True, True, 120),
        ("EEG_ABNORMAL", "medium", 60, True, False, 300),
        ("SIGNAL_LOST", "medium", 15, False, False, 180),
        ("OVERUSE_SOFT", "low", 0, False, False, 28_800),
        ("OVERUSE_HARD", "medium", 0, True, False, 28_800),
    ],
)
def test_kinds_are_as_specified(kind, priority, on_delay_s, latched, disposition, action_s) -> None:
    rule = KINDS[AlarmKind(kind)]
    assert (rule.priority, rule.on_delay_s, rule.ack_timeout_s) == (priority, on_delay_s, action_s)
    assert (rule.latched, rule.needs_disposition) == (latched, disposition)


def test_priorities_rise_with_time_as_specified() -> None:
    rises = {kind: (r.rise.after_s, r.rise.to) for kind, r in KINDS.items() if r.rise}
    assert rises == {
        "SIGNAL_LOST": (120, "high"),
        "HARD_TO_WAKE": (300, "high"),
        "OVERRUN": (2700, "medium"),
    }


def test_every_kind_has_its_row_and_its_detector() -> None:
    assert set(KINDS) == set(AlarmKind)
    assert {AlarmKind(detect.__name__.upper()) for detect in DETECTORS} == set(AlarmKind)


def test_the_child_differs_from_the_adult_only_as_specified() -> None:
    adult, child = WAKE["adult"], WAKE["child"]
    differing = {f.name for f in fields(adult) if getattr(adult, f.name) != getattr(child, f.name)}
    assert differing == {
        "defer_s",
        "levels_dba",
        "hard_after",
        "responders",
        "checks_s",
        "at_once_from",
    }
    assert child.levels_dba == (65, 75, 85, 85, 85)
    assert child.checks_s == (300, 900, 1800)
    assert (adult.defer_s, child.defer_s) == (1200, 1800)


def test_cues_get_louder_and_say_when_they_end() -> None:
    player = Player(make_engine()).play("good 5\nwake\ngood 180")
    cues = [e for e in player.events if e.type == "wake" and e.step == "CUE"]
    assert [(e.round, e.level_dba, e.until - e.at) for e in cues] == [
        (1, 65, 30),
        (2, 75, 30),
        (3, 85, 30),
    ]


@pytest.mark.parametrize("level", [101, 500])
def test_no_policy_lifts_the_cap_of_100_dba(level: int) -> None:
    with pytest.raises(InputError, match="100 dBA"):
        replace(WAKE["adult"], levels_dba=(65, level))


@pytest.mark.parametrize(
    "make",
    [
        lambda: replace(WAKE["adult"], levels_dba=()),
        lambda: replace(WAKE["adult"], hard_after=4),
        lambda: replace(KINDS[AlarmKind.UNRESPONSIVE], latched=False),
        lambda: replace(KINDS[AlarmKind.OVERRUN], on_delay_s=-1),
        lambda: replace(EEG, partly_suppressed=0.6),
        lambda: replace(EEG, partly_suppressed=0),
        lambda: replace(EEG, suppressed=1.1),
        lambda: Escalation((0, 60), 180),
        lambda: Escalation((0, 180, 60), 180),
        lambda: Escalation((0, 60, 180), 0),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(make) -> None:
    with pytest.raises(InputError):
        make()


def test_a_policy_replaces_the_numbers() -> None:
    kinds = {
        **KINDS,
        AlarmKind.SIGNAL_LOST: replace(
            KINDS[AlarmKind.SIGNAL_LOST], on_delay_s=4, rise=Rise(9, Priority.HIGH)
        ),
    }
    wake = {"adult": replace(WAKE["adult"], levels_dba=(60,), attend_s=20.0)}
    escalation = {Priority.HIGH: Escalation((0, 1, 2), 5)}
    policy = replace(DEFAULT_POLICY, kinds=kinds, wake=wake, escalation=escalation)
    assert play("wait 10\ngood 5", policy=policy) == [
        "4 SIGNAL_LOST ACTIVE_UNACK medium raised",
        "9 SIGNAL_LOST ACTIVE_UNACK high priority_rose",
        "10 SIGNAL_LOST ACTIVE_UNACK high escalated L1",
        "11 SIGNAL_LOST ACTIVE_UNACK high escalated L2",
        "15 SIGNAL_LOST RESOLVED high returned L2",
    ]
    assert play("good 1\nwake\ngood 80", policy=policy) == [
        "1 wake CUE 1 commanded",
        "31 wake LISTEN 1 cued",
        "61 wake HUMAN_ATTEND 1 unanswered",
        "61 HARD_TO_WAKE ACTIVE_UNACK medium raised",
        "81 wake UNRESPONSIVE 1 unresponsive",
        "81 UNRESPONSIVE ACTIVE_UNACK high raised",
    ]


def test_low_alarms_are_not_escalated_by_time() -> None:
    assert Priority.LOW not in ESCALATION
    assert play("off C3-M2 4000") == ["10 ELECTRODE_OFF C3-M2 ACTIVE_UNACK low raised"]


@pytest.mark.parametrize(
    ("story", "kind", "measured"),
    [
        ("good 10\nlost 15", "SIGNAL_LOST", (15, 15, "s")),
        ("off C3-M2 10", "ELECTRODE_OFF", (10, 10, "s")),
        ("wait 960", "OVERRUN", (15, 15, "min")),
        ("eeg 0.25 60 30\neeg 0.3 60 30", "EEG_ABNORMAL", (30, 10, "%")),
        ("eeg 0.5 60 59\neeg 0.7 60 1", "EEG_SUPPRESSED", (70, 50, "%")),
        ("eeg 0 12.5 1", "EEG_ABNORMAL", (12.5, 20, "µV")),
        ("stage W 90\nblind UNSCORED 1\nstage W 90", "EEG_ABNORMAL", (90, 90, "min")),
        ("trouble attendance\ngood 60", "UNATTENDED", (60, 60, "s")),
        ("good 5\nwake\ngood 60", "HARD_TO_WAKE", (1, 1, "rounds")),
        ("good 5\nwake\ngood 180", "UNRESPONSIVE", (3, 3, "cues")),
        ("stage W 4\nwake\ngood 120", "UNRESPONSIVE", (2, 2, "cues")),
    ],
)
def test_a_raised_alarm_says_what_was_measured_against_what(story, kind, measured) -> None:
    player = Player(make_engine(planned_s=60 if kind == "OVERRUN" else None)).play(story)
    raised = [e for e in player.events if isinstance(e, AlarmChanged) and e.kind == kind]
    reason = raised[0].reason
    assert (reason.value, reason.limit, reason.unit) == measured
    assert reason.text


@pytest.mark.parametrize("start", [0.0, 1_700_000_000.123456, 1e9 + 1 / 3])
def test_times_are_exact_wherever_the_clock_starts(start: float) -> None:
    engine = make_engine(start=start)
    good, lost = (np.full(len(CH_NAMES), c, np.int8) for c in (0, 1))
    seconds = [Second(start + i + 1, good if i < 10 else lost) for i in range(25)]
    events = [engine.observe(second) for second in seconds]
    assert [len(e) for e in events] == [0] * 24 + [1]
    assert events[-1][0].at == pytest.approx(start + 25, abs=1e-3)


def test_a_night_in_which_all_is_well_costs_next_to_nothing(monkeypatch) -> None:
    """28,800 seconds must not be worked through one by one."""
    worked_through = []
    settle = Bedside.settle
    monkeypatch.setattr(Bedside, "settle", lambda bed: worked_through.append(1) or settle(bed))
    engine = make_engine(planned_s=8 * 3600)
    good = np.zeros(len(CH_NAMES), np.int8)
    for i in range(28_800):
        assert engine.observe(Second(START + i + 1, good)) == []
        if i % 30 == 29:
            stage = (Stage.N2, Stage.R)[i // 3600 % 2]
            engine.score(START + i + 1, ScoredEpoch(i // 30, i - 29.0, stage))
    assert len(worked_through) < 10


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(Contact), min_size=3, max_size=3)
            | st.permutations([Contact.GOOD, Contact.GOOD, Contact.RAILED]),
            st.sampled_from([1, 3, 9, 10, 12, 30, 61]),
            st.sampled_from(
                ["wait 0", "wait 5", "wake", "respond button", "scored N2", "scored W"]
            ),
            st.sampled_from([(), (0.0, 60.0), (0.2, 60.0), (0.25, 9.0), (0.6, 9.0)]),
        ),
        max_size=20,
    )
)
def test_seconds_taken_the_fast_way_tell_the_same_as_worked_through_one_by_one(night) -> None:
    fast, slow = Player(make_engine(planned_s=30.0)), Player(make_engine(planned_s=30.0))
    for contact, count, step, eeg in night:
        for _ in range(count):
            slow.engine._bed.quiet_until = -math.inf
            slow.events += slow.seconds(contact, 1, *eeg)
        fast.events += fast.seconds(contact, count, *eeg)
        assert fast.play(step).events == slow.play(step).events


def test_the_state_is_read_off_the_fields() -> None:
    alarm = Alarm(
        alarm_id="a", kind=AlarmKind.UNRESPONSIVE, source="", priority=Priority.HIGH, seen=True
    )
    raised = replace(alarm, raised_at=1.0, present=True)
    gone = replace(raised, present=False)
    states = [
        replace(alarm, seen=False),
        alarm,
        raised,
        replace(raised, acked_at=2.0),
        gone,
        replace(gone, acked_at=2.0),
        replace(raised, shelved_until=9.0),
        replace(raised, inhibited_by="b"),
        replace(gone, resolved_at=3.0),
    ]
    assert [alarm.state for alarm in states] == list(State)
