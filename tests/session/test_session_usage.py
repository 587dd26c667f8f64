"""The account within a session: limits of many nights, and the alarms that follow."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.config import SessionConfig
from monitor.domain.events import AlarmChanged, Event, UsageCounted, WakeStep
from monitor.domain.inputs import Chunk, End, Finish, Gap, Input, Recall, Tick
from monitor.domain.montage import Montage
from monitor.domain.stage import Stage
from monitor.session import MonitorSession
from monitor.staging.bundle import ModelBundle, load_bundle
from monitor.usage.ledger import EVERY_S, Past
from monitor.usage.record import SessionRecord

SFREQ = 100.0
START = 1_700_000_000.0
SIGNAL = np.random.default_rng(4).normal(0, 20, (1, int(SFREQ * 900)))


def before(hours: float, ended_s: float = 6 * 3600) -> Past:
    """A night of so many hours that ended so long before the session."""
    n = round(120 * hours)
    until = START - ended_s
    return Past((SessionRecord("before", until - 30 * n, until, ((Stage.N2, n),)),))


@pytest.fixture(scope="module")
def bundle() -> ModelBundle:
    return load_bundle()


def session(bundle: ModelBundle) -> MonitorSession:
    montage = Montage.from_names(["C3-M2"])
    return MonitorSession(SessionConfig("bed-1", "s1", START, SFREQ, montage), bundle)


def run(session: MonitorSession, items: list[Input]) -> list[Event]:
    return [event for item in items for event in session.push(item)]


def overuse(events: list[Event]) -> list[tuple[str, str, str]]:
    alarms = [e for e in events if isinstance(e, AlarmChanged) and e.kind.startswith("OVERUSE")]
    return [(e.kind, e.source, e.state) for e in alarms]


def test_lost_time_is_use_and_leads_to_a_planned_wake(bundle: ModelBundle) -> None:
    lost = Gap(0, int(SFREQ * 3600), "signal lost")
    events = run(session(bundle), [Recall(before(11.5)), lost])
    assert overuse(events)[:3] == [
        ("OVERUSE_SOFT", "sleep_24h_min", "ACTIVE_UNACK"),
        ("OVERUSE_SOFT", "sleep_24h_min", "RESOLVED"),
        ("OVERUSE_HARD", "sleep_24h_min", "ACTIVE_UNACK"),
    ]
    hard = next(e for e in events if isinstance(e, AlarmChanged) and e.kind == "OVERUSE_HARD")
    assert hard.at == START + 40 * 60
    wake = next(e for e in events if isinstance(e, WakeStep))
    assert (wake.at, wake.reason.code) == (hard.at, "planned")


def test_silence_is_use_too(bundle: ModelBundle) -> None:
    asleep = session(bundle)
    events = run(asleep, [Recall(before(11.5)), Tick(int(SFREQ * 3600))])
    assert ("OVERUSE_HARD", "sleep_24h_min", "ACTIVE_UNACK") in overuse(events)
    told = [e.at - START for e in events if isinstance(e, UsageCounted)]
    assert told == [EVERY_S * k for k in range(7)]


def test_a_limit_is_kept_again_when_its_window_has_slid_on(bundle: ModelBundle) -> None:
    over = session(bundle)
    run(over, [Recall(before(12.5, 9 * 3600)), End(0)])
    events = over.push(Tick(int(SFREQ * 9 * 3600)))
    assert ("OVERUSE_HARD", "sleep_24h_min", "RTN_UNACK") in overuse(events)


@pytest.fixture(scope="module")
def whole(bundle: ModelBundle) -> list[Event]:
    """What is told of a quarter of an hour in one piece, and of an hour of silence after it."""
    later = Tick(SIGNAL.shape[1] + int(3_600 * SFREQ))
    return run(session(bundle), [Recall(before(11.8)), Chunk(SIGNAL, 0), later])


@settings(max_examples=10)
@given(
    cuts=st.lists(st.integers(1, SIGNAL.shape[1] - 1), max_size=20),
    stop=st.integers(0, 20),
    ticks=st.lists(st.integers(1, 3_600), max_size=5),
)
def test_chunks_ticks_and_restarts_change_nothing(
    bundle: ModelBundle, whole: list[Event], cuts: list[int], stop: int, ticks: list[int]
) -> None:
    past, end = Recall(before(11.8)), SIGNAL.shape[1]
    borders = sorted({0, *cuts, end})
    items: list[Input] = [past]
    items += [Chunk(SIGNAL[:, a:b], a) for a, b in pairwise(borders)]
    items += [Tick(end + int(s * SFREQ)) for s in sorted({*ticks, 3_600})]
    first = session(bundle)
    events = run(first, items[:stop])
    second = session(bundle)
    second.restore(first.snapshot())
    events += run(second, [past, *items[stop:]] if stop else items)
    assert events == whole


def test_a_finished_session_takes_no_more_time(bundle: ModelBundle) -> None:
    done = session(bundle)
    run(done, [Recall(Past()), Chunk(SIGNAL, 0), Finish(command_id="1")])
    assert done.push(Finish(command_id="1")) == []
    assert done.record.ended
    done.push(Tick(SIGNAL.shape[1] + 1_000_000))
    assert done.record.until == START + SIGNAL.shape[1] / SFREQ
