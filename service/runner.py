"""One thread a dreamer: reads the source at its pace, pushes, commits, publishes.

This is the only place with a clock. What a runner does reads top to bottom: `start`, `_run`
(`begin`, then `turn` and `answer` in turns), `stop`.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Event as Flag
from typing import Protocol

from monitor.domain.errors import CommandError, SourceError
from monitor.domain.events import Event, LiveStage, SessionChanged
from monitor.domain.inputs import Begin, Chunk, Command, End, Gap, Health, Input, Recall, Tick
from monitor.usage.record import SessionRecord
from service.entries import Entry, Telemetry, draft, live_stage
from service.pace import Pace
from service.policy import set_policy
from service.recorder import Recorder
from service.requests import Requests
from service.snapshots import pack
from service.store import ENDED, RUNNING, SessionRow, Store
from service.traces import Traces
from service.watch import Watch

logger = logging.getLogger(__name__)

MAX_WAIT_S = 0.1
"""Longest sleep, so that time passes smoothly when nothing comes; a command ends it at once."""

RECORDING, LAG = "recording", "lag"
"""Parts of the program as their troubles name them: the file of the signal, and keeping up."""

MAX_LAG_S = 30.0
"""Longest that one step may take (PIPELINE_FAULT: lag)."""

STALLED_S = 5.0
"""Seconds without a turn after which a runner no longer counts as watching (as for clients)."""


class Publisher(Protocol):
    """Who brings entries and telemetry to the clients."""

    def publish(self, entries: Sequence[Entry], /) -> None:
        """Take entries that are committed."""

    def tell(self, message: Telemetry, /) -> None:
        """Take a message that may be dropped."""


class Runner:
    """Feeds one session from its source and from people's commands.

    Parameters
    ----------
    watch : Watch
        The source and its session.
    store : Store
        Where events are committed, with the session's state, before anybody hears of them.
    listeners : sequence of Publisher
        Told of the committed entries, and of the stage now.
    clock : callable
        Monotonic seconds; jumps of the wall clock are never seen.
    is_looked_at : callable
        Whether somebody asks for the signal itself now.
    """

    def __init__(
        self,
        watch: Watch,
        store: Store,
        listeners: Sequence[Publisher],
        clock: Callable[[], float] = time.monotonic,
        is_looked_at: Callable[[], bool] = lambda: False,
    ) -> None:
        self.dreamer = watch.spec.dreamer
        self._watch = watch
        self._source = watch.source
        self._session = watch.session
        self._listeners = listeners
        self._clock = clock
        self._pace = Pace(watch.source.sfreq, 1.0 if watch.source.live else watch.spec.speed)
        self._paced = not watch.source.live
        self._status = RUNNING
        self._reached = 0
        self._inputs: deque[Input] = deque()
        self._requests = Requests(self.dreamer)
        self._stopping = Flag()
        self._recording = watch.recording
        self._traces = Traces(watch.session.config, is_looked_at)
        self._troubles: dict[str, str] = {}
        self._recorder = Recorder(store, self._stopping.wait)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=self.dreamer)
        self._running: Future[None] | None = None
        self._turned_at: float | None = None
        self._died_of: str | None = None
        self._source_failed: str | None = None

    def start(self) -> None:
        """Begin watching, in a thread of its own whose end never goes unseen."""
        self._running = self._thread.submit(self._run)
        self._running.add_done_callback(self._finished)

    def stop(self) -> None:
        """End watching after the turn under way; the session can be resumed."""
        self._stopping.set()
        self._requests.interrupt()
        self._thread.shutdown()
        if self._recording is not None:
            self._recording.close()

    def give_up(self, why: str) -> None:
        """Count as died: nothing else watches the dreamer yet."""
        self._died_of = why

    def submit(self, command: Command) -> Future[list[Entry]]:
        """Have a command carried out between two inputs; from any thread.

        The future holds the entries that came of it, none when it was carried out before, or the
        `CommandError`.
        """
        answer = self._requests.put(command)
        if self._running is not None and self._running.done():
            self._requests.refuse()
        return answer

    def hear(self, told: Health | Recall | Begin) -> None:
        """Take how a part around the session is, what lies behind it, or who began it.

        From any thread.
        """
        self._requests.put(told)

    @property
    def night(self) -> str:
        """Name of the session's night in the account."""
        return self._watch.night

    @property
    def record(self) -> SessionRecord:
        """What the account keeps of the session, under that name; from any thread."""
        return replace(self._session.record, session=self.night)

    @property
    def session(self) -> str:
        """Id of the session."""
        return self._session.config.session

    @property
    def ended(self) -> bool:
        """Whether the session has ended; its alarms may still be open."""
        return self._status == ENDED

    @property
    def died_of(self) -> str | None:
        """What ended the thread that nobody had told to end."""
        return self._died_of

    @property
    def live(self) -> bool:
        """Whether somebody lies there now, and no recording is replayed."""
        return self._source.live

    @property
    def watching(self) -> bool:
        """Whether the source is being read now."""
        return self._turned_at is not None and self.failure is None

    @property
    def failure(self) -> str | None:
        """Why the source is not read: what it or its thread died of, or what holds it up."""
        failed = self._died_of or self._source_failed or self._recorder.failure
        if why := failed or self._source.trouble:
            return why
        still = 0.0 if self._turned_at is None else self._clock() - self._turned_at
        return f"no sign of life for {still:.0f} s" if still > STALLED_S else None

    def begin(self) -> None:
        """Announce the session, with what it inherits and what was lost since it last ran."""
        self._record([*self._watch.inherited, *self._session.begin()])
        self._push(set_policy(self._watch.policy))
        self._push(Recall(self._watch.past))
        self._push(Health(RECORDING))
        if self._watch.lost is not None:
            self._push(self._watch.lost)
        self._reached = self._session.position
        self._pace.anchor(self._reached, self._clock())

    def turn(self) -> float:
        """Push the next input if it is due; return for how many seconds nothing will be."""
        now = self._turned_at = self._clock()
        wait = self._pace.wait_s(self._reached, now) if self._paced else 0.0
        item = self._next(now) if wait == 0 else None
        if item is None:
            return min(wait or MAX_WAIT_S, MAX_WAIT_S)
        self._push_own(item)
        took = self._clock() - now
        self._say(LAG, f"one step took {took:.0f} s" if took > MAX_LAG_S else "")
        return 0.0

    def answer(self, timeout: float) -> None:
        """Carry out a command; wait for one at most `timeout` seconds."""
        self._requests.answer(self._push, timeout)

    def _run(self) -> None:
        self.begin()
        while not self._stopping.is_set():
            self.answer(self.turn())

    def _next(self, now: float) -> Input | None:
        """Return what comes next: signal, the end, or the passing of time."""
        alive = self._status == RUNNING and self._source_failed is None
        if alive and not self._inputs:
            came = self._read(now)
            if came is None:
                return End(self._reached)
            self._inputs.extend(came)
        if self._inputs:
            return self._inputs.popleft()
        return self._tick(now) if self._source.live or not alive else None

    def _read(self, now: float) -> list[Input] | None:
        """Read the source; one that fails falls silent, and time alone raises what it must."""
        try:
            return self._source.read()
        except SourceError as error:
            self._source_failed = str(error)
            logger.error("%s: the source has failed: %s", self.dreamer, error)
            self._go_on_without(now)
            return []

    def _go_on_without(self, now: float) -> None:
        """Go on without the source, at the speed at which people answer alarms."""
        self._paced = False
        self._pace = Pace(self._source.sfreq, 1.0)
        self._pace.anchor(self._reached, now)

    def _tick(self, now: float) -> Tick | None:
        """Return a tick once a second of session time has passed without a sample."""
        sample = self._pace.sample(now)
        return Tick(sample) if sample >= self._reached + self._source.sfreq else None

    def _push_own(self, item: Input) -> None:
        """Push what came from the source; its dreamer may act when nothing asks for it."""
        try:
            self._push(item)
        except CommandError as error:
            logger.info("%s: %s", self.dreamer, error)
        self._keep(item)
        self._show(item)
        if isinstance(item, Chunk | Gap):
            self._reached = item.first_sample + item.n_samples
            if self._source.live:
                self._pace.anchor(self._reached, self._clock())
        elif isinstance(item, Tick):
            self._reached = item.sample

    def _keep(self, item: Input) -> None:
        """Record what came; a recording in trouble is a fault of the pipeline, told as one."""
        if self._recording is None:
            return
        self._recording.push(item)
        self._say(RECORDING, self._recording.trouble)

    def _show(self, item: Input) -> None:
        """Tell of the signal itself, when somebody looks."""
        if (message := self._traces.push(item, self._clock())) is not None:
            for listener in self._listeners:
                listener.tell(message)

    def _say(self, part: str, trouble: str) -> None:
        """Push how a part of the program is, when that has changed."""
        if self._troubles.get(part, "") != trouble:
            self._troubles[part] = trouble
            self._push(Health(part, trouble))

    def _push(self, item: Input) -> list[Entry]:
        return self._record(self._session.push(item))

    def _record(self, events: Sequence[Event]) -> list[Entry]:
        """Commit events together with the state they led to; only then tell anybody."""
        if any(isinstance(e, SessionChanged) and e.status == ENDED for e in events):
            self._status = ENDED
            self._inputs.clear()  # what was read ahead comes too late
            self._go_on_without(self._clock())
        session = self._session.config.session
        drafts = [draft(e, session) for e in events if not isinstance(e, LiveStage)]
        entries = self._recorder.commit(self._row(), drafts, self.record) if drafts else []
        for listener in self._listeners if entries else ():
            listener.publish(entries)
        self._tell([e for e in events if isinstance(e, LiveStage)])
        for event in events:
            self._source.notify(event)
        if self._recording is not None:
            self._recording.note(events)
        return entries

    def _tell(self, stages: Sequence[LiveStage]) -> None:
        """Tell the newest of the live stages; the others have passed already."""
        for stage in stages[-1:]:
            message = live_stage(stage, self.dreamer, self._session.config.session)
            for listener in self._listeners:
                listener.tell(message)

    def _row(self) -> SessionRow:
        config = self._session.config
        return SessionRow(
            session=config.session,
            dreamer=self.dreamer,
            spec=self._watch.spec.text,
            start=config.start,
            status=self._status,
            snapshot=pack(self._session.snapshot()),
        )

    def _finished(self, running: Future[None]) -> None:
        """Say why the thread has ended, if it was not told to; nobody waits for it in vain."""
        if error := running.exception():
            self._died_of = f"{type(error).__name__}: {error}"
            logger.error("%s is no longer monitored: %s", self.dreamer, error, exc_info=error)
        self._requests.refuse()
