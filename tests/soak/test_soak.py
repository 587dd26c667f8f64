"""A short soak with the real service and driver, and that the account sees what is wrong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.inputs import Gap
from monitor.sources.loss import PACKETS_LOST
from tests.cyton.protocol import to_microvolts
from tests.soak.bed import PERIOD, Bed, Numbered, numbers_of
from tests.soak.report import report
from tests.soak.run import soak
from tests.soak.samples import account

SFREQ = 250.0


@pytest.mark.e2e
def test_every_sample_of_boards_in_trouble_is_accounted_for_in_real_time(tmp_path):
    beds = [
        Bed("cyton", 1, "burst@500:1s drop@1000:256 unplug@1500:3s"),
        Bed("cyton-daisy", 2, "burst@250:0.5s stuck@500:100 half@800:3 freeze@1000:1s"),
    ]
    usage = soak(beds, 9.0, tmp_path, lambda _: None)
    reports = report(beds, tmp_path)
    assert [r.problems for r in reports] == [[], []]
    assert [r.faults.total() for r in reports] == [3, 4]
    assert [r.samples.lost for r in reports] == [256, 103]
    assert [len(r.samples.outages) for r in reports] == [1, 0]
    assert reports[1].causes[PACKETS_LOST] == 2
    assert usage.status == 0


def recorded(pieces, frozen=0):
    """Return what is recorded of pieces, each its cause, how many were sent unheard, how many not.

    The gap of an outage is 7 samples, whatever was sent meanwhile; the last `frozen` samples of
    each piece repeat a value.
    """
    rows, gaps, position, number = [], [], 0, 0
    for cause, n_unheard, n_received in pieces:
        n_gap = n_unheard if cause == PACKETS_LOST else 7
        gaps.append(Gap(position, n_gap, cause))
        heard = np.arange(n_received)
        number += n_unheard
        kept = np.minimum(heard, max(0, n_received - frozen - 1)) + number
        rows += [np.full(n_gap, -1), kept % PERIOD]
        position += n_gap + n_received
        number += n_received
    return np.concatenate(rows), gaps, number


def pieces(causes_):
    return st.tuples(st.sampled_from(causes_), st.integers(1, 5_000), st.integers(5, 3_000))


nights = st.lists(pieces([PACKETS_LOST, "unplugged"]), max_size=8).map(
    lambda rest: [("connecting", 0, 2_000), *rest]
)


@given(nights, st.integers(0, 3))
def test_what_was_sent_is_received_lost_or_unheard(night, frozen):
    numbers, gaps, sent = recorded(night, frozen)
    found = account(numbers, gaps, SFREQ, lambda number: number / SFREQ)
    assert found.misplaced == []
    assert (found.first, found.last, found.accounted) == (0, sent - 1, sent)
    assert found.received == sum(n for _, _, n in night)
    assert found.lost == sum(n for cause, n, _ in night if cause == PACKETS_LOST)
    assert [o.unheard for o in found.outages] == [
        n for cause, n, _ in night if cause == "unplugged"
    ]


@given(nights, st.sampled_from([-1, 1]))
def test_a_loss_counted_wrong_by_one_is_seen(night, by):
    right, gaps, _ = recorded([*night, (PACKETS_LOST, 45, 500)])
    start = gaps[-1].first_sample
    tail = right[start + 45 :]
    numbers = np.concatenate([right[:start], np.full(45 + by, -1), tail])
    gaps[-1] = Gap(start, 45 + by, PACKETS_LOST)
    assert account(numbers, gaps, SFREQ, lambda number: number / SFREQ).misplaced


def test_the_boards_number_their_samples_on_and_on():
    signal = Numbered(8, np.ones((3, 10)))
    rows = signal(PERIOD - 3, PERIOD + 3)
    assert numbers_of(rows[-1]).tolist() == [PERIOD - 3, PERIOD - 2, PERIOD - 1, 0, 1, 2]
    assert numbers_of(np.array([np.nan, to_microvolts(np.array(-(2**22)))])).tolist() == [-1, 0]
    signal(PERIOD + 3, PERIOD + 4)
    early, late = signal.sent_at(PERIOD), signal.sent_at(PERIOD + 3)
    assert early == signal.sent_at(PERIOD + 2) <= late
