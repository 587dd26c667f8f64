import json

import pytest
from alarm_story import START, Player, make_engine, saved

from monitor.domain.errors import SnapshotError

WOKEN_UP_TO_LISTEN_3 = "good 5\nwake\ngood 160"


def restarted(player: Player, **options: object) -> Player:
    engine = make_engine(**options)
    engine.restore(saved(player.engine))
    return Player(engine, player.at)


def following(player: Player, start: float = 0.0, **options: object) -> Player:
    engine = make_engine(start=START + start, **options)
    other = Player(engine, start, START + start)
    other.events = engine.adopt(saved(player.engine))
    return other


def test_a_restart_keeps_every_open_alarm_and_announces_nothing() -> None:
    before = Player(make_engine()).play(WOKEN_UP_TO_LISTEN_3)
    after = restarted(before)
    assert after.engine.open_alarms == before.engine.open_alarms != ()
    assert after.events == []


def test_deadlines_that_passed_while_it_was_down_fire_at_once_at_their_own_time() -> None:
    after = restarted(Player(make_engine()).play(WOKEN_UP_TO_LISTEN_3)).play("lost 3600")
    assert after.lines()[:3] == [
        "180 SIGNAL_LOST ACTIVE_UNACK high raised",
        "185 wake HUMAN_ATTEND 3 unanswered",
        "185 wake UNRESPONSIVE 3 unresponsive",
    ]
    assert "185 UNRESPONSIVE ACTIVE_UNACK high raised" in after.lines()


def test_open_alarms_and_the_running_wake_pass_to_the_next_session() -> None:
    before = Player(make_engine()).play(WOKEN_UP_TO_LISTEN_3)
    after = following(before, start=170)
    (alarm,) = after.engine.open_alarms
    assert alarm.alarm_id == before.alarm("HARD_TO_WAKE").alarm_id
    assert "185 UNRESPONSIVE ACTIVE_UNACK high raised" in after.play("good 30").lines()


def test_the_next_session_begins_with_what_expired_in_between_at_its_own_time() -> None:
    before = Player(make_engine()).play("good 5\nwake\ngood 10")
    after = following(before, start=4000)
    assert after.lines()[:3] == [
        "35 wake LISTEN 1 cued",
        "65 wake CUE 2 unanswered",
        "65 HARD_TO_WAKE ACTIVE_UNACK medium raised",
    ]
    assert "185 UNRESPONSIVE ACTIVE_UNACK high raised" in after.lines()
    times = [event.at for event in after.events]
    assert times == sorted(times)
    assert times[-1] <= after.engine.snapshot()["bed"]["now"] == START + 4000


def test_a_new_session_hears_the_same_as_one_that_went_on() -> None:
    before = Player(make_engine()).play(WOKEN_UP_TO_LISTEN_3)
    after = following(before, start=4000)
    ended = before.play("end")
    ended.events = []
    assert after.lines() == ended.play("wait 3835").lines()


def test_nothing_is_resolved_by_a_new_session() -> None:
    before = Player(make_engine(planned_s=60)).play("off C3-M2 500\nwait 1000")
    kinds = {alarm.kind for alarm in before.engine.open_alarms}
    assert kinds == {"SIGNAL_LOST", "ELECTRODE_OFF", "OVERRUN", "HARD_TO_WAKE", "UNRESPONSIVE"}
    after = following(before, start=1600, planned_s=8 * 3600)
    after.play("wait 4000")
    assert {alarm.kind for alarm in after.engine.open_alarms} == kinds
    assert not [line for line in after.lines() if "RESOLVED" in line]


def test_good_signal_of_the_new_session_clears_what_it_measures() -> None:
    before = Player(make_engine()).play("off C3-M2 10\nlost 20")
    after = following(before, start=100).play("good 15")
    assert after.engine.open_alarms == ()


def test_a_channel_that_is_not_there_any_more_is_closed_by_a_person_only() -> None:
    before = Player(make_engine()).play("off C3-M2 10")
    after = following(before, start=100, ch_names=("C4-M1", "O1", "O2")).play("good 60")
    assert [alarm.source for alarm in after.engine.open_alarms] == ["C3-M2"]
    after.play("resolve C3-M2 equipment")
    assert after.engine.open_alarms == ()


SILENT = "eeg 0.8 60 50"


@pytest.mark.parametrize("stretch", ["eeg 0.8 60 9", "eeg ? ? 9", "wait 9", "stage N2 100"])
def test_a_spell_of_silence_goes_on_through_a_restart(stretch: str) -> None:
    straight = Player(make_engine()).play(SILENT).play(stretch).play("eeg 0.8 60 60")
    again = restarted(restarted(Player(make_engine()).play(SILENT)).play(stretch))
    again.play("eeg 0.8 60 60")
    assert saved(again.engine) == saved(straight.engine)
    assert again.alarm("EEG_SUPPRESSED").present_since == START


def test_a_restart_counts_on_the_time_in_one_stage() -> None:
    after = restarted(Player(make_engine()).play("stage N2 179")).play("stage N2 1")
    assert after.lines() == ["5400 EEG_ABNORMAL one stage ACTIVE_UNACK medium raised"]


def test_silenced_sound_is_still_silent_after_a_restart_and_ends_on_time() -> None:
    after = restarted(Player(make_engine()).play("lost 20\npause SIGNAL_LOST 60"))
    assert after.play("lost 59").lines() == []
    assert after.play("lost 1").lines() == ["80 SIGNAL_LOST ACTIVE_UNACK medium audio_resumed"]


def test_a_suppressed_eeg_passes_to_the_next_session_and_is_closed_by_a_finding_only() -> None:
    before = Player(make_engine()).play("eeg 0.8 60 60\ntrouble attendance")
    after = following(before, start=100).play("eeg 0.0 60 120")
    assert [a.state for a in after.engine.open_alarms] == ["RTN_UNACK", "ACTIVE_UNACK"]
    after.play("ack EEG_SUPPRESSED\nresolve EEG_SUPPRESSED woken_verified\nwell attendance\ngood 5")
    assert after.engine.open_alarms == ()


def test_an_alarm_id_is_never_used_twice() -> None:
    before = Player(make_engine()).play("off C3-M2 10\ngood 15")
    after = following(before, start=100).play("off C3-M2 10")
    assert after.alarm("C3-M2").alarm_id == "bed-7:ELECTRODE_OFF:C3-M2:2"


def test_a_session_that_began_before_the_other_ended_takes_nothing_over() -> None:
    before = Player(make_engine()).play(WOKEN_UP_TO_LISTEN_3)
    with pytest.raises(SnapshotError, match="after this session's start"):
        following(before, start=164)


def overslept(planned_s: float | None) -> Player:
    """Return a player whose session took over an overrun 15 minutes old, in its first round."""
    before = Player(make_engine(planned_s=60)).play("good 970")
    return following(before, start=980, planned_s=planned_s)


@pytest.mark.parametrize(
    "ends",
    ["respond button\nstage W 2", "resolve OVERRUN woken_verified", "resolve OVERRUN false_alarm"],
)
@pytest.mark.parametrize("planned_s", [8 * 3600.0, None])
def test_an_overrun_taken_over_leaves_the_new_plan_as_it_is(ends, planned_s) -> None:
    after = overslept(planned_s).play(ends)
    assert "OVERRUN" not in {alarm.kind for alarm in after.engine.open_alarms}
    counts_from = after.engine.snapshot()["bed"]["plan"]["counts_from"]
    assert counts_from == (planned_s and START + 980 + planned_s)


def test_sleeping_on_after_an_overrun_taken_over_is_no_overrun_before_the_new_end() -> None:
    after = overslept(8 * 3600).play("respond button\nstage W 2\nstage N2 9\nrespond button")
    after.play("stage W 12\nstage N2 100")
    assert not [line for line in after.lines() if "OVERRUN ACTIVE" in line]


def test_a_snapshot_of_somebody_else_or_another_montage_is_refused() -> None:
    snapshot = saved(make_engine())
    with pytest.raises(SnapshotError, match=r"'bed-8'.*'bed-7'"):
        make_engine().restore({**snapshot, "dreamer": "bed-8"})
    with pytest.raises(SnapshotError, match="bed-8"):
        make_engine().adopt({**snapshot, "dreamer": "bed-8"})
    with pytest.raises(SnapshotError, match="C3-M2"):
        make_engine(ch_names=("C4-M1",)).restore(snapshot)


@pytest.mark.parametrize(
    "part", ["now", "contacts", "eeg", "plan", "sleeper", "stages", "wake", "alarms"]
)
def test_a_damaged_snapshot_is_refused(part: str) -> None:
    snapshot = saved(make_engine())
    del snapshot["bed"][part]
    with pytest.raises(SnapshotError, match=part):
        make_engine().restore(snapshot)


def test_a_snapshot_stays_small() -> None:
    player = Player(make_engine()).play("off C3-M2 500\nwake\nwait 1000")
    assert len(json.dumps(player.engine.snapshot())) < 10_000
