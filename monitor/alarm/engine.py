"""The alarm engine of one dreamer: what is known comes in, alarms and wake steps come out.

It has no clock. Whatever time it is told, it first lets every timer that fell due before fire in
order, each at its own moment, so one long step gives the same events as many short ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.alarm.attend import attend
from monitor.alarm.bedside import Bedside, Witness
from monitor.alarm.catalogue import DEFAULT_POLICY
from monitor.alarm.contacts import SECOND_S, Contacts
from monitor.alarm.eeg import grade
from monitor.alarm.faults import heard
from monitor.alarm.plan import Plan
from monitor.alarm.record import Alarm
from monitor.alarm.register import AlarmRegister
from monitor.alarm.rules import Policy
from monitor.alarm.times import ms
from monitor.alarm.wake import WakeProtocol
from monitor.alarm.wake_steps import Call
from monitor.domain.contact import Activity, Second
from monitor.domain.epoch import ScoredEpoch
from monitor.domain.errors import CommandError, SnapshotError
from monitor.domain.events import CommandDone, Event
from monitor.domain.inputs import (
    Command,
    Finish,
    Health,
    Profile,
    Resolve,
    Respond,
    SetPolicy,
    Unresponsive,
    Wake,
)
from monitor.domain.montage import Montage
from monitor.domain.usage import Breach

MAX_COMMAND_IDS = 1_000
"""Ids of commands remembered to carry each out once [D]: one a minute for more than 16 hours."""


class AlarmEngine:
    """Conditions, alarms and the wake protocol of one dreamer in one session.

    All times are Unix seconds on the session's sample clock, taken to the millisecond; time never
    goes back: an earlier time counts as the latest one.

    Parameters
    ----------
    dreamer : str
        Whom it watches.
    montage : Montage
        The channels of every `Second`.
    start : float
        Start of the session.
    planned_s : float or None
        Planned length of the session in s; None where there is no plan.
    profile : {"adult", "child"}
        Whose wake protocol applies.
    policy : Policy
        Every number.
    witness : Witness or None
        Tells what the EEG showed after a cue; None where nobody can.
    """

    def __init__(
        self,
        dreamer: str,
        montage: Montage,
        *,
        start: float,
        planned_s: float | None,
        profile: Profile = "adult",
        policy: Policy = DEFAULT_POLICY,
        witness: Witness | None = None,
    ) -> None:
        self._start = ms(start)
        self._done: dict[str, None] = {}
        self._profile: Profile = profile
        self._policy = ""
        self._bed = Bedside(
            self._start,
            Contacts(montage, self._start),
            Plan.of(self._start, planned_s),
            WakeProtocol(policy.wake[profile]),
            AlarmRegister(dreamer, policy),
            policy,
            witness,
        )

    @property
    def open_alarms(self) -> tuple[Alarm, ...]:
        """Raised and not resolved, the gravest first, then the oldest."""
        return self._bed.alarms.open

    @property
    def rounds(self) -> int:
        """Rounds that the wake protocol has needed in this session, at most."""
        return self._bed.rounds

    def under_way(self, at: float) -> list[Event]:
        """Say where an adopted wake protocol stands."""
        return [*self._bed.wake.under_way(ms(at))]

    def observe(self, second: Second) -> list[Event]:
        """Take what one second of signal says of every channel, and of the EEG."""
        if self.pass_quietly(second):
            return []
        bed, at = self._bed, ms(second.at)
        events = bed.pass_until(at, and_at=False)
        begin = ms(at - SECOND_S)
        unseen = begin > bed.contacts.seen_until
        bed.eeg.push(second, bed.policy.eeg, begin, unseen=unseen)
        bed.contacts.push(at, second.contact)
        return events + bed.settle()

    def pass_quietly(self, last: Second, count: int = 1) -> bool:
        """Take `count` seconds alike up to `last` if nothing follows from any; else do nothing."""
        bed, at = self._bed, ms(last.at)
        quiet = bed.now <= at - (count - 1) * SECOND_S and at < bed.quiet_until
        quiet = quiet and bed.eeg.is_same(last, bed.policy.eeg)
        if not quiet or not bed.contacts.push_same(at, last.contact, count):
            return False
        bed.eeg.measure(last)
        bed.now = at
        return True

    def grade(self, activity: Activity) -> NDArray[np.int8]:
        """Tell which seconds of signal say the same of the EEG; shape (n_seconds, n_grades)."""
        return grade(activity, self._bed.policy.eeg)

    def score(self, at: float, epoch: ScoredEpoch) -> list[Event]:
        """Take a newly scored epoch that ends at `at`; timers of that moment have fired before."""
        bed, rule = self._bed, self._bed.policy.eeg
        before = bed.plan, bed.stages.too_long(rule)
        events = bed.pass_until(ms(at), and_at=True)
        events += bed.sleep(epoch.stage, ms(self._start + epoch.onset_s))
        changed = before != (bed.plan, bed.stages.too_long(rule))
        if not (events or changed) and bed.now < bed.quiet_until:
            return []
        return events + bed.settle()

    def hear(self, at: float, health: Health) -> list[Event]:
        """Take what a part of the program says of itself."""
        events = self._bed.pass_until(ms(at), and_at=True)
        self._bed.faults = heard(self._bed.faults, health, self._bed.now)
        return events + self._bed.settle()

    def use(self, at: float, breaches: Sequence[Breach]) -> list[Event]:
        """Take which limits of dream use are broken now; all others are kept."""
        return self._bed.pass_until(ms(at), and_at=True) + self._bed.use(breaches)

    def advance(self, at: float) -> list[Event]:
        """Let time alone pass; what falls due fires in order."""
        return self._bed.pass_until(ms(at), and_at=True)

    def end(self, at: float) -> list[Event]:
        """End the source: signal, stage and plan say nothing new; timers and the wake go on."""
        events = self._bed.pass_until(ms(at), and_at=True)
        self._bed.ended = True
        return events + self._bed.forget_stage() + self._bed.settle()

    def command(self, at: float, command: Command) -> list[Event]:
        """Carry out what a person asks; a repeated `command_id` does nothing.

        Raises
        ------
        UnknownAlarm, StaleVersion, NotAllowed
            The command is refused; it has then changed nothing, not even the time.
        """
        if command.command_id in self._done or self._is_followed(command):
            return []
        before = self.snapshot()
        try:
            return self._carry_out(ms(at), command)
        except CommandError:
            self.restore(before)
            raise

    def snapshot(self) -> dict[str, Any]:
        """Everything the next input depends on, as JSON values."""
        dreamer = self._bed.alarms.dreamer
        return {
            "dreamer": dreamer,
            "done": list(self._done),
            "policy": self._policy,
            "bed": self._bed.snapshot(),
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Go on from a `snapshot` of the same session; nothing is resolved by that.

        Raises
        ------
        SnapshotError
            When it is another dreamer's or montage's, or damaged.
        """
        self._take(snapshot)
        try:
            self._bed.restore(snapshot["bed"])
        except (KeyError, TypeError, ValueError) as error:
            raise SnapshotError(f"the saved alarms do not fit this session: {error}") from error

    def adopt(self, snapshot: Mapping[str, Any]) -> list[Event]:
        """Take over what the dreamer's previous session left open, from its `snapshot`.

        Open alarms, the wake protocol and an overrun go on with their deadlines; those that have
        passed fire at once, in order, each at its own time.

        Raises
        ------
        SnapshotError
            When it is another dreamer's, damaged, or later than this session's start.
        """
        self._take(snapshot)
        try:
            return self._bed.adopt(snapshot["bed"])
        except (KeyError, TypeError, ValueError) as error:
            raise SnapshotError(f"the previous session's alarms do not fit: {error}") from error

    def _take(self, snapshot: Mapping[str, Any]) -> None:
        dreamer = self._bed.alarms.dreamer
        if snapshot.get("dreamer") != dreamer:
            raise SnapshotError(
                f"the saved alarms are {snapshot.get('dreamer')!r}'s, not {dreamer!r}'s"
            )
        self._done = dict.fromkeys(snapshot.get("done", ()))
        self._policy = str(snapshot.get("policy", ""))

    def _carry_out(self, at: float, command: Command) -> list[Event]:
        events = self._bed.pass_until(at, and_at=True)
        followed, detail = self._follow(command)
        self._done[command.command_id] = None
        if len(self._done) > MAX_COMMAND_IDS:
            del self._done[next(iter(self._done))]
        name, now = type(command).__name__.lower(), self._bed.now
        done = CommandDone(now, command.command_id, name, command.actor, detail)
        return [*events, done, *followed, *self._bed.settle()]

    def _is_followed(self, command: Command) -> bool:
        return isinstance(command, SetPolicy) and command.digest == self._policy

    def _follow(self, command: Command) -> tuple[list[Event], dict[str, Any]]:
        """Do what the command says; return what follows, and what the log should keep of it."""
        match command:
            case Wake(actor=actor):
                steps = self._bed.call(Call.COMMANDED, actor=actor)
                return steps, {"started": bool(steps)}
            case SetPolicy(policy=policy, digest=digest, differs=differs):
                self._bed.follow(policy, self._profile)
                self._policy = digest
                return [], {"digest": digest, "differs": differs}
            case Unresponsive(actor=actor):
                steps = self._bed.call(Call.DECLARED, actor=actor)
                return steps, {"started": bool(steps)}
            case Finish():
                self._bed.check_calm()
                return [], {}
            case Respond(by=by, actor=actor):
                steps = self._bed.call(Call.RESPONSE, by, actor)
                return steps, {"by": by.value, "counted": bool(steps)}
        alarm, changed = self._bed.alarms.command(self._bed.now, command)
        steps = attend(self._bed, alarm, command) if isinstance(command, Resolve) else []
        hidden = ("command_id", "actor", "expected_version")
        detail = {name: v for name, v in asdict(command).items() if name not in hidden}
        return [*changed, *steps], detail
