"""What is planted is really there, people act as they should, and a quick study runs."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner
from validation_records import raised, record

from monitor.alarm.catalogue import DEFAULT_POLICY
from monitor.alarm.rules import AlarmKind
from monitor.domain.errors import DreamwatchError, SourceError
from monitor.domain.events import Priority
from monitor.staging.bundle import load_bundle
from service.cli import app
from service.validation.bed import EPOCH, Bed
from service.validation.causes import CAUSES, OF_THE_ACCOUNT, SFREQ, TECHNICAL, ratio_holds
from service.validation.matching import false_alarms, seconds_to_alarm
from service.validation.night import live_through
from service.validation.nights import NightPlan, plan_nights, read_hypnograms
from service.validation.people import MEAN_S, draw_answer, planted_by
from service.validation.script import write_script

profiles = st.sampled_from(["adult", "child"])


@pytest.fixture(scope="module")
def bundle():
    return load_bundle()


def test_every_kind_is_planted_or_comes_of_people_or_the_plan():
    by_people = {AlarmKind.OVERRUN, AlarmKind.HARD_TO_WAKE, AlarmKind.UNRESPONSIVE}
    planted = {cause.kind for cause in CAUSES.values()} | by_people
    assert planted | OF_THE_ACCOUNT == set(AlarmKind)
    assert set(TECHNICAL) <= {cause.kind for cause in CAUSES.values()}


@pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES)
def test_what_must_alarm_outlasts_its_delay_and_what_must_not_does_not(cause):
    shortest, longest = cause.lasts_s
    assert shortest > cause.due_s if cause.alarms else longest < cause.on_delay_s


@given(hours=st.floats(1, 900), seed=st.integers(0, 9))
def test_nights_are_at_least_as_long_as_asked_and_the_same_for_the_same_seed(hours, seed):
    real = {"table": [np.full(900, 2, np.int8), np.full(1400, 3, np.int8)]}
    nights = plan_nights(hours, seed, real)
    assert sum(night.hours for night in nights) >= hours
    assert nights == plan_nights(hours, seed, real)
    assert [night.index for night in nights] == list(range(len(nights)))


def test_the_ratio_holds_from_where_it_stays():
    quiet = np.zeros(200 * SFREQ, bool)
    quiet[50 * SFREQ : 180 * SFREQ] = True
    assert ratio_holds(quiet, 0.5, 60.0) == 50 + 1 + 31.0
    assert ratio_holds(quiet, 0.5, 130.0) is None


@given(first=st.integers(0, 1000))
def test_the_steps_of_the_ratio_are_those_of_the_recording(first):
    quiet = np.zeros(100 * SFREQ, bool)
    quiet[50 * SFREQ :] = True
    at = ratio_holds(quiet, 0.5, 10.0, first)
    assert at is not None
    assert (first + at * SFREQ) % (SFREQ // 2) == 0
    assert 82.0 <= at < 82.5


@given(seed=st.integers(0, 10_000), profile=profiles, silent=st.booleans())
def test_an_answer_is_what_is_planted_for_it(seed, profile, silent):
    rule = DEFAULT_POLICY.wake[profile]
    answer = draw_answer(np.random.default_rng(seed), profile, rule, silent)
    must = {p.kind for p in planted_by(answer, 50.0, profile, rule) if p.wanted}
    assert (answer.word_s is None) == ("UNRESPONSIVE" in must)
    if silent:
        assert must == {"HARD_TO_WAKE", "UNRESPONSIVE"}
    if answer.word_s is not None and answer.wakes_s is not None:
        assert answer.wakes_s < answer.word_s
        round_s = rule.cue_s + rule.listen_s
        assert ("HARD_TO_WAKE" in must) == (answer.word_s > rule.hard_after * round_s)


def test_95_percent_of_those_who_wake_do_so_within_32_s():
    assert 1 - np.exp(-32 / MEAN_S) == pytest.approx(0.95)


def test_a_fault_is_in_the_signal_exactly_while_it_lasts():
    script = write_script(NightPlan(3, "faults", 1, 2.0))
    calm = Bed(write_script(NightPlan(3, "calm", 1, 2.0)))
    bed = Bed(script)
    (fault, *_) = [f for f in script.faults if f.effect is not None]
    for sample in range(fault.first // EPOCH * EPOCH, fault.last, EPOCH):
        got, clean = bed.signal(sample, sample + EPOCH), calm.signal(sample, sample + EPOCH)
        inside = np.arange(sample, sample + EPOCH)
        inside = (inside >= fault.first) & (inside < fault.last)
        struck = np.any(got != clean, axis=0)
        assert not (struck & ~inside).any()
        assert struck[inside].mean() > 0.9


def test_technical_faults_of_a_short_night_are_found_and_nothing_else_is(bundle):
    record = live_through(NightPlan(1, "faults", 5, 1.5), bundle)
    wanted = [planted for planted in record.planted if planted.wanted]
    took = [seconds_to_alarm(planted, record.raised) for planted in wanted]
    assert len(wanted) >= 2
    assert None not in took
    assert false_alarms(record) == []
    assert sum(c.end - c.begin for c in record.covered) == record.length_s


def test_equal_nights_have_equal_records(bundle):
    night = NightPlan(2, "wake", 7, 1.5)
    assert live_through(night, bundle) == live_through(night, bundle)


def test_of_several_scorers_the_majority_counts(tmp_path):
    path = tmp_path / "scored.npz"
    a = [0] * 40 + [1, 2, 2, -1, 4] + [0] * 40
    b = [0] * 40 + [1, 2, 3, -1, 4] + [0] * 40
    c = [0] * 40 + [2, 2, 3, -1, -1] + [0] * 40
    np.savez(path, night=np.array([a, b, c], np.int8))
    (night,) = read_hypnograms(path)
    assert night.tolist() == [0] * 30 + [1, 2, 3, 3, 4] + [0] * 29


def test_what_is_no_table_of_hypnograms_is_refused(tmp_path):
    path = tmp_path / "scored.npz"
    np.savez(path, night=np.arange(9))
    with pytest.raises(SourceError, match="scorers x epochs"):
        read_hypnograms(path)
    path.write_text("no")
    with pytest.raises(SourceError, match="no table of hypnograms"):
        read_hypnograms(path)


@pytest.mark.shared_data
def test_real_hypnograms_are_nights_of_sleep(shared_data):
    nights = read_hypnograms(shared_data / "hypnograms" / "dod_five_scorers.npz")
    assert len(nights) == 50
    assert all(set(night.tolist()) <= set(range(5)) for night in nights)
    assert all(480 < len(night) < 1400 for night in nights)


def test_a_quick_study_runs_and_writes_what_it_tells(tmp_path):
    written = [tmp_path / name for name in ("v.json", "v.html", "v.md")]
    options = [
        f for o, p in zip(("--json", "--html", "--md"), written, strict=True) for f in (o, str(p))
    ]
    result = CliRunner().invoke(app, ["validate", "--quick", "--hours", "3", *options])
    assert result.exit_code == 0, result.output
    assert "simulated hours" in result.output
    figures = json.loads(written[0].read_text())
    assert figures["study"]["hours"] >= 3
    assert all(path.stat().st_size > 1000 for path in written)


def test_a_mark_that_is_not_met_is_named_and_the_exit_status_is_1(monkeypatch):
    calm = record([], [raised(60.0, priority=Priority.HIGH)])
    monkeypatch.setattr("service.cli.validate.run_study", lambda *_: [calm])
    result = CliRunner().invoke(app, ["validate", "--hours", "1"])
    assert result.exit_code == 1
    assert "not met: simulated hours" in result.output
    assert "not met: false alarms per 24 h, high" in result.output
    assert "not met: false alarms per 24 h, low" not in result.output


def test_a_report_that_cannot_be_written_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr("service.cli.validate.run_study", lambda *_: [record()])
    result = CliRunner().invoke(app, ["validate", "--hours", "1", "--json", str(tmp_path)])
    assert isinstance(result.exception, DreamwatchError)
    assert "cannot be written" in str(result.exception)
