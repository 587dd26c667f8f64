"""Simulated users are what they are said to be."""

from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from monitor.domain.stage import EPOCH_S, Stage
from monitor.usage.account import daily
from monitor.usage.days import noon
from monitor.usage.timeline import ASLEEP, Timeline
from service.overuse.changes import RAMP_DAYS, more_rem, slowly
from service.overuse.follow import FIRST, ZONE, User, live
from service.overuse.kinds import KINDS, ONSET_DAY, STABLE, Group
from service.overuse.life import draw_life, record_life
from service.overuse.nights import LAST_WAKE_MIN, LATENCY_MIN, Night, make_session
from service.overuse.people import CHILD, draw_person

BERLIN = ZoneInfo(ZONE)


def minutes(record, stage):
    return sum(n for s, n in record.runs if s is stage) * EPOCH_S / 60


@settings(max_examples=50)
@given(
    sleep=st.floats(240, 800),
    share=st.floats(0, 0.4),
    lost=st.floats(0, 45),
    wake=st.floats(0, 60),
    overrun=st.sampled_from([0.0, 5.0, 40.0]),
)
def test_a_session_has_the_minutes_it_was_given(sleep, share, lost, wake, overrun):
    record = make_session("n", 1_000.0, Night(sleep, share * sleep, lost, wake, overrun, 2))
    asleep = sum(minutes(record, stage) for stage in Stage if stage is not Stage.W)
    assert asleep == pytest.approx(sleep, abs=1)
    assert minutes(record, Stage.R) == pytest.approx(share * sleep, abs=0.5)
    assert minutes(record, Stage.UNSCORED) == pytest.approx(lost, abs=0.5)
    awake = wake + LATENCY_MIN + LAST_WAKE_MIN
    assert minutes(record, Stage.W) == pytest.approx(awake, abs=0.5)
    assert record.until == record.start + EPOCH_S * record.n_epochs
    assert record.rounds == 2
    if record.planned_s is None:
        assert sleep + awake > 510
    elif overrun:
        assert record.until - record.start - record.planned_s == pytest.approx(60 * overrun)


def test_rem_comes_late_and_deep_sleep_early():
    record = make_session("n", 0.0, Night(450.0, 95.0))
    stages = np.array([stage for stage, n in record.runs for _ in range(n)])
    half = len(stages) // 2
    assert np.sum(stages[:half] == Stage.R) < 0.35 * np.sum(stages == Stage.R)
    assert np.sum(stages[:half] == Stage.N3) > 0.6 * np.sum(stages == Stage.N3)
    assert (stages[0], stages[-1]) == (Stage.W, Stage.W)


@pytest.mark.parametrize("number", range(3))
def test_nights_have_the_medians_and_spreads_of_their_person(number):
    rng = np.random.default_rng(number)
    person = draw_person(rng)
    life = draw_life(rng, person, FIRST, 3_000)
    for values, middle, spread in (
        (life.sleep_min, person.sleep_min, person.sleep_sd),
        (life.rem_min, person.rem_min, person.rem_sd),
    ):
        assert np.median(values) == pytest.approx(middle, abs=0.1 * spread)
        assert np.std(values) == pytest.approx(spread, rel=0.06)
    sessions = life.used + life.naps
    assert np.std(sessions) == pytest.approx(person.sessions_sd, rel=0.06)


def test_people_are_like_the_measured_ones():
    people = [draw_person(np.random.default_rng(n)) for n in range(400)]
    assert np.median([p.sleep_min for p in people]) == pytest.approx(427, abs=5)
    assert np.median([p.rem_share for p in people]) == pytest.approx(20.2, abs=0.5)
    assert np.median([p.rem_sd for p in people]) == pytest.approx(20, abs=2)
    children = [draw_person(np.random.default_rng(n), CHILD) for n in range(50)]
    assert all(540 <= p.sleep_min <= 660 for p in children)  # what is recommended for them


def test_every_fortnight_has_a_night_off_and_weekends_are_later():
    rng = np.random.default_rng(1)
    person = draw_person(rng)
    life = draw_life(rng, person, FIRST, 364)
    windows = np.lib.stride_tricks.sliding_window_view(life.used, 14)
    assert not windows.all(axis=1).any()
    weekday = np.arange(364) % 7  # the first day is a Monday
    free = np.isin(weekday, (4, 5))
    later = life.bed_min[free].mean() - life.bed_min[~free].mean()
    assert later == pytest.approx(person.weekend_min, abs=3 * person.bed_sd / 9)


def test_the_sessions_of_a_day_are_what_the_account_counts_on_that_day():
    rng = np.random.default_rng(3)
    first = date(2026, 3, 20)  # the clock goes forward in between
    life = draw_life(rng, draw_person(rng), first, 20)
    records = record_life(rng, life, first, BERLIN)
    days = daily(Timeline(records), noon(date(2026, 4, 9), BERLIN), BERLIN, 21)[:-1]
    assert [day.sessions for day in days] == (life.used + life.naps).tolist()
    slept = life.used * life.sleep_min + life.naps * life.nap_min
    assert [day.sleep_min for day in days] == pytest.approx(slept.tolist(), abs=1.5)


@pytest.mark.parametrize("name", [k.name for k in KINDS.values() if k.group is Group.GROWTH])
def test_growth_is_by_one_sigma_from_the_onset_on(name):
    rng = np.random.default_rng(5)
    person = draw_person(rng)
    before = draw_life(rng, person, FIRST, 1_000)
    after = KINDS[name].change(rng, person, before, np.arange(1_000) - ONSET_DAY)
    grown = slice(ONSET_DAY + RAMP_DAYS, None)
    more = {
        "more REM": ("rem_min", person.rem_sd),
        "more sleep": ("sleep_min", person.sleep_sd),
        "more sessions": ("naps", person.sessions_sd),
        "one session more a day": ("naps", 1.0),
    }
    field, sigma = more.get(name.split(",")[0], ("used", 1 - before.used[grown].mean()))
    new, old = (getattr(life, field).astype(float) for life in (after, before))
    assert np.array_equal(new[:ONSET_DAY], old[:ONSET_DAY])
    assert np.mean(new[grown] - old[grown]) == pytest.approx(sigma, rel=0.1)


def test_a_slow_growth_rises_evenly():
    rng = np.random.default_rng(6)
    person = draw_person(rng)
    before = draw_life(rng, person, FIRST, 60)
    after = more_rem(slowly)(rng, person, before, np.arange(60) - 20)
    steps = np.diff((after.rem_min - before.rem_min)[19 : 20 + RAMP_DAYS])
    assert steps == pytest.approx(np.full(RAMP_DAYS, person.rem_sd / RAMP_DAYS))


@pytest.mark.parametrize("name", list(KINDS))
def test_a_user_is_who_they_are_by_seed_and_number(name):
    user = User(name, 3, 1, 60)
    records, limits = live(user)
    assert live(user) == (records, limits)
    assert live(User(name, 4, 1, 60))[0] != records
    assert live(User(name, 3, 2, 60))[0] != records
    assert len(records) > 35
    assert all(one.until <= two.start for one, two in pairwise(records))


def test_minors_have_the_limits_of_their_age():
    assert live(User("minor, 7-13", 0, 1, 1))[1]["sleep_24h_min"].hard == 840
    assert live(User(STABLE, 0, 1, 1))[1]["sleep_24h_min"].hard == 720


def test_a_stable_user_sleeps_as_adults_do():
    line = Timeline(live(User(STABLE, 0, 1, 120))[0])
    nights = [r for r in line.records if r.until - r.start > 4 * 3600]
    slept = [line.minutes(ASLEEP, r.start, r.until) for r in nights]
    assert 400 < np.median(slept) < 455
    assert 30 < np.std(slept) < 80
