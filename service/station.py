"""Everything one service runs: the store, the runners, the hub, the heartbeat."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from monitor.domain.errors import DreamwatchError, NotAllowed, UnknownAlarm
from monitor.domain.events import Coverage, Reason
from monitor.domain.inputs import Begin, Command
from monitor.sources.base import Source
from monitor.sources.spec import SourceSpec, parse_spec
from monitor.staging.bundle import load_bundle
from service.beds import close_all, one_each
from service.caretaker import Caretaker
from service.entries import HEARTBEAT, Entry, Telemetry, telemetry
from service.errors import NotWatched, StoreError
from service.hub import Filter, Hub
from service.overview import Overview
from service.policy import PolicyFile, describe, load_policy
from service.retention import forget_older
from service.reviver import Reviver
from service.runner import Publisher, Runner
from service.settings import Settings
from service.store import Store
from service.usage.accounts import Accounts
from service.usage.memory import Memory
from service.watch import open_watch
from service.watchdog import Watchdog
from service.webhook import Webhook

logger = logging.getLogger(__name__)

HEARTBEAT_S = 1.0
FORGET_EVERY_S = 3_600.0
DAY_S = 86_400.0
PAGES = 2
"""Most pages of the log that are read at the same time: those who follow it live come first."""
ANSWER_WITHIN_S = 5.0
"""Longest wait for a command to be carried out; then its sender is told that nobody is there."""


class Station:
    """The service behind its routes.

    Parameters
    ----------
    settings : Settings
        Which sources, which data directory, which bounds.
    clock : callable
        Monotonic seconds, for the runners.
    wall : callable
        Unix seconds: starts of sessions and the time of heartbeats.

    Raises
    ------
    DreamwatchError
        When the data directory is in use, a source cannot be opened, or the model is missing.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self._wall = wall
        self._clock = clock
        self._specs = one_each(map(parse_spec, settings.sources))
        self._beginning = asyncio.Lock()
        self.paging = asyncio.Semaphore(PAGES)
        """To be held while a page of the log is read."""
        self._begun: dict[str, str] = {}
        with ExitStack() as opened:
            self.store = opened.enter_context(Store(settings.data_dir))
            self.hub = Hub(_overview(self.store), settings.client_queue)
            self._bundle = load_bundle()
            policy = load_policy(settings.policy)
            webhook = _webhook(settings, opened)
            self._listeners = [self.hub, *_outlets(settings), *([webhook] if webhook else [])]
            self._sources: dict[str, Source] = {}
            opened.callback(close_all, self._sources)
            self.runners: dict[str, Runner] = {}
            self.accounts = Accounts(self.store, self.runners, settings.time_zone)
            self.memory = Memory(self.store, self.runners, settings.time_zone)
            self._reviver = Reviver(self.runners, self._revive)
            for spec in self._specs.values():
                self._take_up(spec, policy)
            self._caretaker = Caretaker(self.runners, webhook, settings.policy, policy)
            self._watchdog = Watchdog(
                settings.watchdog_url, settings.watchdog_file, settings.watchdog_s
            )
            self._opened = opened.pop_all()

    def _take_up(self, spec: SourceSpec, policy: PolicyFile) -> Runner:
        """Take up the watch over a dreamer, without starting it yet."""
        zone = self.settings.time_zone
        watch = open_watch(spec, self._bundle, self.store, self._wall(), policy, zone)
        self._sources[spec.dreamer] = watch.source
        seen = partial(self.hub.looked_at, spec.dreamer)
        runner = Runner(watch, self.store, self._listeners, self._clock, seen)
        self.runners[spec.dreamer] = runner
        return runner

    def start(self) -> None:
        """Start every runner; to be called in the event loop."""
        self.hub.bind(asyncio.get_running_loop())
        for runner in self.runners.values():
            runner.start()

    def stop(self) -> None:
        """Stop every runner, then close sources and store."""
        for runner in self.runners.values():
            runner.stop()
        self._opened.close()

    async def beat(self) -> None:
        """Send a heartbeat each second for ever."""
        while True:
            for scope in self.hub.scopes:
                self.hub.tell(self.heartbeat(scope))
            await asyncio.sleep(HEARTBEAT_S)

    async def tend(self) -> None:
        """Look after the runners each second for ever."""
        while True:
            self._caretaker.look(self._clock(), self.hub.attended)
            await asyncio.sleep(HEARTBEAT_S)

    async def remember(self) -> None:
        """Tell the runners each second for ever what has changed in the accounts."""
        while True:
            try:
                await asyncio.to_thread(self.memory.look)
            except StoreError as error:
                logger.error("the accounts cannot be read for now: %s", error)
            await asyncio.sleep(HEARTBEAT_S)

    async def begin_session(self, dreamer: str, begin: Begin, planned_s: float | None) -> str:
        """Begin a dreamer's next session, if the limits allow it; return its id.

        The same command again returns the same session.

        Raises
        ------
        NotWatched
            When no source was given for this dreamer.
        NotAllowed
            When a session is under way.
        NotAdmitted
            When no new session may start.
        SourceError
            When the source cannot be opened; the session begins as soon as it can.
        """
        spec = self._specs.get(dreamer)
        if spec is None:
            raise NotWatched(f"{dreamer} is not monitored by this service now")
        async with self._beginning:
            before = self.runners[dreamer]
            if self._begun.get(dreamer) == begin.command_id:
                return before.session
            arguments = dreamer, "begin", begin.command_id
            if begun := await asyncio.to_thread(self.store.session_of_command, *arguments):
                return begun
            if not before.ended:
                raise NotAllowed(f"a session of {dreamer} is under way")
            planned = spec.planned_s if planned_s is None else planned_s
            await asyncio.to_thread(self.accounts.admit, dreamer, self._wall(), planned)
            self._specs[dreamer] = replace(spec, planned_s=planned)
            try:
                runner = await asyncio.to_thread(self._succeed, self._specs[dreamer])
            except DreamwatchError as error:
                before.give_up(str(error))  # the reviver tries again
                raise
            runner.hear(begin)
            runner.start()
            self._begun[dreamer] = begin.command_id
            return runner.session

    def _succeed(self, spec: SourceSpec) -> Runner:
        """Put another session in the place of one that has ended."""
        self.runners[spec.dreamer].stop()
        self._sources[spec.dreamer].close()
        return self._take_up(spec, self._caretaker.policy)

    async def revive(self) -> None:
        """Start anew each second for ever what has died."""
        while True:
            async with self._beginning:
                await asyncio.to_thread(self._reviver.look, self._clock())
            await asyncio.sleep(HEARTBEAT_S)

    def _revive(self, dreamer: str) -> Runner:
        """Go on from the last commit of a runner that has died."""
        runner = self._succeed(self._specs[dreamer])
        runner.start()
        return runner

    async def give_signs(self) -> None:
        """Give signs of life to the outside for ever, as long as everybody is watched."""
        while True:
            now = self._clock()
            if self.ready and self._watchdog.is_due(now):
                await asyncio.to_thread(self._watchdog.sign, now)
            await asyncio.sleep(HEARTBEAT_S)

    async def forget(self) -> None:
        """Forget each hour for ever what is too old, and dreamers of whom nothing is left."""
        while True:
            try:
                kept = await asyncio.to_thread(self._forget)
                self.hub.forget_through(await asyncio.to_thread(self.store.forgotten))
            except StoreError as error:
                logger.error("nothing is forgotten for now: %s", error)
            else:
                for dreamer in self.hub.overview.heads.keys() - kept - self.runners.keys():
                    self.hub.forget(dreamer)
            await asyncio.sleep(FORGET_EVERY_S)

    def _forget(self) -> set[str]:
        """Forget what is too old; return of whom something is left."""
        days, now = self.settings.retention_days, self._wall()
        if days is not None:
            forget_older(self.settings.data_dir, now - days * DAY_S, "retention", now)
        return set(self.store.dreamers())

    def heartbeat(self, scope: str | None = None) -> Telemetry:
        """Write the coverage now, why for those whom nobody watches, and the log's heads.

        Of everybody, or for who may hear of one dreamer only. Who gets it has been sent all
        entries up to its cursor: what is missing then is lost.
        """
        chosen = [dreamer for dreamer in self.dreamers if scope in (None, dreamer)]
        heads, coverage = self.hub.overview.heads, self.coverage()
        reasons = {dreamer: self._not_watched(dreamer) for dreamer in chosen}
        data = {
            "cursor": {dreamer: heads[dreamer] for dreamer in chosen if dreamer in heads},
            "coverage": {dreamer: coverage[dreamer] for dreamer in chosen},
            "reasons": {dreamer: asdict(reason) for dreamer, reason in reasons.items() if reason},
        }
        return replace(telemetry(HEARTBEAT, self._wall(), data), dreamer=scope)

    @property
    def dreamers(self) -> list[str]:
        """Everybody who is or was watched, in order of their names."""
        return sorted(self.hub.overview.heads.keys() | self.runners.keys())

    @property
    def ready(self) -> bool:
        """Whether every source is being read."""
        return all(runner.watching for runner in self.runners.values())

    @property
    def failures(self) -> dict[str, str]:
        """Why a source is no longer read, for each that is not."""
        found = {dreamer: runner.failure for dreamer, runner in self.runners.items()}
        return {dreamer: failure for dreamer, failure in found.items() if failure}

    def coverage(self) -> dict[str, Coverage]:
        """Return how far each dreamer is watched over now; without a live runner, not at all."""
        return {
            dreamer: self.hub.overview.coverage(dreamer, self._not_watched(dreamer))
            for dreamer in self.dreamers
        }

    def describe(self, dreamer: str) -> dict[str, Any]:
        """Return how one dreamer is now."""
        return self.hub.overview.dreamer(dreamer, self._not_watched(dreamer))

    def snapshot(self, wanted: Filter) -> Telemetry:
        """Write the message that stands in for everything before it."""
        chosen = [dreamer for dreamer in self.dreamers if wanted.wants_dreamer(dreamer)]
        heads = self.hub.overview.heads
        cursor = {dreamer: heads[dreamer] for dreamer in chosen if dreamer in heads}
        data = {"cursor": cursor, "dreamers": [self.describe(dreamer) for dreamer in chosen]}
        return telemetry("snapshot", self._wall(), data)

    @property
    def now(self) -> float:
        """Wall clock, seconds of Unix time."""
        return self._wall()

    def policy(self) -> dict[str, Any]:
        """Return the policy in force."""
        return describe(self._caretaker.policy)

    async def carry_out(self, dreamer: str, command: Command) -> list[Entry]:
        """Have a command carried out; return what came of it.

        Raises
        ------
        CommandError
            When it cannot be.
        NotWatched
            When no live source watches the dreamer.
        """
        runner = self.runners.get(dreamer)
        if runner is None:
            raise NotWatched(f"{dreamer} is not monitored by this service now")
        answer = asyncio.wrap_future(runner.submit(command))
        try:
            return await asyncio.wait_for(answer, ANSWER_WITHIN_S)
        except TimeoutError as error:
            text = f"the monitor of {dreamer} has not answered within {ANSWER_WITHIN_S:g} s"
            raise NotWatched(text) from error

    def dreamer_of(self, alarm_id: str) -> str:
        """Return whose alarm it is; the id begins with the dreamer's.

        Raises
        ------
        UnknownAlarm
            When no dreamer has that name.
        """
        dreamer = alarm_id.partition(":")[0]
        if dreamer not in self.dreamers:
            raise UnknownAlarm(f"there is no alarm {alarm_id!r}")
        return dreamer

    def version_of(self, alarm_id: str) -> int | None:
        """Return the version that an alarm has now, None when there is no such alarm."""
        return self.store.version_of(alarm_id.partition(":")[0], alarm_id)

    def _not_watched(self, dreamer: str) -> Reason | None:
        """Return why nobody watches a dreamer now, whatever the log says last; None: it is."""
        runner = self.runners.get(dreamer)
        if runner is None:
            return Reason("not_watched", "no source watches this dreamer now")
        if runner.watching:
            return None
        return Reason("not_watched", runner.failure or "its source has not been read yet")


def _webhook(settings: Settings, opened: ExitStack) -> Webhook | None:
    if not settings.webhook_url:
        return None
    webhook = Webhook(settings.webhook_url, settings.webhook_secret.get_secret_value())
    opened.callback(webhook.close)
    return webhook


def _outlets(settings: Settings) -> list[Publisher]:
    if not settings.lsl_outlet:
        return []
    from service.lsl_outlet import LslOutlet  # an extra

    return [LslOutlet(settings.lsl_outlet)]


def _overview(store: Store) -> Overview:
    overview = Overview()
    for dreamer in store.dreamers():
        for entry in store.latest(dreamer):
            overview.apply(entry)
    return overview
