from monitor.sources.board import open_board
from monitor.sources.boards import known_boards

PORT = {"port": "/dev/ttyUSB0"}


def test_every_board_listed_has_a_name_of_its_own_by_which_it_can_be_opened():
    kinds = known_boards()
    links = {kind.name: open_board(kind.name, PORT) for kind in kinds}
    assert len(links) == len(kinds)
    assert len({link.montage.ch_names for link in links.values()}) > 5
    for kind in kinds:
        assert links[kind.name].montage.ch_names == kind.ch_names
        assert links[kind.name].sfreq == kind.sfreq


def test_of_more_channels_than_a_montage_has_any_can_be_named():
    assert len(open_board("freeeeg128", PORT).montage.channels) == 64
    link = open_board("freeeeg128", {**PORT, "channels": "128:C3-M2"})
    assert link.montage.ch_names == ("C3-M2",)
