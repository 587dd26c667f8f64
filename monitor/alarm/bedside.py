"""All that is known at one bed, and how a moment is worked through there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

from monitor.alarm.conditions import Known
from monitor.alarm.contacts import Contacts
from monitor.alarm.detectors import DETECTORS
from monitor.alarm.eeg import EegWatch, Stages
from monitor.alarm.faults import Fault
from monitor.alarm.overuse import Finding, found
from monitor.alarm.plan import Plan
from monitor.alarm.record import State
from monitor.alarm.register import AlarmRegister
from monitor.alarm.rules import AlarmKind, Policy
from monitor.alarm.sleeper import Sleeper
from monitor.alarm.wake import WakeProtocol
from monitor.alarm.wake_steps import Call
from monitor.domain.errors import NotAllowed
from monitor.domain.events import AlarmChanged, Event, WakeStep
from monitor.domain.inputs import Profile, Responder
from monitor.domain.response import Cue, Response
from monitor.domain.stage import Stage
from monitor.domain.usage import Breach

Witness: TypeAlias = Callable[[Cue], Response]
"""Tells what followed a cue whose round is over."""

_NEVER = float("inf")


class Bedside:
    """Contacts, plan, sleep, wake protocol and alarms, kept in step with each other.

    Parameters
    ----------
    now : float
        Start of the clock in Unix s.
    contacts : Contacts
    plan : Plan
    wake : WakeProtocol
    alarms : AlarmRegister
    policy : Policy
    witness : Witness or None
        None where nobody can tell.
    """

    def __init__(
        self,
        now: float,
        contacts: Contacts,
        plan: Plan,
        wake: WakeProtocol,
        alarms: AlarmRegister,
        policy: Policy,
        witness: Witness | None = None,
    ) -> None:
        self.now = now
        self.contacts = contacts
        self.plan = plan
        self.eeg = EegWatch()
        self.sleeper = Sleeper()
        self.stages = Stages()
        self.wake = wake
        self.alarms = alarms
        self.policy = policy
        self.witness = witness
        self.faults: Mapping[str, Fault] = {}
        self.overuse: Mapping[str, Finding] = {}
        self.ended = False
        self.rounds = 0
        self.quiet_until = now

    def pass_until(self, at: float, *, and_at: bool) -> list[Event]:
        """Let time pass to `at`: every timer due before it, `and_at` it, fires at its own moment.

        A second of signal that ends at `at` is taken in before the timers of that moment fire: they
        ask what has held until then.
        """
        events: list[Event] = []
        while (due := self._next_due()) < at or (and_at and due == at):
            self.now = due
            events += self.settle()
        self.now = max(self.now, at)
        return events

    def settle(self) -> list[Event]:
        """Detect and fire until nothing more follows from this moment.

        Then nothing can until the next timer, as long as the seconds keep coming as they do. While
        an electrode is off every second counts: that all of the EEG has been off for the delay has
        no timer of its own.
        """
        events: list[Event] = []
        while found := self._detect() or self._fire_wake() or self.alarms.fire(self.now):
            events += found
            for event in found:
                events += self._react(event)
        current = self.contacts.is_current(self.now) and not any(self.contacts.off)
        self.quiet_until = self._next_timer() if current else self.now
        return events

    def call(
        self, call: Call, by: Responder | None = None, actor: str | None = None
    ) -> list[Event]:
        """Call the wake protocol now."""
        steps = self.wake.push(call, self.now, self.sleeper, by, actor)
        return [event for step in steps for event in (step, *self._react(step))]

    def sleep(self, stage: Stage, onset: float) -> list[Event]:
        """Take the stage of an epoch that began at `onset`."""
        self.sleeper = self.sleeper.after(stage, onset)
        self.stages = self.stages.after(stage, onset)
        self.plan = self.plan.asleep(onset) if stage.is_sleep else self.plan
        return self.call(Call.EPOCH)

    def use(self, breaches: Sequence[Breach]) -> list[Event]:
        """Take which limits of dream use are broken; who sleeps on all the same is woken again."""
        self.overuse = found(self.overuse, breaches, self.now)
        events = self.settle()
        return [*events, *self.call(Call.PLANNED)] if self._sleeps_on() else events

    def _sleeps_on(self) -> bool:
        unheard = (a for a in self.alarms.open if a.state is State.ACTIVE_UNACK)
        return self.sleeper.stage.is_sleep and AlarmKind.OVERUSE_HARD in {a.kind for a in unheard}

    def follow(self, policy: Policy, profile: Profile) -> None:
        """Follow another policy; deadlines that it moves into the past fire now."""
        self.policy = self.alarms.policy = policy
        self.wake.rule = policy.wake[profile]

    def forget_stage(self) -> list[Event]:
        """Without signal the stage is not known, whatever it was before."""
        return self.sleep(Stage.UNSCORED, self.now)

    def _detect(self) -> list[Event]:
        known = self._known()
        seen = [self.alarms.see(self.now, c) for detect in DETECTORS for c in detect(known)]
        return [event for events in (*seen, self.alarms.inhibit(self.now)) for event in events]

    def _fire_wake(self) -> list[Event]:
        until = self.wake.state.until
        if until is None or until > self.now:
            return []
        graded = self._grade_response()
        return [*graded, *self.wake.push(Call.DEADLINE, self.now, self.sleeper)]

    def _grade_response(self) -> list[WakeStep]:
        """Grade what followed the cue whose round ends now."""
        cue = self.wake.cue
        if cue is None or self.witness is None:
            return []
        return self.wake.note(self.now, self.witness(cue))

    def _react(self, event: Event) -> list[Event]:
        """Draw for the wake protocol and the plan what follows from an event."""
        events: list[Event] = []
        if isinstance(event, WakeStep):
            self.rounds = max(self.rounds, event.round)
        if isinstance(event, WakeStep) and event.at == self.wake.state.woken_at:
            self.plan = self.plan.woken(event.at)
        if isinstance(event, AlarmChanged) and event.reason.code == "raised":
            kind = AlarmKind(event.kind)
            events += self.forget_stage() if kind is AlarmKind.SIGNAL_LOST else []
            starts_wake = self.policy.kinds[kind].starts_wake and not self.ended
            events += self.call(Call.PLANNED) if starts_wake else []
        return events

    def check_calm(self) -> None:
        """Raise `NotAllowed` while the dreamer is being woken, or an alarm about them is open."""
        if self._grave:
            raise NotAllowed(
                "the session goes on while the dreamer is being woken or an alarm about them is "
                "open: attend to that first"
            )

    @property
    def _grave(self) -> bool:
        kinds = self.policy.kinds
        physiological = any(kinds[alarm.kind].physiological for alarm in self.alarms.open)
        return self.wake.state.running or physiological

    def _known(self) -> Known:
        return Known(
            at=self.now,
            contacts=self.contacts,
            eeg=self.eeg,
            stages=self.stages,
            faults=self.faults,
            overuse=self.overuse,
            ended=self.ended,
            signal_lost=self.alarms.is_open(AlarmKind.SIGNAL_LOST),
            grave=self._grave,
            plan=self.plan,
            wake=self.wake.state,
            wake_rule=self.wake.rule,
            policy=self.policy,
        )

    def _next_timer(self) -> float:
        """When time alone changes anything although the seconds keep coming as they do."""
        times = (self.alarms.due, self.wake.state.until, self.plan.counts_from)
        return min((t for t in times if t is not None and t > self.now), default=_NEVER)

    def _next_due(self) -> float:
        lost_at = self.contacts.lost_at
        return min(self._next_timer(), lost_at if lost_at > self.now else _NEVER)

    def snapshot(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "now": self.now,
            "ended": self.ended,
            "rounds": self.rounds,
            "contacts": self.contacts.snapshot(),
            "eeg": self.eeg.snapshot(),
            "faults": {part: asdict(fault) for part, fault in self.faults.items()},
            "overuse": {limit: asdict(finding) for limit, finding in self.overuse.items()},
            "plan": asdict(self.plan),
            "sleeper": asdict(self.sleeper),
            "stages": asdict(self.stages),
            "wake": self.wake.snapshot(),
            "alarms": self.alarms.snapshot(),
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take a `snapshot` of the same session."""
        self.contacts.restore(saved["contacts"])
        self.eeg.restore(saved["eeg"])
        self.faults = _faults(saved)
        self.overuse = _overuse(saved)
        self.plan = Plan(**saved["plan"])
        self.sleeper = Sleeper.restored(saved["sleeper"])
        self.stages = Stages.restored(saved["stages"])
        self.wake.restore(saved["wake"])
        self.alarms.restore(saved["alarms"])
        self.now = self.quiet_until = float(saved["now"])
        self.ended = bool(saved["ended"])
        self.rounds = int(saved["rounds"])

    def adopt(self, saved: Mapping[str, Any]) -> list[Event]:
        """Take over what another session's `snapshot` left open, and let the time since pass."""
        start, self.now = self.now, float(saved["now"])
        if self.now > start:
            raise ValueError(f"they are of {self.now:.3f}, after this session's start {start:.3f}")
        self.faults = _faults(saved)
        self.overuse = _overuse(saved)
        self.alarms.adopt(saved["alarms"])
        self.wake.restore(saved["wake"])
        if self.alarms.is_open(AlarmKind.OVERRUN):
            before = Plan(**saved["plan"])
            self.plan = self.plan.adopting(before.counts_from, before.cleared_at)
        return self.pass_until(start, and_at=True) + self.settle()


def _faults(saved: Mapping[str, Any]) -> dict[str, Fault]:
    return {part: Fault(**fault) for part, fault in saved["faults"].items()}


def _overuse(saved: Mapping[str, Any]) -> dict[str, Finding]:
    return {limit: Finding.restored(finding) for limit, finding in saved.get("overuse", {}).items()}
