"""Plays a short story to the alarm engine and tells what came out, one line an event.

A story is one step a line; time runs from 0 s::

    good 60                     60 s of good signal (also: lost, railed, flat, noise)
    off C3-M2 12                12 s in which only that channel is railed
    bad C3-M2 C4-M1 12          12 s in which these channels are railed
    gone C3-M2 12               12 s in which only these channels are missing
    eeg 0.7 ? 90                90 s of good signal, suppression ratio 0.7, swing not known
    wait 120                    120 s in which nothing comes at all
    stage N3 4                  4 epochs of good signal scored N3
    blind W 4                   4 epochs without signal scored W
    trouble recording           the recording says that it does not work (well recording: it does)
    use soft sleep_24h_min      the account finds these limits broken (use: none)
    scored N2                   the epoch that ends now is scored N2
    wake / respond button / unresponsive / finish / end
    pause KIND 60 / lower KIND                                   (its sound; its escalation)
    ack KIND / shelve KIND 600 / resolve KIND woken_verified     (at the version it has)

What comes out reads "15 SIGNAL_LOST ACTIVE_UNACK medium raised", with "L1" where the escalation
level is 1, "60 wake CUE 2 unanswered", or "refused NotAllowed". ``alarm_stories.txt`` holds many
stories, each step followed by what it must bring, indented; "only" names what a story is about,
"with" its engine's options.
"""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from monitor.alarm.catalogue import DEFAULT_POLICY
from monitor.alarm.engine import AlarmEngine
from monitor.alarm.record import Alarm
from monitor.alarm.rules import Policy
from monitor.domain.contact import Contact, Second
from monitor.domain.epoch import ScoredEpoch
from monitor.domain.errors import CommandError
from monitor.domain.events import AlarmChanged, Event, WakeStep
from monitor.domain.inputs import (
    Acknowledge,
    Command,
    Deescalate,
    Disposition,
    Finish,
    Health,
    PauseAudio,
    Profile,
    Resolve,
    Respond,
    Responder,
    Shelve,
    Unresponsive,
    Wake,
)
from monitor.domain.montage import Montage
from monitor.domain.response import Cue, Grade, Response
from monitor.domain.stage import EPOCH_S, Stage
from monitor.domain.usage import Breach

CH_NAMES = ("C3-M2", "C4-M1", "EOG E1")
START = 1_700_000_000.25
_WORDS = {
    "good": Contact.GOOD,
    "lost": Contact.MISSING,
    "railed": Contact.RAILED,
    "flat": Contact.FLAT,
    "noise": Contact.NOISE,
}


def make_engine(
    planned_s: float | None = None,
    profile: Profile = "adult",
    policy: Policy = DEFAULT_POLICY,
    start: float = START,
    ch_names: tuple[str, ...] = CH_NAMES,
    shows: str = "",
) -> AlarmEngine:
    """Return an engine of the dreamer bed-7; "none:N2" is what its EEG shows of any cue."""
    return AlarmEngine(
        "bed-7",
        Montage.from_names(ch_names),
        start=start,
        planned_s=planned_s,
        profile=profile,
        policy=policy,
        witness=_witness(*shows.split(":")) if shows else None,
    )


def _witness(grade: str, stage: str) -> Callable[[Cue], Response]:
    return lambda _cue: Response(Grade(grade), Stage(stage), "a test")


class Player:
    """Feeds steps of a story to an engine and keeps its own clock."""

    def __init__(self, engine: AlarmEngine, at: float = 0.0, start: float = START) -> None:
        self.engine = engine
        self.at = at
        self.start = start
        self.events: list[Event | CommandError] = []
        self._commands = 0

    def play(self, story: str) -> "Player":
        for line in story.strip().splitlines():
            word, *rest = line.split()
            try:
                self.events += getattr(self, f"_{word}", self._signal)(word, *rest)
            except CommandError as error:
                self.events.append(error)
        return self

    def alarm(self, kind: str) -> Alarm:
        return next(a for a in self.engine.open_alarms if kind in (a.kind, *a.source.split()[:1]))

    def lines(self) -> list[str]:
        return [told for event in self.events for told in tell(event)]

    @property
    def now(self) -> float:
        return START + self.at

    def seconds(self, contact: list[Contact], count: float, *eeg: float) -> Iterator[Event]:
        for _ in range(int(count)):
            self.at += 1
            yield from self.engine.observe(Second(self.now, np.array(contact, np.int8), *eeg))

    def command(self, command: Command) -> list[Event]:
        return self.engine.command(self.now, command)

    def fresh_id(self) -> str:
        self._commands += 1
        return f"c{self._commands}"

    def _signal(self, word: str, count: str) -> list[Event]:
        return list(self.seconds([_WORDS[word]] * len(CH_NAMES), float(count)))

    def _eeg(self, _word: str, ratio: str, swing_uv: str, count: str) -> list[Event]:
        measures = (math.nan if value == "?" else float(value) for value in (ratio, swing_uv))
        return list(self.seconds([Contact.GOOD] * len(CH_NAMES), float(count), *measures))

    def _bad(self, _word: str, *rest: str, as_: Contact = Contact.RAILED) -> list[Event]:
        *names, count = rest
        contact = [as_ if name in names else Contact.GOOD for name in CH_NAMES]
        return list(self.seconds(contact, float(count)))

    def _off(self, _word: str, *rest: str) -> list[Event]:
        *name, count = rest
        return self._bad("bad", " ".join(name), count)

    def _gone(self, word: str, *rest: str) -> list[Event]:
        return self._bad(word, *rest, as_=Contact.MISSING)

    def _wait(self, _word: str, count: str) -> list[Event]:
        self.at += float(count)
        return self.engine.advance(self.now)

    def _stage(self, _word: str, stage: str, count: str) -> list[Event]:
        events: list[Event] = []
        for _ in range(int(count)):
            events += self._signal("good", str(EPOCH_S))
            events += self.score(Stage(stage))
        return events

    def _blind(self, _word: str, stage: str, count: str) -> list[Event]:
        events: list[Event] = []
        for _ in range(int(count)):
            self.at += EPOCH_S
            events += self.score(Stage(stage))
        return events

    def _scored(self, _word: str, stage: str) -> list[Event]:
        return self.score(Stage(stage))

    def score(self, stage: Stage) -> list[Event]:
        onset_s = self.now - self.start - EPOCH_S
        return self.engine.score(self.now, ScoredEpoch(int(onset_s // EPOCH_S), onset_s, stage))

    def _trouble(self, _word: str, part: str) -> list[Event]:
        return self.engine.hear(self.now, Health(part, "the disk is full"))

    def _well(self, _word: str, part: str) -> list[Event]:
        return self.engine.hear(self.now, Health(part))

    def _use(self, _word: str, *found: str) -> list[Event]:
        pairs = zip(found[::2], found[1::2], strict=True)
        breaches = [Breach(limit, severity, 650, 600, "min") for severity, limit in pairs]
        return self.engine.use(self.now, breaches)

    def _wake(self, _word: str) -> list[Event]:
        return self.command(Wake(command_id=self.fresh_id(), actor="ann"))

    def _unresponsive(self, _word: str) -> list[Event]:
        return self.command(Unresponsive(command_id=self.fresh_id(), actor="ann"))

    def _respond(self, _word: str, by: str) -> list[Event]:
        return self.command(Respond(command_id=self.fresh_id(), actor="ann", by=Responder(by)))

    def _finish(self, _word: str) -> list[Event]:
        return self.command(Finish(command_id=self.fresh_id(), actor="ann"))

    def _ack(self, _word: str, kind: str) -> list[Event]:
        return self.command(Acknowledge(**self._aimed(kind)))

    def _pause(self, _word: str, kind: str, duration_s: str) -> list[Event]:
        return self.command(PauseAudio(**self._aimed(kind), duration_s=float(duration_s)))

    def _lower(self, _word: str, kind: str) -> list[Event]:
        return self.command(Deescalate(**self._aimed(kind)))

    def _shelve(self, _word: str, kind: str, duration_s: str) -> list[Event]:
        aimed = self._aimed(kind)
        return self.command(Shelve(**aimed, reason="washing hair", duration_s=float(duration_s)))

    def _resolve(self, _word: str, kind: str, disposition: str) -> list[Event]:
        aimed = self._aimed(kind)
        return self.command(Resolve(**aimed, disposition=Disposition(disposition), note="seen"))

    def _end(self, _word: str) -> list[Event]:
        return self.engine.end(self.now)

    def _aimed(self, kind: str) -> dict[str, Any]:
        alarm = self.alarm(kind)
        return {
            "command_id": self.fresh_id(),
            "actor": "ann",
            "alarm_id": alarm.alarm_id,
            "expected_version": alarm.version,
        }


def tell(event: Event | CommandError) -> Iterator[str]:
    """One line for an alarm, a wake step or a refusal; none for a command."""
    if isinstance(event, CommandError):
        yield f"refused {type(event).__name__}"
        return
    at = f"{event.at - START:g}"
    if isinstance(event, AlarmChanged):
        what = f"{event.kind} {event.source}".strip()
        level = f" L{event.escalation_level}" if event.escalation_level else ""
        yield f"{at} {what} {event.state} {event.priority} {event.reason.code}{level}"
    if isinstance(event, WakeStep):
        yield f"{at} wake {event.step} {event.round} {event.reason.code}"


def play(story: str, **options: Any) -> list[str]:
    """Play a story to a new engine; return what came out."""
    return Player(make_engine(**options)).play(story).lines()


@dataclass(frozen=True)
class Story:
    """A story of ``alarm_stories.txt`` and what must come out."""

    name: str
    options: dict[str, Any]
    only: tuple[str, ...]
    steps: tuple[str, ...]
    text: str

    def told(self) -> str:
        """Play it; return its text with what really came out."""
        player = Player(make_engine(**self.options))
        lines: list[str] = []
        for step in self.steps:
            player.events = []
            lines += [
                step,
                *(f"    {line}" for line in player.play(step).lines() if self._of(line)),
            ]
        return "\n".join(lines)

    def _of(self, line: str) -> bool:
        return (
            not self.only
            or line.startswith("refused")
            or any(f" {word}" in line for word in self.only)
        )


def read_stories() -> list[Story]:
    """Read ``alarm_stories.txt``."""
    text = Path(__file__).with_name("alarm_stories.txt").read_text()
    return [_story(block) for block in text.strip().split("\n\n")]


def _story(block: str) -> Story:
    head, *body = block.splitlines()
    options, only = {}, ()
    while body[0].startswith(("with ", "only ")):
        word, _, rest = body.pop(0).partition(" ")
        if word == "with":
            options = dict(item.split("=") for item in rest.split())
        else:
            only = tuple(rest.split(", "))
    if "planned_s" in options:
        options["planned_s"] = float(options["planned_s"])
    steps = tuple(line for line in body if not line.startswith(" "))
    return Story(head.removeprefix("# "), options, only, steps, "\n".join(body))


def saved(engine: AlarmEngine) -> dict[str, Any]:
    """Return the engine's snapshot as it comes back from a file."""
    return json.loads(json.dumps(engine.snapshot(), allow_nan=False))
