"""How a dreamer is now, folded from entries."""

from service_fakes import START, alarm, coverage, epoch, started

from monitor.domain.events import Coverage, Event, Priority, Reason, WakeStep
from service import contract
from service.entries import Entry, draft
from service.overview import Overview

CALM = Coverage.MONITORED


def fold(*events: Event, session: str = "night") -> Overview:
    overview = Overview()
    for seq, event in enumerate(events, 1):
        made = draft(event, session)
        overview.apply(Entry(seq, "bed-7", seq, made.event_id, made.type, made.at, made.data))
    return overview


def test_nobody_is_monitored_until_the_log_says_so():
    assert fold(started("night")).coverage("bed-7") is Coverage.NOT_MONITORED
    assert Overview().coverage("bed-7") is Coverage.NOT_MONITORED
    assert fold(coverage(CALM)).coverage("bed-7") is CALM


def test_whom_nobody_watches_is_shown_with_the_reason_for_that_not_the_logs():
    overview = fold(started("night"), coverage(CALM))
    assert overview.dreamer("bed-7")["coverage_reason"]["text"] == "as the test says"
    shown = contract.Dreamer.model_validate(
        overview.dreamer("bed-7", Reason("not_watched", "the cable is out"))
    )
    assert shown.coverage is Coverage.NOT_MONITORED
    assert shown.coverage_reason.text == "the cable is out"


def test_the_latest_of_each_kind_is_shown_in_the_shape_of_the_contract():
    state = fold(started("night"), coverage(CALM), epoch(0), epoch(1), alarm()).dreamer("bed-7")
    shown = contract.Dreamer.model_validate(state)
    assert shown.stage.index == 1
    assert shown.seq == 5
    assert shown.session.started_at == "2027-01-15T08:00:00.000Z"
    assert [a.alarm_id for a in shown.alarms] == ["bed-7:UNRESPONSIVE::1"]


def test_a_dreamer_nothing_is_known_of_has_the_shape_too():
    contract.Dreamer.model_validate(Overview().dreamer("bed-7"))


def test_a_new_session_forgets_the_stage_but_never_an_open_alarm():
    state = fold(started("one"), epoch(5), alarm(), started("two")).dreamer("bed-7")
    assert state["stage"] is None
    assert len(state["alarms"]) == 1


def test_a_wake_protocol_taken_over_by_a_new_session_is_shown():
    resumed = WakeStep(START, "WAITING", 2, 3, 60, None, Reason("resumed", "taken over"))
    overview = fold(started("one"), started("two"), resumed)
    shown = contract.Dreamer.model_validate(overview.dreamer("bed-7"))
    assert (shown.wake.step, shown.wake.round) == ("WAITING", 2)


def test_what_followed_a_cue_is_no_step_of_the_wake_protocol():
    cue = WakeStep(START, "CUE", 2, 3, 60, None, Reason("unanswered", "round not answered"))
    response = WakeStep(START, "RESPONSE", 2, 3, None, None, Reason("r1", "evoked complex"))
    shown = contract.Dreamer.model_validate(fold(started("one"), cue, response).dreamer("bed-7"))
    assert (shown.wake.step, shown.wake.level_dba) == ("CUE", 60)


def test_only_closed_alarms_leave():
    open_states = ["ACTIVE_ACK", "RTN_UNACK", "AWAIT_DISPOSITION", "SHELVED", "INHIBITED"]
    for state in open_states:
        assert len(fold(alarm(), alarm(state=state, version=2)).alarms()) == 1
    assert fold(alarm(), alarm(state="RESOLVED", version=2)).alarms() == []


def test_who_does_not_respond_comes_first_then_priority_then_what_nobody_took_on_then_age():
    told = [
        alarm("bed-7:UNRESPONSIVE::1", state="ACTIVE_ACK", raised_at=START + 20),
        alarm("bed-7:HARD_TO_WAKE::1", raised_at=START + 1),
        alarm("bed-7:SIGNAL_LOST::2", priority=Priority.MEDIUM, raised_at=START + 5),
        alarm("bed-7:SIGNAL_LOST::1", priority=Priority.MEDIUM, raised_at=START + 9),
        alarm("bed-7:PIPELINE_FAULT::1", "ACTIVE_ACK", Priority.MEDIUM, raised_at=START),
        alarm("bed-7:OVERRUN::1", priority=Priority.LOW, raised_at=START),
    ]
    ids = [each.alarm_id for each in told]
    assert [a["alarm_id"] for a in fold(*reversed(told)).alarms()] == ids
