"""A monitor that dies is started anew from its last commit, and that is an alarm."""

from itertools import count, pairwise

import pytest
from service_server import eventually, served

from monitor.domain.errors import SourceError
from monitor.domain.inputs import Chunk, Health
from monitor.session import MonitorSession
from service.reviver import FIRST_WAIT_S, LONGEST_WAIT_S, SOUND_S, Reviver

SLEEPER = "sim:?seed=5&hours=24&speed=120&dreamer=bed-of-bugs"


class FakeRunner:
    def __init__(self, died_of: str | None = None) -> None:
        self.died_of = died_of
        self.heard: list[Health] = []

    def hear(self, health: Health) -> None:
        self.heard.append(health)


class World:
    """Bed 1 dies at once, again and again, or lives from a certain attempt on."""

    def __init__(self, lives_from: float = float("inf"), refused: int = 0) -> None:
        self.runners = {"bed-1": FakeRunner("OSError: x"), "bed-2": FakeRunner()}
        self.lives_from, self.refused, self.now = lives_from, refused, 0.0
        self.at: list[float] = []
        self.reviver = Reviver(self.runners, self._revive)

    def _revive(self, dreamer: str) -> FakeRunner:
        self.at.append(self.now)
        if len(self.at) <= self.refused:
            raise SourceError("the dongle is gone")
        alive = len(self.at) >= self.lives_from
        self.runners[dreamer] = FakeRunner(None if alive else "OSError: x")
        return self.runners[dreamer]

    def run(self, seconds: int) -> list[float]:
        for _ in range(seconds):
            self.reviver.look(self.now)
            self.now += 1
        return self.at


def test_what_dies_at_once_is_tried_less_and_less_often_and_for_ever():
    at = World().run(1_000)
    waits = [b - a for a, b in pairwise(at)]
    assert at[0] == FIRST_WAIT_S
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(LONGEST_WAIT_S, abs=1)


def test_who_lives_is_left_alone_and_sound_after_a_while():
    world = World(lives_from=1)
    world.run(10)
    told = world.runners["bed-1"].heard
    assert len(world.at) == 1
    assert "OSError: x" in told[0].trouble
    world.run(int(SOUND_S))
    assert [bool(health.trouble) for health in told] == [True, False]
    assert world.runners["bed-2"].heard == []


def test_a_source_that_cannot_be_opened_is_tried_again():
    world = World(lives_from=4, refused=3)
    world.run(20)
    assert len(world.at) == 4
    assert world.runners["bed-1"].died_of is None


def test_a_bug_in_the_middle_of_a_night_ends_no_watch(tmp_path, monkeypatch):
    push, pushed = MonitorSession.push, count()

    def failing(self, item):
        ours = isinstance(item, Chunk) and self.config.dreamer == "bed-of-bugs"
        if ours and next(pushed) == 300:
            raise ZeroDivisionError("a bug")
        return push(self, item)

    monkeypatch.setattr(MonitorSession, "push", failing)
    with served(tmp_path, SLEEPER) as service:
        session = service.station.runners["bed-of-bugs"].session

        def fault() -> dict | None:
            alarms = service.http.get("/api/v1/alarms").json()
            return next((a for a in alarms if a["kind"] == "PIPELINE_FAULT"), None)

        alarm = eventually(fault, 60)
        assert (alarm["source"], "ZeroDivisionError" in alarm["reason"]["text"]) == (
            "monitor",
            True,
        )
        assert service.station.runners["bed-of-bugs"].session == session
        assert service.station.ready
        night = service.http.get("/api/v1/dreamers/bed-of-bugs/hypnogram").json()
        assert [epoch["index"] for epoch in night["epochs"]] == list(range(len(night["epochs"])))
