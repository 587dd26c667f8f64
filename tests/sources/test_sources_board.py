import time

import numpy as np
import pytest
from brainflow.board_shim import BoardIds

from monitor.domain.errors import SourceError
from monitor.domain.montage import ChannelKind
from monitor.sources.board import open_board
from monitor.sources.boards import board_id_of, known_boards
from monitor.sources.spec import open_link, open_source, parse_spec

CHANNELS = {"channels": "1:C3-M2,4:EOG-L"}


def drained(link, n_samples, within_s=5.0):
    """Drain a real board until so many samples have come."""
    batches, deadline = [], time.monotonic() + within_s
    while sum(b.lost.size for b in batches) < n_samples:
        assert time.monotonic() < deadline, "the board is silent"
        batches.append(link.drain())
        time.sleep(0.02)
    return np.hstack([b.data for b in batches]), np.hstack([b.lost for b in batches])


@pytest.fixture
def synthetic():
    link = open_board("synthetic", CHANNELS)
    link.connect()
    yield link
    link.disconnect()


@pytest.mark.parametrize(
    ("name", "board"),
    [
        ("synthetic", BoardIds.SYNTHETIC_BOARD),
        ("cyton", BoardIds.CYTON_BOARD),
        ("cyton-daisy", BoardIds.CYTON_DAISY_BOARD),
        ("ganglion", BoardIds.GANGLION_NATIVE_BOARD),
        ("MUSE_S_BOARD", BoardIds.MUSE_S_BOARD),
        ("muse-s", BoardIds.MUSE_S_BOARD),
        ("5", BoardIds.CYTON_WIFI_BOARD),
        ("-1", BoardIds.SYNTHETIC_BOARD),
    ],
)
def test_a_board_goes_by_its_short_name_its_name_or_its_number(name, board):
    assert board_id_of(name) == board.value


def test_every_board_listed_can_be_opened_by_its_name():
    kinds = known_boards()
    assert [kind.name for kind in kinds][:2] == ["synthetic", "cyton"]
    for kind in kinds:
        assert board_id_of(kind.name) == kind.board_id


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("board:cytom", "no board 'cytom'"),
        ("board:cyton?prot=/dev/ttyUSB0", "no option prot; it has channels"),
        ("board:cyton?port=x&channels=9:C3-M2", "9"),
        ("board:cyton?port=x&channels=1:chin", "EEG"),
        ("board:synthetic?ip_port=99999", "from 0 to 65535"),
        ("board:playback?file=x.csv", "needs master=BOARD"),
        ("board:cyton?speed=2", "time has one speed"),
        ("board:cyton", "needs port=, such as"),
    ],
)
def test_a_wrong_spec_is_told_before_anything_is_connected(spec, told):
    with pytest.raises(SourceError, match=told):
        open_link(parse_spec(spec))


def test_what_is_live_needs_a_service():
    with pytest.raises(SourceError, match="dreamwatch serve"):
        open_source(parse_spec("board:synthetic"))


def test_the_montage_is_the_wearers_and_knows_the_rails():
    link = open_board("cyton", CHANNELS | {"port": "x"})
    assert link.montage.ch_names == ("C3-M2", "EOG-L")
    assert link.montage.kinds == (ChannelKind.EEG, ChannelKind.EOG)
    assert [c.rail_uv for c in link.montage.channels] == [187_500.0] * 2
    assert link.sfreq == 250


def test_without_a_montage_the_boards_own_names_stand_in():
    assert open_board("cyton", {"port": "x"}).montage.ch_names[:3] == ("Fp1", "Fp2", "C3")
    ganglion = open_board("ganglion", {}).montage
    assert ganglion.ch_names == ("EEG 1", "EEG 2", "EEG 3", "EEG 4")
    assert ganglion.channels[0].rail_uv == pytest.approx(15_686.3, abs=0.1)


def test_a_real_driver_sends_the_channels_asked_for(synthetic):
    data, lost = drained(synthetic, 300)
    assert data.shape == (2, lost.size)
    assert lost.sum() == 0
    spectrum = np.abs(np.fft.rfft(data[:, :250] - data[:, :250].mean(axis=1, keepdims=True)))
    assert spectrum.argmax(axis=1).tolist() == [5, 20]  # channel i is a sine of 5 i Hz


def test_a_marker_lies_in_the_boards_own_stream(synthetic):
    drained(synthetic, 1)
    synthetic.mark(12.0)
    deadline, rows = time.monotonic() + 5, None
    while rows is None or not rows[31].any():
        assert time.monotonic() < deadline
        rows = synthetic._board.get_current_board_data(250)
    assert set(rows[31]) == {0.0, 12.0}


def test_a_board_that_is_not_there_says_what_to_do():
    link = open_board("cyton", {"port": "/dev/there-is-none"})
    with pytest.raises(SourceError, match=r"there-is-none.*is the dongle plugged in"):
        link.connect()
    link.disconnect()


def test_a_board_let_go_can_be_taken_again(synthetic):
    synthetic.disconnect()
    with pytest.raises(SourceError, match="not connected"):
        synthetic.drain()
    synthetic.mark(1.0)
    synthetic.connect()
    drained(synthetic, 50)


def test_one_board_lost_does_not_disturb_another(synthetic):
    other = open_board("synthetic", {**CHANNELS, "serial": "two"})
    other.connect()
    try:
        drained(other, 50)
        synthetic.disconnect()
        drained(other, 50)
    finally:
        other.disconnect()


def test_the_same_board_cannot_be_used_twice(synthetic):
    drained(synthetic, 1)
    twin = open_board("synthetic", CHANNELS)
    with pytest.raises(SourceError, match="another source of this program"):
        twin.connect()


def test_impedance_is_told_where_the_board_measures_it(synthetic):
    found = synthetic.impedances(lambda _: drained(synthetic, 50) and time.sleep(0.1))
    assert set(found) == {"C3-M2"}  # of two channels only, in this board
    with pytest.raises(SourceError, match="CytonDaisy measures no impedance"):
        open_board("cyton-daisy", {"port": "x"}).impedances(time.sleep)
