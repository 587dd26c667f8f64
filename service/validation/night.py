"""A night lived through: signal, faults and people's acts pushed into a session, events heard."""

from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from itertools import count

import numpy as np

from monitor.alarm.catalogue import DEFAULT_POLICY
from monitor.alarm.record import State
from monitor.alarm.rules import AlarmKind
from monitor.domain.config import SessionConfig
from monitor.domain.events import (
    RESPONSE,
    AlarmChanged,
    Coverage,
    CoverageChanged,
    EpochScored,
    Event,
    Priority,
    WakeStep,
)
from monitor.domain.inputs import (
    Acknowledge,
    Chunk,
    Disposition,
    End,
    Gap,
    Health,
    Input,
    Resolve,
    Respond,
    Responder,
    Tick,
    Wake,
)
from monitor.session import MonitorSession
from monitor.staging.bundle import ModelBundle
from service.validation import people
from service.validation.bed import EPOCH, Bed
from service.validation.causes import SFREQ
from service.validation.lasting import as_scored
from service.validation.nights import NightPlan
from service.validation.people import Answer
from service.validation.records import CUE, Covered, Planted, Raised, Record
from service.validation.script import PEOPLE, Script, write_script

Act = Callable[[], Input | None]
"""What somebody does when its time has come; None: no need any more."""

_ROUNDS = frozenset({"CUE", "LISTEN", "RESPONDED", "HUMAN_ATTEND"})
_NEW = frozenset({"raised", "came_back"})
_ASKING = frozenset({State.ACTIVE_UNACK, State.RTN_UNACK})


def live_through(plan: NightPlan, bundle: ModelBundle) -> Record:
    """Live through a night and write down what was planted and what was said."""
    script = write_script(plan)
    planted, events = _Night(script, bundle, [plan.seed, plan.index, PEOPLE]).run()
    scored = [event.epoch for event in events if isinstance(event, EpochScored)]
    planted = [as_scored(p, script.stages, scored) for p in planted]
    raised, covered = _raised(events), _covered(events, script.length_s)
    return Record(plan.name, script.length_s, tuple(planted), raised, covered)


class _Night:
    """Steps from one thing that happens to the next; an epoch at most, a second while waking."""

    def __init__(self, script: Script, bundle: ModelBundle, seed: list[int]) -> None:
        montage = script.settings.montage
        config = SessionConfig(
            "dreamer",
            "validation",
            0.0,
            float(SFREQ),
            montage,
            script.planned_s,
            script.profile,
            live=False,
        )
        self._script, self._bed = script, Bed(script)
        self._session = MonitorSession(config, bundle)
        self._rng = np.random.default_rng(seed)
        self._rule = DEFAULT_POLICY.wake[script.profile]
        self._agenda: list[tuple[int, int, Act]] = []
        self._ids = count()
        self._alarms: dict[str, AlarmChanged] = {}
        self._answer = Answer()
        self._waking = self._awake = self._spoke = False
        self._lost_from: int | None = None
        self._planted = list(script.planted)
        self._events: list[Event] = []
        self._at = 0

    def run(self) -> tuple[list[Planted], list[Event]]:
        """Live from the first sample to the last."""
        self._hear(self._session.begin())
        self._note_script()
        end = round(self._script.length_s * SFREQ)
        while self._at < end:
            self._step(min(self._next(), end))
        self._push(End(self._at))
        return self._planted, self._events

    def _note_script(self) -> None:
        script = self._script
        for fault in script.faults:
            if fault.cause.part:
                self._at_sample(fault.first, partial(Health, fault.cause.part, "planted"))
                self._at_sample(fault.last, partial(Health, fault.cause.part))
            elif fault.effect is None:
                self._at_sample(fault.first, self._lose)
                self._at_sample(fault.last, self._find)
        if script.wake_at is not None:
            self._do(script.wake_at, lambda: Wake(command_id="wake"))
        if script.planned_s is not None:  # so that it is heard at its moment
            raised = script.planned_s + DEFAULT_POLICY.kinds[AlarmKind.OVERRUN].on_delay_s
            self._do(raised, _nothing)
            self._do(raised + self._rule.defer_s, _nothing)

    def _next(self) -> int:
        step = SFREQ if self._waking or self._lost_from is not None else EPOCH
        border = (self._at // step + 1) * step
        return min(border, self._agenda[0][0]) if self._agenda else border

    def _step(self, to: int) -> None:
        """Let signal, or nothing, come until this sample; then do what is due."""
        first, self._at = self._at, max(self._at, to)
        if self._lost_from is not None:
            self._push(Tick(self._at))
        elif first < self._at:
            self._push(Chunk(self._bed.signal(first, self._at), first))
        while self._agenda and self._agenda[0][0] <= self._at:
            act = heappop(self._agenda)[2]()
            if act is not None:
                self._push(act)

    def _push(self, item: Input) -> None:
        self._hear(self._session.push(item))

    def _hear(self, events: list[Event]) -> None:
        self._events += events
        for event in events:
            if isinstance(event, AlarmChanged):
                self._alarms[event.alarm_id] = event
                self._attend(event)
            elif isinstance(event, WakeStep) and event.step != RESPONSE:
                self._follow(event)

    # --- signal that does not come ----------------------------------------------------------------

    def _lose(self) -> None:
        self._lost_from = self._at

    def _find(self) -> Input | None:
        lost, self._lost_from = self._lost_from, None
        return None if lost is None else Gap(lost, self._at - lost, "planted")

    # --- the dreamer ------------------------------------------------------------------------------

    def _follow(self, step: WakeStep) -> None:
        self._waking = step.step in _ROUNDS
        if step.step != CUE:
            return
        if self._awake and self._spoke:
            self._do(step.at + self._rng.uniform(3, 10), self._speaks(self._answer.by))
        elif step.round == 1 and not self._awake:
            self._begin(step.at)
        if not self._awake:
            self._react(step.at)

    def _begin(self, at: float) -> None:
        script = self._script
        answer = people.draw_answer(self._rng, script.profile, self._rule, script.silent)
        self._answer = answer
        self._planted += people.planted_by(answer, at, script.profile, self._rule)
        if answer.wakes_s is not None and answer.word_s is not None:
            self._do(at + answer.wakes_s, self._wakes)
            self._do(at + answer.word_s, self._speaks(answer.by))
        if answer.dozes_s is not None:
            self._do(at + answer.dozes_s, self._dozes)

    def _react(self, at: float) -> None:
        reaction = people.draw_reaction(self._rng)
        if reaction is not None:
            self._bed.react(reaction, round(at * SFREQ))

    def _wakes(self) -> None:
        self._awake = True
        self._bed.wake(self._at)

    def _dozes(self) -> None:
        self._awake = False
        self._bed.doze_off(self._at)

    def _speaks(self, by: Responder) -> Act:
        command_id = f"answer {next(self._ids)}"

        def speak() -> Input | None:
            self._spoke = self._awake
            return Respond(command_id=command_id, by=by) if self._awake else None

        return speak

    # --- the technician ---------------------------------------------------------------------------

    def _attend(self, alarm: AlarmChanged) -> None:
        """Take on what asks for it; find out what needs a finding."""
        if alarm.state in _ASKING:
            self._later(alarm, people.draw_ack_s(self._rng), self._acknowledge)
        elif alarm.state == State.AWAIT_DISPOSITION or (
            alarm.kind == AlarmKind.UNRESPONSIVE and alarm.state == State.ACTIVE_ACK
        ):
            self._later(alarm, people.draw_resolve_s(self._rng), self._resolve)

    def _later(self, alarm: AlarmChanged, wait_s: float, act: Callable[[str], Input]) -> None:
        """Act on an alarm unless it has changed its state by then."""
        alarm_id, state = alarm.alarm_id, alarm.state
        self._do(
            alarm.at + wait_s,
            lambda: act(alarm_id) if self._alarms[alarm_id].state == state else None,
        )

    def _acknowledge(self, alarm_id: str) -> Input:
        version = self._alarms[alarm_id].version
        name = f"ack {next(self._ids)}"
        return Acknowledge(command_id=name, alarm_id=alarm_id, expected_version=version)

    def _resolve(self, alarm_id: str) -> Input:
        return Resolve(
            command_id=f"resolve {next(self._ids)}",
            alarm_id=alarm_id,
            expected_version=self._alarms[alarm_id].version,
            disposition=Disposition.MEDICAL_HELP_CALLED,
        )

    # --- the agenda -------------------------------------------------------------------------------

    def _do(self, at: float, act: Act) -> None:
        self._at_sample(round(at * SFREQ), act)

    def _at_sample(self, sample: int, act: Act) -> None:
        heappush(self._agenda, (sample, next(self._ids), act))


def _nothing() -> None:
    """Do nothing: the step ends at this moment."""


def _raised(events: list[Event]) -> tuple[Raised, ...]:
    """Return the alarms that were raised, and first cues."""
    alarms = [event for event in events if isinstance(event, AlarmChanged)]
    highest: dict[str, Priority] = {}
    for alarm in alarms:
        before = highest.setdefault(alarm.alarm_id, alarm.priority)
        highest[alarm.alarm_id] = max(before, alarm.priority, key=lambda priority: priority.rank)
    raised = [
        Raised(alarm.kind, alarm.source, alarm.at, highest[alarm.alarm_id])
        for alarm in alarms
        if alarm.reason.code in _NEW
    ]
    cues = [
        Raised(CUE, "", event.at, None)
        for event in events
        if isinstance(event, WakeStep) and event.step == CUE and event.round == 1
    ]
    return tuple(sorted([*raised, *cues], key=lambda r: r.at))


def _covered(events: list[Event], length_s: float) -> tuple[Covered, ...]:
    """Return how well the dreamer was watched, from the start to the end."""
    changes = [(e.at, e.coverage) for e in events if isinstance(e, CoverageChanged)]
    changes = [(0.0, Coverage.NOT_MONITORED), *((at, c) for at, c in changes if at < length_s)]
    ends = [*(at for at, _ in changes[1:]), length_s]
    return tuple(
        Covered(begin, end, coverage)
        for (begin, coverage), end in zip(changes, ends, strict=True)
        if begin < end
    )
