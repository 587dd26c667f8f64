"""A source on BrainFlow's real driver and an emulated board: every sample is received or lost."""

import time

import numpy as np
import pytest

from monitor.domain.inputs import Chunk
from monitor.sources.live import SILENT_S
from monitor.sources.loss import PACKETS_LOST
from tests.cyton.emulator import CytonEmulator
from tests.cyton.live import gaps, number_of, read_until, signal_of, watched
from tests.cyton.signal import numbered

SPEED = 60.0
LOSSES = (1, 45, 255, 256, 257, 3000)


def check_places(items, lost_before=0):
    """See that each sample lies where its number says, and return the position of the end."""
    chunks = [i for i in items if isinstance(i, Chunk)]
    first = chunks[0]
    offset = first.first_sample - number_of(first)[0] - lost_before
    for chunk in chunks:
        places = np.arange(chunk.first_sample, chunk.first_sample + chunk.n_samples)
        assert np.array_equal(places - offset, number_of(chunk))
    return chunks[-1].first_sample + chunks[-1].n_samples - offset


def all_of(board):
    """Whether everything the board sent has been received or counted lost."""
    return lambda items: board.finished and placed(items) >= board.sent


def placed(items):
    """Return how many samples have been placed since the device was first connected."""
    connecting = gaps(items[:1])[0][0] if gaps(items[:1]) else 0
    return sum(item.n_samples for item in items) - connecting


def test_losses_of_every_length_leave_each_sample_in_its_place():
    script = " ".join(f"drop@{5000 * (i + 1)}:{n}" for i, n in enumerate(LOSSES))
    with CytonEmulator(numbered(8, 40_000), script, speed=SPEED) as board, watched(board) as source:
        items = read_until(source, all_of(board))
        assert [n for n, cause in gaps(items) if cause == PACKETS_LOST] == list(LOSSES)
        assert check_places(items) == board.sent == 40_000
        assert signal_of(items).shape[1] + board.dropped == board.sent


def test_a_daisy_too():
    script = " ".join(f"drop@{3000 * (i + 1)}:{n}" for i, n in enumerate((1, 45, 127, 128, 129)))
    signal, names = numbered(16, 20_000), "1:C3-M2,9:C4-M1"
    with (
        CytonEmulator(signal, script, daisy=True, speed=SPEED) as board,
        watched(board, channels=names, name="cyton-daisy") as source,
    ):
        items = read_until(source, all_of(board))
        assert [n for n, cause in gaps(items) if cause == PACKETS_LOST] == [1, 45, 127, 128, 129]
        assert check_places(items) == board.sent == 20_000


def test_bursts_duplicates_and_wrong_packets_put_nothing_out_of_place():
    script = "burst@4000:0.5s duplicate@9000:20 stuck@12000:250 stop@15000:10 burst@18000:1s"
    with CytonEmulator(numbered(8, 24_000), script, speed=SPEED) as board, watched(board) as source:
        items = read_until(source, all_of(board))
        assert check_places(items) == board.sent == 24_000
        assert signal_of(items).shape[1] + board.dropped == board.sent


@pytest.mark.parametrize("fault", ["unplug", "off", "away", "reset"])
def test_a_board_that_was_away_goes_on_and_the_time_between_is_a_gap(fault, caplog):
    lasting_s = 20
    with (
        CytonEmulator(script=f"{fault}@5000:{lasting_s}s", speed=SPEED) as board,
        watched(board, patience=1) as source,
    ):
        items = read_until(source, lambda items: placed(items) > 5000 + 60 * 250)
        lost = next(g for g in gaps(items) if g[1] not in ("connecting", PACKETS_LOST))
        seconds = lost[0] / 250
        least = 0 if fault == "reset" else lasting_s
        assert least < seconds < lasting_s + SILENT_S + 6 * SPEED
        assert lost[1] in caplog.text


def test_a_frozen_board_is_started_anew():
    with CytonEmulator(script="freeze@2500:15s", speed=SPEED) as board, watched(board) as source:
        items = read_until(source, lambda items: placed(items) > 2500 + 60 * 250)
        assert any("stood still" in cause for _, cause in gaps(items))


def test_one_board_that_fails_does_not_disturb_another():
    with (
        CytonEmulator(numbered(8, 20_000), script="unplug@3000:3600s", speed=SPEED) as broken,
        CytonEmulator(numbered(8, 20_000), speed=SPEED) as sound,
        watched(broken) as first,
        watched(sound) as second,
    ):
        items, lost = [], []
        deadline = time.monotonic() + 30
        while not all_of(sound)(items):
            assert time.monotonic() < deadline
            lost += first.read()
            items += second.read()
        assert check_places(items) == 20_000
        assert [cause for _, cause in gaps(items)] in ([], ["connecting"])
        assert "plugged in" in first.trouble
        assert signal_of(lost).shape[1] == 3000
