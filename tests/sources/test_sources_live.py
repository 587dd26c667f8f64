from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alarm.rules import AlarmKind
from monitor.domain.events import AlarmChanged, Priority, Reason, WakeStep
from monitor.domain.inputs import Chunk, Gap
from monitor.sources import markers
from monitor.sources.live import LONGEST_WAIT_S, SILENT_S, LiveSource
from tests.sources.live_fakes import SFREQ, FakeHost, FakeLink


@pytest.fixture
def host():
    return FakeHost()


@pytest.fixture
def link():
    return FakeLink()


@pytest.fixture
def source(link, host):
    """A source whose device is connected and has sent its first tenth of a second."""
    source = LiveSource(link, host, "bed-7")
    assert source.read() == []
    host.now += 0.1
    link.send(25)
    assert [shape(i) for i in source.read()] == [(0, 25)]
    return source


def shape(item):
    """Write a chunk as (first, n), a gap as (first, n, cause)."""
    if isinstance(item, Gap):
        return (item.first_sample, item.n_samples, item.cause)
    return (item.first_sample, item.n_samples)


def pass_s(source, host, seconds, step=0.5):
    items = []
    for _ in range(round(seconds / step)):
        host.now += step
        items += source.read()
    return items


def test_samples_come_as_they_are(source, link):
    link.send(3)
    (chunk,) = source.read()
    assert isinstance(chunk, Chunk)
    assert np.array_equal(chunk.data, [[25, 26, 27], [-25, -26, -27]])


def test_the_time_until_the_first_sample_is_a_gap(link, host):
    source = LiveSource(link, host, "bed-7")
    source.read()
    host.now += 3
    link.send(25)
    assert [shape(i) for i in source.read()] == [(0, 725, "connecting"), (725, 25)]


def test_losses_are_gaps_at_their_place(source, link):
    link.send(4, lost=[2, 0, 45, 0])
    assert [shape(i) for i in source.read()] == [
        (25, 2, "packets lost"),
        (27, 2),
        (29, 45, "packets lost"),
        (74, 2),
    ]


@given(st.lists(st.lists(st.integers(0, 300), max_size=30), max_size=20))
def test_every_sample_sent_is_received_or_lost_and_in_order(batches):
    link, host = FakeLink(), FakeHost()
    source = LiveSource(link, host, "bed-7")
    source.read()
    link.send(1)
    position = sum(item.n_samples for item in source.read())
    for lost in batches:
        host.now += (len(lost) + sum(lost)) / SFREQ
        link.send(len(lost), lost)
        for item in source.read():
            assert item.first_sample == position
            position += item.n_samples
    assert position == 1 + sum(len(lost) + sum(lost) for lost in batches)


def test_a_short_silence_is_waited_for(source, link, host):
    assert pass_s(source, host, SILENT_S - 1) == []
    link.send(5, lost=[3000, 0, 0, 0, 0])
    assert [shape(i) for i in source.read()] == [(25, 3000, "packets lost"), (3025, 5)]
    assert link.n_connects == 1


def test_a_mute_device_is_connected_anew_and_its_silence_is_a_gap_by_the_clock(source, link, host):
    pass_s(source, host, SILENT_S + 2)
    assert link.n_connects == 2
    link.send(50)
    gap, chunk = source.read()
    assert shape(gap) == (25, round((SILENT_S + 2) * SFREQ) - 50, f"no sample for {SILENT_S:g} s")
    assert shape(chunk) == (gap.first_sample + gap.n_samples, 50)


def test_what_was_held_back_is_not_lost_with_the_connection(source, link, host):
    link.kept = 10
    items = pass_s(source, host, SILENT_S + 2)
    link.send(50)
    assert shape([*items, *source.read()][0]) == (25, 10)


def test_what_was_held_back_is_not_bridged_by_the_clock_as_well(source, link, host):
    link.kept, link.breaks = 250, "unplugged"
    items = pass_s(source, host, 1)
    link.breaks = ""
    items += pass_s(source, host, 4)
    link.send(25)
    assert [shape(i) for i in [*items, *source.read()]] == [
        (25, 250),
        (275, 5 * 250 - 250 - 25, "unplugged"),
        (1250, 25),
    ]


def test_a_device_that_is_gone_is_tried_for_ever_at_growing_intervals(source, link, host):
    link.breaks = link.refuses = "/dev/ttyUSB0 is gone"
    tries = []
    for _ in range(24 * 3600):
        before = link.n_connects
        pass_s(source, host, 1, step=1)
        if link.n_connects > before:
            tries.append(host.now)
    waits = np.diff(tries)
    assert waits[0] < 4
    assert max(waits) <= LONGEST_WAIT_S + 2
    assert len(tries) > 24 * 3600 / (LONGEST_WAIT_S + 2)
    assert source.trouble == "/dev/ttyUSB0 is gone"
    link.breaks = link.refuses = ""
    before = link.n_connects
    while link.n_connects == before:
        pass_s(source, host, 1)
    link.send(25)
    gap, _ = source.read()
    assert gap.cause == "/dev/ttyUSB0 is gone"
    assert gap.n_samples == pytest.approx((host.now - 1000.1) * SFREQ, abs=26)
    assert source.trouble == ""


def test_time_goes_on_while_a_device_hangs(source, link, host):
    host.hangs = True
    assert pass_s(source, host, 3600) == []
    host.hangs = False
    host.finish()
    pass_s(source, host, 1)
    link.send(25)
    assert [type(i) for i in source.read()] == [Gap, Chunk]


def test_a_frozen_device_is_connected_anew(source, link, host):
    for _ in range(11):
        host.now += 1
        link.send(250, value=17)
        source.read()
    pass_s(source, host, 3)
    assert link.n_connects == 2
    link.send(25)
    assert "stood still" in source.read()[0].cause


def stand_still(link, host, source, seconds, row):
    for _ in range(seconds):
        host.now += 1
        link.send(250, value=row)
        source.read()


@pytest.mark.parametrize(
    ("rail_uv", "row", "n_connects"),
    [
        (187_500.0, (187_500.0, -187_500.0), 1),  # every electrode is off
        (187_500.0, (187_500.0, 17.0), 2),  # one is, and nothing moves: frozen
        (None, (17.0, 18.0), 2),  # may be frozen, may be switched off: tried once
    ],
)
def test_what_stands_still_is_frozen_unless_all_of_it_is_railed(host, rail_uv, row, n_connects):
    link = FakeLink(rail_uv)
    source = LiveSource(link, host, "bed-7")
    source.read()
    stand_still(link, host, source, 120, np.array([row]).T)
    assert link.n_connects == n_connects


def test_what_moves_again_can_freeze_again(source, link, host):
    stand_still(link, host, source, 30, 17)
    link.send(250)
    source.read()
    stand_still(link, host, source, 30, 17)
    assert link.n_connects == 3


def test_a_clock_set_forward_loses_nothing(source, link, host, caplog):
    host.now += 0.1
    link.send(25, lost=[29_952] + 24 * [0])
    assert [shape(i) for i in source.read()] == [(25, 25)]
    assert "was the clock set" in caplog.text


def test_a_replay_ends_where_it_falls_silent(source, link, host):
    link.once = True
    items = []
    for _ in range(100):
        host.now += 1
        if (came := source.read()) is None:
            break
        items += came
    assert came is None
    assert link.n_connects == 1


def test_whatever_goes_wrong_while_connecting_it_is_tried_again(link, host):
    source = LiveSource(link, host, "bed-7")
    link.connect = lambda: 1 / 0
    assert pass_s(source, host, 5) == []
    assert "division by zero" in source.trouble
    del link.connect
    pass_s(source, host, 60)
    assert link.n_connects > 0


def test_after_a_restart_it_goes_on_from_where_it_is_told(link, host):
    source = LiveSource(link, host, "bed-7")
    source.seek(10_000)
    source.read()
    host.now += 0.1
    link.send(25)
    assert [shape(i) for i in source.read()] == [(10_000, 25)]


def step(name, number=1):
    return WakeStep(0.0, name, number, 3, 65, None, Reason("cue", "cue"))


def raised(kind, code="raised"):
    known = {"kind": kind, "priority": Priority.HIGH, "reason": Reason(code, code)}
    return AlarmChanged(**{field.name: known.get(field.name) for field in fields(AlarmChanged)})


def test_cues_and_alarms_are_marked_in_the_device(source, link):
    for event in (step("CUE", 2), step("LISTEN"), raised("UNRESPONSIVE"), raised("OVERRUN", "ack")):
        source.notify(event)
    assert link.marks == [12.0, 44.0]


def test_nothing_is_marked_where_nothing_is_connected(link, host):
    LiveSource(link, host, "bed-7").notify(step("CUE"))
    assert link.marks == []


def test_every_kind_of_alarm_has_a_code():
    assert set(AlarmKind) <= set(markers.KINDS)


def test_closing_lets_go_of_the_device(source, link):
    before = link.n_disconnects
    source.close()
    assert link.n_disconnects == before + 1
