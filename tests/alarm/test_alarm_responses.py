"""The response to a cue, on its whole way: from the signal to the log and the wake protocol."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from alarm_story import START, Player, make_engine, saved
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from monitor.alarm.catalogue import WAKE
from monitor.domain.config import SessionConfig
from monitor.domain.events import CommandDone, Event, WakeStep
from monitor.domain.inputs import Chunk, Gap, Input, Respond, Responder, Tick, Unresponsive, Wake
from monitor.domain.montage import Montage
from monitor.domain.stage import Stage
from monitor.session import MonitorSession
from monitor.sources.simulator import SimulatorSource, open_simulator
from monitor.staging.bundle import ModelBundle, load_bundle

SFREQ = 100
WAKE_S = 260
SOUND_S = 2_000
"""When the simulated dreamers are soundly asleep."""
ASLEEP = {"hours": "0.8", "sfreq": "100", "planned_minutes": "20"}


@pytest.fixture(scope="module")
def bundle() -> ModelBundle:
    return load_bundle()


def new_session(montage: Montage, bundle: ModelBundle, profile: str = "adult") -> MonitorSession:
    config = SessionConfig("bed-1", "s1", START, float(SFREQ), montage, None, profile=profile)
    return MonitorSession(config, bundle)


def live(source: SimulatorSource, bundle: ModelBundle, *, answers: bool = True) -> list[Event]:
    """Let a dreamer sleep, be woken at `WAKE_S`, and hear the cues as they are given."""
    session = new_session(source.montage, bundle)
    source.seek(SOUND_S * SFREQ)
    events: list[Event] = []
    for second in range(1, WAKE_S + 200):
        items = [item for item in source.read() or [] if answers or isinstance(item, Chunk)]
        items += [Wake(command_id="w")] if second == WAKE_S else []
        for item in items:
            chunk = isinstance(item, Chunk)
            told = session.push(Chunk(item.data, session.position) if chunk else item)
            for event in told:
                source.notify(event)
            events += told
    return events


def steps(events: Sequence[Event]) -> list[tuple[float, str, int, str]]:
    """Seconds since the wake, step, round and code of every wake step."""
    found = [event for event in events if isinstance(event, WakeStep)]
    return [(e.at - START - WAKE_S, e.step, e.round, e.reason.code) for e in found]


def responses(events: Sequence[Event]) -> list[str]:
    return [code for _, step, _, code in steps(events) if step == "RESPONSE"]


@pytest.mark.parametrize(
    ("scenario", "seed", "expected"),
    [("evoked-only", "3", "r1"), ("arousal-only", "2", "r2"), ("unresponsive", "5", "none")],
)
def test_what_a_simulated_dreamer_shows_is_in_the_log_and_delays_nothing(
    scenario: str, seed: str, expected: str, bundle: ModelBundle
) -> None:
    source = open_simulator({**ASLEEP, "scenario": scenario, "seed": seed})
    told = steps(live(source, bundle))
    codes = [(at, code) for at, step, _, code in told if step == "RESPONSE"]
    assert codes == [(60, expected), (120, expected), (180, expected)]
    assert (180, "UNRESPONSIVE", 3, "unresponsive") in told


def test_who_wakes_without_answering_shows_it_and_still_counts_as_unanswered(
    bundle: ModelBundle,
) -> None:
    source = open_simulator({**ASLEEP, "scenario": "responsive", "seed": "2"})
    events = live(source, bundle, answers=False)
    assert "r3" in responses(events)
    assert any(step == "UNRESPONSIVE" for _, step, _, _ in steps(events))


# --- the same however it comes --------------------------------------------------------------------


@pytest.fixture(scope="module")
def sleep() -> tuple[NDArray[np.float64], Montage]:
    """Seven minutes of N2 and N3."""
    source = open_simulator({**ASLEEP, "scenario": "evoked-only", "seed": "2"})
    source.seek(SOUND_S * SFREQ)
    pieces = [item.data for _ in range(420) for item in source.read() or []]
    return np.concatenate(pieces, axis=1), source.montage


def child(sleep, bundle: ModelBundle) -> MonitorSession:
    return new_session(sleep[1], bundle, "child")


def night(data: NDArray[np.float64], cuts: Sequence[int] = ()) -> list[Input]:
    """Woken after 200.3 s, in chunks cut at these samples."""
    wake = round(200.3 * SFREQ)
    items: list[Input] = []
    for first, end in pairwise(sorted({0, wake, *cuts, data.shape[1]})):
        items += [Wake(command_id="w")] if first == wake else []
        items.append(Chunk(data[:, first:end], first))
    return items


def run(session: MonitorSession, items: Sequence[Input]) -> list[Event]:
    return [event for item in items for event in session.push(item)]


samples = st.integers(1, 420 * SFREQ - 1)


@settings(max_examples=8)
@given(cuts=st.lists(samples, max_size=20))
def test_any_chunking_grades_the_same(cuts: list[int], sleep, bundle: ModelBundle) -> None:
    whole = run(child(sleep, bundle), night(sleep[0]))
    assert responses(whole)
    assert run(child(sleep, bundle), night(sleep[0], cuts)) == whole


@settings(max_examples=8)
@given(at_s=st.integers(195, 265), cuts=st.lists(samples, max_size=5))
def test_a_restart_between_cue_and_grade_changes_nothing(
    at_s: int, cuts: list[int], sleep, bundle: ModelBundle
) -> None:
    items = night(sleep[0], [at_s * SFREQ, *cuts])
    whole = run(child(sleep, bundle), items)
    stop = next(i for i, item in enumerate(items) if getattr(item, "first_sample", 0) >= at_s * 100)
    first, second = child(sleep, bundle), child(sleep, bundle)
    before = run(first, items[:stop])
    second.restore(first.snapshot())
    assert before + run(second, items[stop:]) == whole


def test_without_signal_after_the_cue_the_response_is_unknown_and_the_rounds_go_on(
    sleep, bundle: ModelBundle
) -> None:
    session = child(sleep, bundle)
    run(session, [Chunk(sleep[0][:, : 200 * SFREQ], 0), Wake(command_id="w")])
    ticked = session.push(Tick(500 * SFREQ))
    assert responses(ticked) == ["unknown"] * 5
    cues = [step for step in steps(ticked) if step[1] == "CUE"]
    assert [number for _, _, number, _ in cues] == [2, 3, 4, 5]


def test_lost_samples_make_it_unknown_too(sleep, bundle: ModelBundle) -> None:
    data, n = sleep[0], 200 * SFREQ
    session = child(sleep, bundle)
    run(session, [Chunk(data[:, :n], 0), Wake(command_id="w")])
    after = [Gap(n, 20 * SFREQ, "test"), Chunk(data[:, n + 20 * SFREQ :], n + 20 * SFREQ)]
    assert responses(run(session, after))[0] == "unknown"


# --- the rule for children, and a person's word ---------------------------------------------------


def test_only_children_are_unresponsive_at_once_and_only_from_n2_and_rem() -> None:
    assert WAKE["child"].at_once_from == {Stage.N2, Stage.R}
    assert WAKE["adult"].at_once_from == frozenset()


def test_the_alarm_says_what_the_eeg_showed_and_how_many_cues_it_took() -> None:
    player = Player(make_engine(profile="child", shows="none:R")).play("good 5\nwake\ngood 60")
    raised = next(e for e in player.events if getattr(e, "kind", "") == "UNRESPONSIVE")
    assert raised.reason.text == "the dreamer does not respond; after the last cue: none"
    assert (raised.reason.value, raised.reason.limit) == (1, 1)


def test_behaviour_outdoes_the_eeg_and_is_not_measured() -> None:
    player = Player(make_engine(profile="child", shows="none:N2"))
    player.play("good 5\nwake\ngood 5\nrespond voice\ngood 60")
    told = next(e for e in player.events if getattr(e, "step", "") == "RESPONSE")
    assert (told.reason.code, told.reason.value, told.level_dba, told.until) == (
        "r4",
        None,
        None,
        None,
    )


@pytest.mark.parametrize("profile", ["adult", "child"])
def test_a_declaration_is_logged_with_who_made_it(profile: str) -> None:
    player = Player(make_engine(profile=profile)).play("good 5")
    done, step, *_ = player.command(Unresponsive(command_id="u", actor="ann"))
    assert done == CommandDone(START + 5, "u", "unresponsive", "ann", {"started": True})
    assert (step.step, step.reason.code, step.reason.actor) == ("UNRESPONSIVE", "declared", "ann")
    again = player.command(Unresponsive(command_id="v", actor="bob"))
    assert [e.detail for e in again] == [{"started": False}]


def test_what_is_known_of_a_round_survives_a_restart() -> None:
    player = Player(make_engine(profile="child", shows="none:N3"))
    player.play("good 5\nwake\ngood 100\nrespond button")
    other = make_engine(profile="child", shows="none:N3")
    other.restore(saved(player.engine))
    assert saved(other) == saved(player.engine)
    assert Player(other, player.at).play("good 25").lines() == player_lines(player, "good 25")


def player_lines(player: Player, story: str) -> list[str]:
    player.events = []
    return player.play(story).lines()


def test_a_snapshot_without_responses_is_adopted() -> None:
    player = Player(make_engine()).play("good 5\nwake\ngood 40")
    older = saved(player.engine)
    for name in ("cued_at", "behaved", "response", "asleep_in"):
        del older["bed"]["wake"][name]
    engine = make_engine(start=START + 50)
    engine.adopt(older)
    assert "CUE" in [getattr(event, "step", "") for event in engine.advance(START + 70)]


def test_a_response_by_button_ends_the_round_by_itself() -> None:
    player = Player(make_engine(shows="r2:N2")).play("good 5\nwake")
    _, step = player.command(Respond(command_id="r", by=Responder.BUTTON))
    assert step.step == "RESPONDED"
