"""What a cue does to a simulated dreamer."""

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.domain.events import Reason, WakeStep
from monitor.domain.inputs import Chunk, Input, Respond, Responder, Tick
from monitor.domain.stage import Stage
from monitor.sources.simulator import SimulatorSource, open_simulator

SFREQ = 80


def step(name: str) -> WakeStep:
    return WakeStep(0.0, name, 1, 3, 65, None, Reason("test", "a test"))


def rest(source: SimulatorSource) -> list[Input]:
    items: list[Input] = []
    while (inputs := source.read()) is not None:
        items += inputs
    return items


def samples(items: list[Input]) -> NDArray[np.float64]:
    return np.concatenate([item.data for item in items if isinstance(item, Chunk)], axis=1)


def asleep_at(source: SimulatorSource, minute: float) -> bool:
    return source.truth()[round(2 * minute)].is_sleep


def cue(source: SimulatorSource, minute: float, name: str = "CUE") -> list[Input]:
    """Play a cue at this minute; return what comes within the round of a minute after it."""
    source.seek(round(minute * 60 * SFREQ))
    source.notify(step(name))
    return [item for _ in range(60) for item in source.read() or []]


def answer(items: list[Input]) -> int | None:
    """Seconds from the first item to the dreamer's answer."""
    for second, item in enumerate(item for item in items if not isinstance(item, Tick)):
        if isinstance(item, Respond):
            return second
    return None


RESPONSIVE = {"scenario": "responsive", "hours": "1", "sfreq": "80", "planned_minutes": "30"}


def test_responsive_dreamers_wake_at_the_first_or_second_cue_and_soon() -> None:
    delays, rounds = [], Counter[int]()
    for seed in range(80):
        source = open_simulator({**RESPONSIVE, "seed": str(seed), "hours": "0.9"})
        for number in (1, 2):
            delay = answer(cue(source, 44 + number))
            if delay is not None:
                delays.append(delay)
                rounds[number] += 1
                break
    assert len(delays) == 80
    assert 0.5 < rounds[1] / 80 < 0.9
    assert max(delays) <= 56
    assert 0.87 <= np.mean(np.array(delays) <= 33) <= 1


def test_an_answer_is_a_button_pressed_by_the_dreamer_and_told_once() -> None:
    source = open_simulator({**RESPONSIVE, "seed": "7"})
    answers = [item for item in cue(source, 45) if isinstance(item, Respond)]
    assert len(answers) == 1
    assert (answers[0].actor, answers[0].by) == ("dreamer", Responder.BUTTON)
    again = [item for item in cue(source, 50) if isinstance(item, Respond)]
    assert len(again) == 1
    assert again[0].command_id != answers[0].command_id


def test_the_woken_stay_awake_and_what_was_before_does_not_change() -> None:
    asleep, woken = (open_simulator({**RESPONSIVE, "seed": "7"}) for _ in range(2))
    items = cue(woken, 45)
    second = answer(items)
    assert second is not None
    assert asleep_at(asleep, 45)
    assert not any(stage.is_sleep for stage in woken.truth()[92:])
    assert woken.truth(90) == asleep.truth(90)
    asleep.seek(45 * 60 * SFREQ)
    undisturbed, disturbed = samples(rest(asleep)), samples([*items, *rest(woken)])
    woke = (second - 1) * SFREQ
    np.testing.assert_array_equal(undisturbed[:, :woke], disturbed[:, :woke])
    assert disturbed[3, woke + SFREQ :].std() > 2 * undisturbed[3, woke + SFREQ :].std()


@pytest.mark.parametrize("scenario", ["unresponsive", "suppressed"])
def test_the_unresponsive_never_answer(scenario: str) -> None:
    source = open_simulator({**RESPONSIVE, "scenario": scenario})
    for minute in range(45, 50):
        assert answer(cue(source, minute)) is None
    assert len(set(source.truth()[90:]) & {Stage.W, Stage.N1}) == 0


@pytest.mark.parametrize("name", ["DEFER", "LISTEN", "RESPONDED", "HUMAN_ATTEND", "UNRESPONSIVE"])
def test_only_a_cue_is_heard(name: str) -> None:
    source = open_simulator({**RESPONSIVE, "seed": "7"})
    assert answer(cue(source, 45, name)) is None
    assert asleep_at(source, 47)


@pytest.mark.parametrize("scenario", ["evoked-only", "arousal-only"])
def test_some_react_to_every_cue_and_sleep_on(scenario: str) -> None:
    params = {**RESPONSIVE, "seed": "7", "scenario": scenario}
    still, cued = (open_simulator(params) for _ in range(2))
    items = cue(cued, 45)
    assert answer(items) is None
    assert cued.truth() == still.truth()
    still.seek(45 * 60 * SFREQ)
    undisturbed, disturbed = samples(rest(still)), samples([*items, *rest(cued)])
    changed = np.flatnonzero((undisturbed != disturbed).any(axis=0)) / SFREQ
    assert 0.1 <= changed[0] <= 4.1
    assert 0.5 <= changed[-1] - changed[0] <= 10.1
    moved = np.abs(disturbed - undisturbed).max(axis=1)
    assert (moved[:2] > 20).all()
    assert (moved[3] > 20) == (scenario == "arousal-only"), "an arousal shows in the chin as well"
