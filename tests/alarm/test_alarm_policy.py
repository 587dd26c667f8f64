"""Another policy takes effect at once, is told in the log, and is what a restart goes on with."""

from dataclasses import replace

from alarm_story import Player, make_engine, saved

from monitor.alarm.catalogue import DEFAULT_POLICY
from monitor.alarm.rules import AlarmKind
from monitor.domain.events import CommandDone
from monitor.domain.inputs import SetPolicy

SLOW = replace(
    DEFAULT_POLICY,
    kinds={
        **DEFAULT_POLICY.kinds,
        AlarmKind.SIGNAL_LOST: replace(DEFAULT_POLICY.kinds[AlarmKind.SIGNAL_LOST], on_delay_s=60),
    },
)
QUIET = replace(
    DEFAULT_POLICY,
    wake={**DEFAULT_POLICY.wake, "adult": replace(DEFAULT_POLICY.wake["adult"], levels_dba=(50,))},
)


def follow(player, policy, digest, command_id):
    command = SetPolicy(command_id=command_id, actor="file", policy=policy, digest=digest)
    events = player.command(command)
    player.events += events
    return events


def test_a_policy_changes_a_delay_that_is_running():
    player = Player(make_engine()).play("good 5\nwait 10")
    follow(player, SLOW, "slow", "p1")
    assert player.play("wait 40").lines() == []
    assert player.play("wait 10").lines() == ["65 SIGNAL_LOST ACTIVE_UNACK medium raised"]


def test_a_policy_may_bring_what_is_overdue():
    player = Player(make_engine(policy=SLOW)).play("good 5\nwait 30")
    assert player.lines() == []
    follow(player, DEFAULT_POLICY, "default", "p1")
    assert player.lines() == ["35 SIGNAL_LOST ACTIVE_UNACK medium raised"]


def test_the_wake_protocol_follows_too():
    player = Player(make_engine()).play("good 5")
    follow(player, QUIET, "quiet", "p1")
    player.play("wake\ngood 90")
    cues = [e for e in player.events if e.type == "wake" and e.step == "CUE"]
    assert [(cue.level_dba, cue.rounds) for cue in cues] == [(50, 1)]


def test_a_change_is_told_and_the_same_again_is_not():
    player = Player(make_engine()).play("good 5")
    (done,) = follow(player, SLOW, "slow", "p1")
    assert isinstance(done, CommandDone)
    assert (done.command, done.actor) == ("setpolicy", "file")
    assert done.detail == {"digest": "slow", "differs": {}}
    assert follow(player, SLOW, "slow", "p2") == []
    assert len(follow(player, DEFAULT_POLICY, "", "p3")) == 1


def test_a_restart_knows_which_policy_it_has_been_told_of():
    player = Player(make_engine()).play("good 5")
    follow(player, SLOW, "slow", "p1")
    again = make_engine(policy=SLOW)
    again.restore(saved(player.engine))
    player.engine = again
    assert follow(player, SLOW, "slow", "p2") == []
    assert player.play("wait 59").lines() == []
