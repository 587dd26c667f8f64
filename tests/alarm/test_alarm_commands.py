import math

import pytest
from alarm_story import START, Player, make_engine, saved
from hypothesis import given
from hypothesis import strategies as st

from monitor.alarm.engine import MAX_COMMAND_IDS
from monitor.domain.errors import CommandError, NotAllowed, StaleVersion, UnknownAlarm
from monitor.domain.events import AlarmChanged, CommandDone
from monitor.domain.inputs import (
    Acknowledge,
    Disposition,
    Resolve,
    Respond,
    Responder,
    Shelve,
    Wake,
)


def player(story: str) -> Player:
    return Player(make_engine()).play(story)


def aimed(alarm, command_id="x", actor="ann", stale=0):
    return {
        "command_id": command_id,
        "actor": actor,
        "alarm_id": alarm.alarm_id,
        "expected_version": alarm.version - stale,
    }


def test_acknowledging_says_who_and_when() -> None:
    p = player("good 10\nwait 15")
    done, changed = p.command(Acknowledge(**aimed(p.alarm("SIGNAL_LOST"))))
    assert done == CommandDone(
        START + 25, "x", "acknowledge", "ann", {"alarm_id": "bed-7:SIGNAL_LOST::1"}
    )
    assert (changed.acked_by, changed.acked_at, changed.version) == ("ann", START + 25, 2)
    assert changed.reason.actor == "ann"
    assert changed.present


def test_of_two_acknowledgements_one_wins() -> None:
    p = player("wait 15")
    alarm = p.alarm("SIGNAL_LOST")
    p.command(Acknowledge(**aimed(alarm, "a", "ann")))
    with pytest.raises(StaleVersion, match="version 2, not 1"):
        p.command(Acknowledge(**aimed(alarm, "b", "bob")))
    assert p.alarm("SIGNAL_LOST").acked_by == "ann"


def test_a_repeated_command_does_nothing() -> None:
    p = player("wait 15")
    command = Acknowledge(**aimed(p.alarm("SIGNAL_LOST")))
    assert p.command(command)
    before = saved(p.engine)
    assert p.command(command) == []
    assert saved(p.engine) == before


def test_ids_are_remembered_up_to_a_bound() -> None:
    p = player("good 1")
    for i in range(MAX_COMMAND_IDS + 1):
        p.command(Respond(command_id=f"r{i}", by=Responder.BUTTON))
    assert p.command(Respond(command_id="r1", by=Responder.BUTTON)) == []
    assert len(p.command(Respond(command_id="r0", by=Responder.BUTTON))) == 1
    assert len(saved(p.engine)["done"]) == MAX_COMMAND_IDS


def test_a_resolved_alarm_is_stale_and_another_is_unknown() -> None:
    p = player("wait 15\ngood 6")
    gone = {"command_id": "x", "expected_version": 1}
    with pytest.raises(StaleVersion, match="RESOLVED"):
        p.command(Acknowledge(**gone, alarm_id="bed-7:SIGNAL_LOST::1"))
    for unknown in ("bed-7:SIGNAL_LOST::2", "bed-7:SIGNAL_LOST::0", "bed-8:SIGNAL_LOST::1", ""):
        with pytest.raises(UnknownAlarm):
            p.command(Acknowledge(**gone, alarm_id=unknown))


def test_an_alarm_not_yet_raised_is_unknown() -> None:
    p = player("wait 14")
    with pytest.raises(UnknownAlarm):
        p.command(Acknowledge(command_id="x", expected_version=0, alarm_id="bed-7:SIGNAL_LOST::1"))


def test_ids_count_up_per_kind_and_source() -> None:
    p = player("off C3-M2 10\ngood 15\noff C4-M1 10\noff C3-M2 10")
    raised = [e.alarm_id for e in p.events if e.reason.code == "raised"]
    assert raised == [
        "bed-7:ELECTRODE_OFF:C3-M2:1",
        "bed-7:ELECTRODE_OFF:C4-M1:1",
        "bed-7:ELECTRODE_OFF:C3-M2:2",
    ]


@pytest.mark.parametrize(
    ("reason", "duration_s"),
    [("", 60.0), ("  ", 60.0), ("r", 0.0), ("r", -1.0), ("r", 8 * 3600 + 1.0), ("r", math.nan)],
)
def test_shelving_needs_a_reason_and_an_end(reason: str, duration_s: float) -> None:
    p = player("off C3-M2 10")
    with pytest.raises(NotAllowed, match="reason and an end within 28800 s"):
        p.command(Shelve(**aimed(p.alarm("C3-M2")), reason=reason, duration_s=duration_s))


def test_a_shelved_alarm_is_still_counted_and_says_until_when() -> None:
    p = player("off C3-M2 10")
    _, changed = p.command(Shelve(**aimed(p.alarm("C3-M2")), reason="washing", duration_s=60.0))
    assert changed.shelved_until == START + 70
    assert (changed.reason.text, changed.reason.actor) == ("washing", "ann")
    assert [alarm.state for alarm in p.engine.open_alarms] == ["SHELVED"]


def test_what_an_alarm_is_about_is_told_whatever_becomes_of_it() -> None:
    p = player("off C3-M2 10")
    alarm = p.alarm("C3-M2")
    assert alarm.finding
    _, taken = p.command(Acknowledge(**aimed(alarm)))
    assert taken.reason.text != taken.finding == alarm.finding
    again = aimed(taken) | {"command_id": "again"}
    _, closed = p.command(Shelve(**again, reason="washing", duration_s=60.0))
    assert (closed.reason.text, closed.finding) == ("washing", alarm.finding)


def test_the_finding_is_kept_with_actor_and_note() -> None:
    p = player("good 5\nwake\ngood 180")
    resolve = Resolve(
        **aimed(p.alarm("UNRESPONSIVE")),
        disposition=Disposition.MEDICAL_HELP_CALLED,
        note="called 112",
    )
    done, changed, *_ = p.command(resolve)
    assert done.detail["disposition"] == "medical_help_called"
    assert done.detail["note"] == "called 112"
    assert (changed.state, changed.disposition) == ("RESOLVED", "medical_help_called")
    assert (changed.reason.text, changed.acked_by) == ("medical help called: called 112", "ann")


@pytest.mark.parametrize(("profile", "counted"), [("adult", True), ("child", False)])
def test_a_response_is_logged_whether_it_counts_or_not(profile: str, counted: bool) -> None:
    p = Player(make_engine(profile=profile)).play("good 5\nwake")
    done, *steps = p.command(Respond(command_id="r", by=Responder.VOICE))
    assert done.detail == {"by": "voice", "counted": counted}
    assert bool(steps) is counted


def test_a_second_wake_does_not_start_the_rounds_again() -> None:
    p = player("good 5\nwake\ngood 10")
    (done,) = p.command(Wake(command_id="again"))
    assert done.detail == {"started": False}
    assert p.play("good 50").lines()[1:3] == ["35 wake LISTEN 1 cued", "65 wake CUE 2 unanswered"]


def test_a_refused_command_leaves_the_timers_that_are_due_to_the_next_input() -> None:
    p = player("good 10")
    p.at += 15
    before = saved(p.engine)
    with pytest.raises(CommandError):
        p.command(Acknowledge(command_id="x", alarm_id="bed-7:NO::1", expected_version=1))
    assert saved(p.engine) == before
    (event,) = p.engine.advance(p.now)
    assert isinstance(event, AlarmChanged)


@given(st.lists(st.sampled_from(["wake", "respond button", "wait 40", "good 20"]), max_size=12))
def test_an_id_is_carried_out_once_however_often_it_is_sent(steps: list[str]) -> None:
    once, often = player("\n".join(steps)), Player(make_engine())
    for step in steps:
        often.play(step)
        if step in ("wake", "respond button"):
            often._commands -= 1
            often.play(step)
    assert often.events == once.events
