import pytest

from monitor.alarm.catalogue import DEFAULT_POLICY
from monitor.alarm.rules import AlarmKind, Rise
from monitor.domain.events import Priority
from service.errors import SettingsError
from service.policy import MAX_BYTES, make_policy, read_policy

CHANGED = """
max_shelf_s = 3600

[kinds.SIGNAL_LOST]
on_delay_s = 20
ack_timeout_s = "never"

[kinds.PIPELINE_FAULT.rise]
after_s = 60
to = "high"

[escalation.high]
steps_s = [0, 30, 120]

[wake.adult]
levels_dba = [60, 70, 80, 85]
responders = ["technician"]
"""


@pytest.fixture
def policy_file(tmp_path):
    def write(text):
        path = tmp_path / "policy.toml"
        path.write_text(text)
        return path

    return write


def test_what_is_named_changes_and_all_else_stays(policy_file):
    policy = read_policy(policy_file(CHANGED)).policy
    assert policy.max_shelf_s == 3600
    lost, default = policy.kinds[AlarmKind.SIGNAL_LOST], DEFAULT_POLICY.kinds[AlarmKind.SIGNAL_LOST]
    assert (lost.on_delay_s, lost.ack_timeout_s) == (20, None)
    assert (lost.off_delay_s, lost.rise) == (default.off_delay_s, default.rise)
    assert policy.kinds[AlarmKind.PIPELINE_FAULT].rise == Rise(60, Priority.HIGH)
    assert policy.escalation[Priority.HIGH].steps_s == (0, 30, 120)
    assert policy.wake["adult"].levels_dba == (60, 70, 80, 85)
    assert policy.wake["child"] == DEFAULT_POLICY.wake["child"]
    assert policy.kinds[AlarmKind.UNRESPONSIVE] == DEFAULT_POLICY.kinds[AlarmKind.UNRESPONSIVE]


def test_an_empty_policy_is_the_default(policy_file):
    read = read_policy(policy_file(""))
    assert (read.policy, read.digest, read.differs) == (DEFAULT_POLICY, "", {})


def test_the_digest_tells_content_not_spelling(policy_file):
    one = read_policy(policy_file("[kinds.OVERRUN]\non_delay_s = 60\noff_delay_s = 1"))
    other = read_policy(policy_file("kinds.OVERRUN = { off_delay_s = 1, on_delay_s = 60 }"))
    third = read_policy(policy_file("[kinds.OVERRUN]\non_delay_s = 61\noff_delay_s = 1"))
    assert one.digest == other.digest != third.digest


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kinds.SIGNAL_LOTS.on_delay_s = 3", "no 'SIGNAL_LOTS', but SIGNAL_LOST"),
        ("kinds.SIGNAL_LOST.delay = 3", "no 'delay', but priority"),
        ("kinds.UNRESPONSIVE.latched = false", "latched: is not up to a policy"),
        ("kinds.UNRESPONSIVE.shelvable = 1", "shelvable: is not up to a policy"),
        ("kinds.UNRESPONSIVE.priority = 'low'", "low is lower than high"),
        ("kinds.OVERRUN.on_delay_s = -1", "on_delay_s: -1 is not from 0"),
        ("kinds.OVERRUN.on_delay_s = nan", "is not from 0"),
        ("kinds.OVERRUN.on_delay_s = 'soon'", "kinds.OVERRUN.on_delay_s: Input should be"),
        ("kinds.OVERRUN = 3", "kinds.OVERRUN: 3 is no table"),
        ("kinds.PIPELINE_FAULT.rise.after_s = 60", "rise.to"),
        ("escalation.high.steps_s = [0, 60]", "3 rising steps"),
        ("wake.adult.levels_dba = [101]", "100 dBA"),
        ("wake.adult.hard_after = 9", "hard_after is 1 to 3"),
        ("x = [", "not valid TOML"),
        ("# " + "x" * MAX_BYTES, "at most"),
    ],
)
def test_a_wrong_policy_is_refused_by_name(policy_file, text, told):
    path = policy_file(text)
    with pytest.raises(SettingsError, match=r"policy\.toml: ") as error:
        read_policy(path)
    assert told in str(error.value)


def test_a_missing_policy_is_told(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        read_policy(tmp_path / "none.toml")


def test_the_default_comes_through_unchanged():
    assert make_policy({}) == DEFAULT_POLICY
