"""The figures of a scripted night, reckoned by hand; and of nights that hold next to nothing."""

import json
from dataclasses import replace
from datetime import date

import pytest
from scripted_night import (
    ANN,
    LENGTH_S,
    NOTE,
    SESSION,
    START,
    alarm,
    coverage,
    epoch,
    report_of,
    session,
    waking,
    whole_night,
    write,
)
from sqlalchemy import insert

from monitor.domain.events import Coverage, EpochScored, Reason
from monitor.domain.stage import Stage
from monitor.usage.changes import SetProfile, to_json
from service.report.night import NoSuchSession, find_session, read_night, reading
from service.report.shapes import NightReport
from service.schema import limit_changes
from service.store import Store


def test_the_statistics_are_those_of_the_manual(night):
    told = night.statistics
    assert (told.recorded_min, told.total_sleep_min, told.unscored_min) == (20.0, 15.0, 1.0)
    assert told.stage_min == {"W": 4.0, "N1": 1.0, "N2": 5.0, "N3": 4.0, "R": 5.0}
    assert (told.sleep_efficiency, told.sleep_latency_min) == (0.75, 2.0)
    assert (told.wake_after_onset_min, told.rem_latency_min) == (2.0, 11.0)
    assert told.stage_share["R"] == pytest.approx(1 / 3)


def test_coverage_is_timed_from_start_to_end(night):
    minutes = {name.value: value for name, value in night.coverage.minutes.items()}
    assert minutes == {"MONITORED": 18.5, "DEGRADED": 1.0, "NOT_MONITORED": 0.5}
    assert night.coverage.share[Coverage.MONITORED] == pytest.approx(18.5 / 20)
    assert [turn.coverage for turn in night.coverage.changes] == [
        "NOT_MONITORED", "MONITORED", "DEGRADED", "MONITORED", "NOT_MONITORED",
    ]  # fmt: skip


def test_gaps_are_counted_by_cause_and_each_has_its_place(night):
    assert (night.lost.gaps, night.lost.samples, night.lost.seconds) == (2, 200, 2.0)
    assert night.lost.causes == {"signal lost <i>": 150, "radio": 50}
    first, second = night.gaps
    assert (first.at, first.seconds) == ("2027-01-15T08:10:00.000Z", 1.5)
    assert (second.at, second.seconds) == ("2027-01-15T08:11:00.000Z", 0.5)


def test_channels_are_graded_over_all_epochs(night):
    eeg, eog = night.channels
    assert eeg.score == pytest.approx((10 * 0.3 + 30) / 40)
    assert (eeg.good, eeg.fair, eeg.poor, eeg.artefacts) == (0.75, 0, 0.25, {})
    assert (eog.good, eog.fair, eog.artefacts) == (0, 1, {"muscle": 0.5})


def test_an_alarm_tells_its_whole_story(night):
    inherited, own = night.alarms
    assert (own.kind, own.priority, own.escalation_level) == ("HARD_TO_WAKE", "high", 1)
    assert (own.acked_by, own.acked_at) == (ANN, "2027-01-15T08:12:10.000Z")
    assert (own.resolved_by, own.resolved_at) == (ANN, "2027-01-15T08:13:20.000Z")
    assert (own.disposition, own.note) == ("woken_verified", NOTE)
    assert own.reason == "hard to wake: go and look"
    assert not own.inherited
    assert inherited.inherited
    assert (inherited.resolved_at, inherited.state) == (None, "ACTIVE_UNACK")


def test_waking_is_told_with_the_grades_of_the_responses(night):
    assert [(step.step, step.reason.code) for step in night.wake] == [
        ("CUE", "planned"), ("RESPONSE", "none"), ("WOKEN", "found"),
    ]  # fmt: skip
    assert night.wake[0].level_dba == 65
    assert [(act.command, act.actor) for act in night.acts] == [("acknowledge", ANN)]


def test_the_recording_is_named_but_not_where_it_lies(night):
    assert night.recording.source == "edf:nap.edf"
    assert night.recording.planned_min == 15.0
    assert (night.started_at, night.until) == (
        "2027-01-15T08:00:00.000Z",
        "2027-01-15T08:20:00.000Z",
    )
    assert night.complete
    assert night.norms is None
    assert night.usage is None


def test_what_is_written_as_json_is_read_back_the_same(night):
    again = NightReport.model_validate_json(night.model_dump_json())
    assert again == night
    assert len(json.loads(night.model_dump_json())["epochs"]) == 40


def test_what_a_later_session_says_of_an_alarm_is_told(tmp_path):
    with Store(tmp_path) as store:
        write(store, [session("started", 0), alarm(700, "ACTIVE_UNACK", 1, Reason("raised", "!"))])
        closed = Reason("resolved", "false_alarm", actor="Bo")
        later = alarm(9_000, "RESOLVED", 2, closed, disposition="false_alarm")
        write(store, [later], "night-2")
    (told,) = report_of(tmp_path).alarms
    assert (told.disposition, told.note, told.resolved_by) == ("false_alarm", "", "Bo")


def test_norms_are_those_of_the_age_on_that_day(tmp_path):
    with Store(tmp_path) as store:
        write(store, whole_night())
        born = SetProfile(
            at=START - 1, actor="Ann", role="admin", zone="Asia/Tokyo", born=date(2014, 1, 16)
        )
        row = {"dreamer": "bed-7", "command_id": "c-1", "at": born.at, "actor": born.actor}
        row["change"] = json.dumps(to_json(born))
        store.write(lambda connection: connection.execute(insert(limit_changes).values(row)))
    told = report_of(tmp_path)
    norms = told.norms
    assert norms is not None
    assert (norms.age, norms.group, norms.sleep_min) == (12, "5-13", (540, 660))
    assert told.zone == "Asia/Tokyo"


def test_a_session_of_which_nothing_was_scored_has_no_sleep(tmp_path):
    with Store(tmp_path) as store:
        write(store, [session("started", 0), coverage(0, Coverage.NOT_MONITORED)], status="running")
    told = report_of(tmp_path)
    assert (told.status, told.epochs, told.statistics.sleep_efficiency) == ("running", [], None)
    assert told.coverage.share == dict.fromkeys(Coverage)
    assert [channel.score for channel in told.channels] == [None, None]


def test_unscored_epochs_are_neither_sleep_nor_wake(tmp_path):
    with Store(tmp_path) as store:
        epochs = [epoch(i, Stage.UNSCORED) for i in range(4)]
        write(store, [session("started", 0), *epochs, session("ended", 120)])
    told = report_of(tmp_path).statistics
    assert (told.recorded_min, told.unscored_min, told.total_sleep_min) == (2.0, 2.0, 0.0)


def test_entries_of_older_versions_are_read(tmp_path):
    old = [replace(e, epoch=replace(e.epoch, spectrum=(), channels=())) for e in whole_night()
           if isinstance(e, EpochScored)]  # fmt: skip
    with Store(tmp_path) as store:
        write(store, [session("started", 0), *old])
    told = report_of(tmp_path)
    assert told.statistics.total_sleep_min == 15.0
    assert told.channels[0].score is None


def test_a_service_that_went_on_is_told(tmp_path):
    with Store(tmp_path) as store:
        again = [session("resumed", 400), coverage(400, Coverage.MONITORED)]
        write(store, [session("started", 0), coverage(30, Coverage.MONITORED), *again])
    told = report_of(tmp_path)
    assert told.recording.resumed == 1
    assert len(told.coverage.changes) == 1
    assert told.coverage.minutes[Coverage.MONITORED] == pytest.approx(370 / 60)


def test_a_beginning_that_was_erased_is_said(tmp_path):
    with Store(tmp_path) as store:
        write(store, [epoch(39, Stage.N2), session("ended", LENGTH_S)])
    assert not report_of(tmp_path).complete


def test_a_session_is_found_by_id_dreamer_or_as_the_latest(tmp_path):
    with Store(tmp_path) as store:
        write(store, [session("started", 0)])
        write(store, waking(), "night-2")
        with reading(tmp_path) as connection:  # beside the service that writes it
            found = [find_session(connection, name) for name in (SESSION, "bed-7", "latest")]
            with pytest.raises(NoSuchSession, match="'bed-8'"):
                find_session(connection, "bed-8")
            with pytest.raises(NoSuchSession, match="'nothing'"):
                read_night(connection, "nothing", "UTC")
    assert found == [SESSION, "night-2", "night-2"]
