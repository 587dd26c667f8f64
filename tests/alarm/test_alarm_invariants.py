"""What must hold whatever happens: signal, gaps, stages, commands, restarts in any order.

Three engines live through the same story: one restarts from its snapshot again and again, one never
restarts and takes long stretches of time in one step, and one takes them in many small steps.
"""

import math

import numpy as np
import pytest
from alarm_story import CH_NAMES, START, make_engine, saved
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from monitor.alarm.record import State
from monitor.alarm.rules import TOP_LEVEL
from monitor.domain.contact import Contact, Second
from monitor.domain.epoch import ScoredEpoch
from monitor.domain.errors import CommandError, StaleVersion, UnknownAlarm
from monitor.domain.events import AlarmChanged, Priority
from monitor.domain.inputs import (
    Acknowledge,
    Command,
    Deescalate,
    Disposition,
    Health,
    PauseAudio,
    Resolve,
    Respond,
    Responder,
    Shelve,
    Wake,
)
from monitor.domain.stage import EPOCH_S, Stage

# The ways of the state table of the specification; each state may also keep itself.
WAYS = {
    "PENDING": {"ACTIVE_UNACK"},
    "ACTIVE_UNACK": {"ACTIVE_ACK", "RTN_UNACK", "RESOLVED", "SHELVED", "INHIBITED"},
    "ACTIVE_ACK": {"ACTIVE_UNACK", "AWAIT_DISPOSITION", "RESOLVED", "SHELVED", "INHIBITED"},
    "RTN_UNACK": {"ACTIVE_UNACK", "AWAIT_DISPOSITION", "RESOLVED", "SHELVED"},
    "AWAIT_DISPOSITION": {"ACTIVE_UNACK", "RESOLVED"},
    "SHELVED": {"ACTIVE_UNACK", "RTN_UNACK", "RESOLVED"},
    "INHIBITED": {"ACTIVE_UNACK", "ACTIVE_ACK", "RTN_UNACK", "SHELVED", "RESOLVED"},
}
STANDS_AS_IT_IS = ("acknowledged", "shelved", "audio_paused", "audio_resumed", "deescalated")
DISPOSED = ("UNRESPONSIVE", "EEG_SUPPRESSED")
EEG = st.sampled_from([(math.nan, math.nan), (0.0, 60.0), (0.2, 60.0), (0.7, 60.0), (0.7, 5.0)])
CONTACTS = st.lists(
    st.sampled_from(Contact), min_size=len(CH_NAMES), max_size=len(CH_NAMES)
) | st.sampled_from([[Contact.MISSING] * len(CH_NAMES), [Contact.GOOD] * len(CH_NAMES)])


class AnyNight(RuleBasedStateMachine):
    @initialize(
        planned_s=st.none() | st.sampled_from([30.0, 600.0]),
        profile=st.sampled_from(["adult", "child"]),
    )
    def begin(self, planned_s, profile):
        self.options = {"planned_s": planned_s, "profile": profile}
        self.restarting, self.twin, self.fine = (make_engine(**self.options) for _ in range(3))
        self.at = 0.0
        self.seen: list[tuple[float, list[Contact], tuple[float, float]]] = []
        self.alarms: dict[str, AlarmChanged] = {}
        self.last_at = START
        self.ids: list[Command] = []
        self.ended = False

    @property
    def now(self):
        return START + self.at

    def each(self, act):
        """Do the same to all engines; they must answer alike."""
        first, second, third = (act(e) for e in (self.restarting, self.twin, self.fine))
        assert first == second == third
        self.check(first)
        return first

    # --- what happens -----------------------------------------------------------------------------

    @precondition(lambda self: not self.ended)
    @rule(contact=CONTACTS, eeg=EEG, count=st.integers(1, 70))
    def seconds(self, contact, eeg, count):
        for _ in range(count):
            self.at += 1
            self.seen.append((self.now, contact, eeg))
            second = Second(self.now, np.array(contact, np.int8), *eeg)
            self.each(lambda engine, second=second: engine.observe(second))

    @precondition(lambda self: not self.ended)
    @rule(
        stage=st.sampled_from(Stage),
        late_s=st.integers(0, EPOCH_S),
        count=st.sampled_from([1, 1, 1, 180]),
    )
    def epochs(self, stage, late_s, count):
        for _ in range(count):
            self.at += late_s
            scored = ScoredEpoch(0, self.at - EPOCH_S, stage)
            self.each(lambda engine, scored=scored: engine.score(self.now, scored))

    @rule(seconds=st.sampled_from([0.4, 1, 15, 61, 179.9, 1000, 7200]), cuts=st.integers(1, 9))
    def nothing_comes(self, seconds, cuts):
        before = self.now
        self.at += seconds
        whole = self.twin.advance(self.now)
        steps = [before + seconds * (i + 1) / cuts for i in range(cuts - 1)] + [self.now]
        assert [e for at in steps for e in self.fine.advance(at)] == whole
        assert self.restarting.advance(self.now) == whole
        self.check(whole)

    @rule(
        part=st.sampled_from(["recording", "log", "attendance"]),
        trouble=st.sampled_from(["", "full"]),
    )
    def health(self, part, trouble):
        self.each(lambda engine: engine.hear(self.now, Health(part, trouble)))

    @rule()
    def earlier_time(self):
        assert self.each(lambda engine: engine.advance(self.now - 100)) == []

    @rule()
    def end(self):
        self.ended = True
        self.each(lambda engine: engine.end(self.now))

    @rule()
    def restart(self):
        before = saved(self.restarting)
        self.restarting = make_engine(**self.options)
        self.restarting.restore(before)
        assert saved(self.restarting) == before

    @rule(by=st.none() | st.sampled_from(Responder))
    def wake_or_respond(self, by):
        if by is None:
            self.carry_out(Wake(command_id=self.fresh()))
        else:
            self.carry_out(Respond(command_id=self.fresh(), by=by))

    @precondition(lambda self: self.twin.open_alarms)
    @rule(data=st.data(), stale=st.booleans())
    def person(self, data, stale):
        alarm = data.draw(st.sampled_from(self.twin.open_alarms))
        aimed = {
            "command_id": self.fresh(),
            "actor": "ann",
            "alarm_id": alarm.alarm_id,
            "expected_version": alarm.version - stale,
        }
        command = data.draw(
            st.sampled_from(
                [
                    Acknowledge(**aimed),
                    Deescalate(**aimed),
                    PauseAudio(**aimed, duration_s=100.0),
                    Shelve(**aimed, reason="why", duration_s=400.0),
                    Resolve(**aimed, disposition=Disposition.WOKEN_VERIFIED),
                    Resolve(**aimed, disposition=Disposition.FALSE_ALARM, note="n"),
                ]
            )
        )
        if stale:
            self.refused(command, StaleVersion)
        else:
            self.carry_out(command)

    @precondition(lambda self: self.ids)
    @rule(data=st.data())
    def repeated_command(self, data):
        command = data.draw(st.sampled_from(self.ids))
        assert self.each(lambda engine: engine.command(self.now, command)) == []

    @rule()
    def unknown_alarm(self):
        aimed = {"command_id": self.fresh(), "alarm_id": "bed-7:NO:1", "expected_version": 1}
        self.refused(Acknowledge(**aimed), UnknownAlarm)

    # --- what must hold ---------------------------------------------------------------------------

    def fresh(self):
        return f"c{len(self.ids)}-{self.at}-{self.last_at}-{len(self.seen)}"

    def carry_out(self, command):
        try:
            self.each(lambda engine: engine.command(self.now, command))
        except CommandError as error:
            self.refused(command, type(error))
        else:
            self.ids.append(command)

    def refused(self, command, error):
        """A refused command leaves no trace."""
        for engine in (self.restarting, self.twin, self.fine):
            before = saved(engine)
            with pytest.raises(error):
                engine.command(self.now, command)
            assert saved(engine) == before

    def check(self, events):
        for event in events:
            assert self.last_at <= event.at <= self.now, "events come in order of time"
            self.last_at = event.at
            if isinstance(event, AlarmChanged):
                self.check_alarm(event)

    def check_alarm(self, event):
        before = self.alarms.get(event.alarm_id)
        self.alarms[event.alarm_id] = event
        assert event.version == (before.version + 1 if before else 1)
        assert event.previous_state == (before.state if before else "PENDING")
        assert event.state in WAYS[event.previous_state] | {event.previous_state}
        if event.state == "RESOLVED" and event.kind in DISPOSED:  # I6
            assert event.reason.actor
            assert event.disposition
        if event.state == "SHELVED":
            assert event.priority is not Priority.HIGH
            assert event.kind not in ("UNRESPONSIVE", "SIGNAL_LOST", "UNATTENDED")
        if event.kind == "UNATTENDED":
            assert event.escalation_level == TOP_LEVEL
        if before is None:
            return
        if event.reason.code == "deescalated":
            assert event.reason.actor
        else:
            assert event.escalation_level >= before.escalation_level  # I9
        assert event.priority.rank >= before.priority.rank
        if event.reason.code in STANDS_AS_IT_IS and event.state != "RESOLVED":  # I7
            assert event.present == before.present
        if before.present and not event.present and not event.reason.actor:  # I7
            assert event.reason.code == "returned"
            self.check_gone(event)

    def check_gone(self, event):
        """Only good data clears what was measured."""
        if event.kind == "SIGNAL_LOST":
            span, good = (
                5,
                lambda contact: set(contact[:2]) != {Contact.MISSING},
            )  # the EEG channels
        elif event.kind == "ELECTRODE_OFF":
            channel = CH_NAMES.index(event.source)
            span, good = 15, lambda contact: contact[channel] is Contact.GOOD
        else:
            self.check_eeg_gone(event)
            return
        seen = [c for at, c, _ in self.seen if event.at - span - 0.01 < at - 1 < event.at]
        assert len(seen) >= span
        assert all(map(good, seen))

    def check_eeg_gone(self, event):
        limits = {"": (0, 0.5), "suppression": (0, 0.1)}
        if not event.kind.startswith("EEG_") or event.source not in limits:
            return
        measure, limit = limits[event.source]
        seen = [e[measure] for at, _, e in self.seen if event.at - 60.01 < at - 1 < event.at]
        assert len(seen) >= 60
        assert all(value < limit for value in seen), "and none is unknown"

    @invariant()
    def open_alarms_are_those_not_resolved(self):
        if not hasattr(self, "alarms"):
            return
        ids = {a.alarm_id: a.state for a in self.twin.open_alarms}
        assert ids == {i: e.state for i, e in self.alarms.items() if e.state != "RESOLVED"}
        assert len({(a.kind, a.source) for a in self.twin.open_alarms}) == len(ids)

    @invariant()
    def shelving_ends_and_unresponsive_is_seen_to(self):
        if not hasattr(self, "alarms"):
            return
        for alarm in self.twin.open_alarms:  # I10, and no deadline is ever left behind
            if alarm.state is State.SHELVED:
                assert alarm.shelved_until > self.now
            if alarm.audio_paused_until is not None:
                assert alarm.audio_paused_until > self.now
                assert alarm.state in (State.ACTIVE_UNACK, State.RTN_UNACK)
            if alarm.state is State.ACTIVE_ACK and alarm.kind == "UNRESPONSIVE":
                assert self.now < alarm.acked_at + 120
            if alarm.state is State.INHIBITED:
                parent = {a.alarm_id: a for a in self.twin.open_alarms}[alarm.inhibited_by]
                assert parent.state in (State.ACTIVE_UNACK, State.ACTIVE_ACK)
            if alarm.priority is Priority.HIGH and alarm.state is State.ACTIVE_UNACK:
                wait = {0: 60, 1: 120, 2: 180}[alarm.escalation_level]
                assert self.now < alarm.told_at + wait + math.ulp(self.now)

    def teardown(self):
        """A wake that is under way ends in UNRESPONSIVE by time alone, unless W was seen."""
        if not hasattr(self, "twin"):
            return
        bed = self.twin.snapshot()["bed"]
        step, seen_awake = bed["wake"]["step"], bed["sleeper"]["stage"] == Stage.W
        self.at += 30 * 60 + 5 * 60
        self.each(lambda engine: engine.advance(self.now))
        if step not in ("IDLE", "WOKEN", "RESPONDED") or (step == "RESPONDED" and not seen_awake):
            assert any(a.kind == "UNRESPONSIVE" for a in self.twin.open_alarms)


AnyNight.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAnyNight = AnyNight.TestCase
