import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.errors import SourceError
from monitor.domain.montage import ChannelKind
from monitor.sources.channels import pick_channels

CYTON = ("Fp1", "Fp2", "C3", "C4", "P7", "P8", "O1", "O2")


def test_only_the_named_channels_are_taken_in_the_order_given() -> None:
    rows, montage = pick_channels("3:EOG-L, 1:Fpz-M2,8: C3-M2", 8, 187_500.0, "cyton", CYTON)
    assert rows == (2, 0, 7)
    assert montage.ch_names == ("EOG-L", "Fpz-M2", "C3-M2")
    assert montage.kinds == (ChannelKind.EOG, ChannelKind.EEG, ChannelKind.EEG)
    assert {channel.rail_uv for channel in montage.channels} == {187_500.0}


@pytest.mark.parametrize("text", ["", " "])
def test_without_the_option_the_fallback_names_every_channel(text: str) -> None:
    rows, montage = pick_channels(text, 4, None, "cyton", CYTON)
    assert rows == (0, 1, 2, 3)
    assert montage.ch_names == CYTON[:4]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "g: name its 4 channels, as in channels=1:"),
        ("5:C3", "g: has channels 1 to 4, not 5:C3"),
        ("0:C3", "g: has channels 1 to 4, not 0:C3"),
        ("9999999999999999999999:C3", "g: has channels 1 to 4"),
        ("-1:C3", "'-1:C3' is no channel number and name"),
        ("C3", "'C3' is no channel number and name"),
        ("1:", "'1:' is no channel number and name"),
        ("1:C3,", "'' is no channel number and name"),
        ("1:C3\x00", "is no channel number and name"),
        ("1:C3,1:C4", "g: channel 1 is named 2 times"),
        ("1:C3,2:C3", "g: channel names must differ"),
        ("1:EOG-L,2:chin", "g: no EEG channel among EOG-L, chin"),
    ],
)
def test_a_wrong_option_is_refused_and_says_why(text: str, message: str) -> None:
    with pytest.raises(SourceError, match=re.escape(message)):
        pick_channels(text, 4, None, "g")


@given(st.text(max_size=40), st.integers(0, 70))
def test_any_text_gives_rows_in_range_or_a_source_error(text: str, n_channels: int) -> None:
    try:
        rows, montage = pick_channels(text, n_channels, None, "board")
    except SourceError:
        return
    assert len(rows) == len(set(rows)) == len(montage.channels)
    assert all(0 <= row < n_channels for row in rows)
