"""A source on BrainFlow's real driver and an emulated board: every sample is received or lost."""

import numpy as np

from monitor.domain.inputs import Chunk
from monitor.sources.live import PACKETS_LOST, SILENT_S
from tests.cyton.emulator import CytonEmulator
from tests.cyton.live import gaps, read_until, signal_of, watched
from tests.cyton.protocol import to_counts
from tests.cyton.signal import numbered

SPEED = 40.0
LOSSES = (1, 45, 255, 256, 257, 3000)


def number_of(chunk, channel=0):
    """Return the number that `tests.cyton.signal.numbered` gave each sample."""
    return (to_counts(chunk.data)[channel] + 2**22 - channel) // 16


def check_places(items, lost_before=0):
    """See that each sample lies where its number says, and return the position of the end."""
    chunks = [i for i in items if isinstance(i, Chunk)]
    first = chunks[0]
    offset = first.first_sample - number_of(first)[0] - lost_before
    for chunk in chunks:
        places = np.arange(chunk.first_sample, chunk.first_sample + chunk.n_samples)
        assert np.array_equal(places - offset, number_of(chunk))
    return chunks[-1].first_sample + chunks[-1].n_samples - offset


def test_losses_of_every_length_leave_each_sample_in_its_place():
    script = " ".join(f"drop@{5000 * (i + 1)}:{n}" for i, n in enumerate(LOSSES))
    with CytonEmulator(numbered(8, 40_000), script, speed=SPEED) as board, watched(board) as source:
        items = read_until(source, lambda items: items and board.finished)
        items += read_until(source, lambda items: not source.read())
        assert [n for n, cause in gaps(items) if cause == PACKETS_LOST] == list(LOSSES)
        assert check_places(items) == board.sent == 40_000
        assert signal_of(items).shape[1] + board.dropped == board.sent
