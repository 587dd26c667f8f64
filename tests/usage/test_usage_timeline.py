import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from monitor.domain.stage import Stage
from monitor.usage.record import SessionRecord, cut
from monitor.usage.timeline import ASLEEP, EVERY, Timeline
from tests.usage.usage_nights import MARCH, by_the_second, records, session

SPAN_S = 12 * 3600
NIGHTS = st.lists(records(), max_size=6)
MOMENTS = st.integers(0, SPAN_S).map(lambda second: MARCH + second)


def pieces(line: Timeline) -> list[tuple[float, float, int, SessionRecord]]:
    owners = (line.records[owner] for owner in line.owner)
    return list(zip(line.begin, line.end, line.stage, owners, strict=True))


def same(one: Timeline, other: Timeline) -> bool:
    return (one.records, pieces(one), list(one.starts)) == (
        other.records,
        pieces(other),
        list(other.starts),
    )


@settings(deadline=None)
@given(NIGHTS, st.lists(st.tuples(MOMENTS, MOMENTS), min_size=1, max_size=5))
def test_minutes_are_those_of_a_count_of_every_second(
    given_: list[SessionRecord], windows: list[tuple[float, float]]
) -> None:
    line, seconds = Timeline(given_), by_the_second(given_, np.inf, SPAN_S)
    for begin, end in map(sorted, windows):
        window = list(seconds[int(begin - MARCH) : int(end - MARCH)])
        for stages in ((Stage.R,), ASLEEP, EVERY):
            counted = sum(stage in stages for stage in window if stage is not None)
            assert line.minutes(stages, begin, end) == pytest.approx(counted / 60, abs=1e-4)


@settings(deadline=None)
@given(st.data(), NIGHTS)
def test_neither_order_nor_repetition_matters(
    data: st.DataObject, given_: list[SessionRecord]
) -> None:
    again = data.draw(st.permutations([*given_, *given_[:2]]))
    assert same(Timeline(again), Timeline(given_))


@settings(deadline=None)
@given(NIGHTS, MOMENTS)
def test_the_line_at_a_moment_is_that_of_what_was_known_then(
    given_: list[SessionRecord], at: float
) -> None:
    one_each = {(r.imported, r.start, r.session): r for r in given_}.values()
    then = Timeline(cut(record, at) for record in one_each if record.start < at)
    assert same(Timeline(one_each).until(at), then)


@settings(deadline=None)
@given(NIGHTS, records(within_s=SPAN_S))
def test_one_more_session_is_laid_like_all(
    given_: list[SessionRecord], record: SessionRecord
) -> None:
    assert same(Timeline(given_).plus(record), Timeline([*Timeline(given_).records, record]))
    more, all_ = Timeline(given_).plus(record), Timeline([*given_, record])
    assert more.minutes(EVERY, MARCH, MARCH + SPAN_S) == all_.minutes(EVERY, MARCH, MARCH + SPAN_S)


@settings(deadline=None)
@given(NIGHTS)
def test_pieces_are_disjoint_and_every_record_has_one(given_: list[SessionRecord]) -> None:
    line = Timeline(given_)
    assert np.all(line.begin < line.end)
    assert np.all(line.end[:-1] <= line.begin[1:])
    assert set(line.owner) == set(range(len(line.records)))


def test_the_same_night_imported_adds_nothing() -> None:
    night = session(MARCH, ("W", 10), ("N2", 60), ("R", 20))
    again = session(MARCH, ("N2", 30), ("R", 60), name="file", imported=True)
    line = Timeline([again, night])
    assert line.records == (night,)
    assert line.minutes((Stage.R,), MARCH, MARCH + 1e5) == 20


def test_an_import_that_is_off_by_a_second_is_no_second_session() -> None:
    night = session(MARCH + 0.4, ("W", 10), ("N2", 60))
    late = session(MARCH + 1, ("W", 10), ("N2", 60), name="file", imported=True)
    early = session(MARCH, ("W", 10), ("N2", 60), name="other", imported=True)
    assert list(Timeline([night, late]).starts) == [MARCH + 0.4]
    assert list(Timeline([night, early]).starts) == [MARCH]
    assert Timeline([night, early, late]).minutes(EVERY, 0, 2e9) == pytest.approx(
        70 + 1 / 60, abs=1e-4
    )


def test_sessions_that_touch_are_two() -> None:
    first = session(MARCH, ("N2", 60))
    assert list(Timeline([first, session(first.until, ("N2", 60))]).starts) == [MARCH, first.until]


def test_time_after_the_last_epoch_is_unscored() -> None:
    line = Timeline([session(MARCH, ("N2", 30), until=MARCH + 3600)])
    assert line.minutes((Stage.UNSCORED,), MARCH, MARCH + 7200) == 30
    assert line.minutes(ASLEEP, MARCH, MARCH + 7200) == 60


def test_a_fraction_of_a_second_in_the_start_breaks_no_bound() -> None:
    nights = [session(MARCH + 86_400 * k + 0.123456, ("N2", 300), ("R", 300)) for k in range(500)]
    assert Timeline(nights).minutes(ASLEEP, MARCH, MARCH + 86_400 * 600) == 500 * 600


def test_without_sessions_nothing_is_known() -> None:
    line = Timeline([])
    assert (line.first, line.last, len(line.starts)) == (None, None, 0)
    assert line.minutes(EVERY, 0, 1e9) == 0
    assert line.until(5) is line
