"""Which alarm belongs to what, by hand and as rules that always hold."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from validation_records import planted, raised, record

from monitor.domain.events import Priority
from service.validation.matching import EARLY_S, TAIL_S, false_alarms, provoked, seconds_to_alarm
from service.validation.records import CUE

times = st.floats(0, 1000).map(lambda at: round(at, 2))


@pytest.mark.parametrize(
    ("at", "seconds"),
    [(110.0, 10.0), (99.0, -1.0), (98.9, None), (140.0, 40.0), (140.1, None)],
)
def test_an_alarm_is_found_from_1_s_before_the_onset_to_the_limit(at, seconds):
    assert seconds_to_alarm(planted(), [raised(at)]) == seconds


def test_every_channel_must_be_named_and_the_last_one_counts():
    both = planted(sources=("Fpz-Cz", "Pz-Oz"))
    assert seconds_to_alarm(both, [raised(110)]) is None
    alarms = [raised(110), raised(113, source="Pz-Oz"), raised(130, source="Pz-Oz")]
    assert seconds_to_alarm(both, alarms) == 13


def test_another_channel_or_kind_is_not_found():
    assert seconds_to_alarm(planted(), [raised(110, source="Pz-Oz")]) is None
    assert seconds_to_alarm(planted(), [raised(110, kind="SIGNAL_LOST")]) is None


@pytest.mark.parametrize(
    ("alarm", "is_false"),
    [
        (raised(110), False),
        (raised(200 + TAIL_S), False),
        (raised(200.1 + TAIL_S), True),
        (raised(100 - EARLY_S - 0.1), True),
        (raised(110, source="Pz-Oz"), True),
        (raised(110, kind="SIGNAL_LOST", source=""), True),
        (raised(110, kind=CUE, source=""), False),
    ],
)
def test_what_nothing_planted_explains_is_false(alarm, is_false):
    assert false_alarms(record([planted()], [alarm])) == [alarm] * is_false


def test_what_follows_from_a_graver_cause_is_neither_found_nor_false():
    lost = planted("signal lost", "SIGNAL_LOST", sources=())
    assert false_alarms(record([lost], [raised(120)])) == []
    assert seconds_to_alarm(lost, [raised(120)]) is None


def test_what_must_not_alarm_excuses_nothing():
    brief = planted("rail, brief", wanted=False, until=105.0)
    alarm = raised(112)
    assert provoked(brief, [alarm])
    assert false_alarms(record([brief], [alarm])) == [alarm]
    assert not provoked(brief, [raised(300)])


@given(
    plants=st.lists(
        st.tuples(times, st.sampled_from([True, False, None])).map(
            lambda p: planted(onset=p[0], until=p[0] + 50, wanted=p[1])
        ),
        max_size=5,
    ),
    alarms=st.lists(times.map(raised), max_size=8),
)
def test_no_alarm_is_both_found_and_false(plants, alarms):
    false = false_alarms(record(plants, alarms))
    for plant in plants:
        if plant.wanted:
            assert seconds_to_alarm(plant, false) is None
    assert len(false) <= len(alarms)


@given(alarms=st.lists(times.map(raised), max_size=8), more=times.map(raised))
def test_one_more_alarm_never_makes_a_found_one_missing_or_a_false_one_true(alarms, more):
    before, after = (
        seconds_to_alarm(planted(), alarms),
        seconds_to_alarm(planted(), [*alarms, more]),
    )
    assert before is None or (after is not None and after <= before)
    night = record([planted()], alarms)
    assert set(false_alarms(night)) <= set(false_alarms(replace(night, raised=(*alarms, more))))


@given(alarms=st.lists(st.builds(raised, times, priority=st.sampled_from(Priority)), max_size=8))
def test_on_a_calm_night_every_alarm_is_false(alarms):
    assert false_alarms(record([], alarms)) == alarms
