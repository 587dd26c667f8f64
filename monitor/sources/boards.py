"""The boards that BrainFlow knows: names, rates, rows."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.domain.config import MAX_SFREQ, MIN_SFREQ
from monitor.domain.errors import SourceError
from monitor.domain.montage import MAX_CHANNELS

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "pkg_resources is deprecated as an API", UserWarning)
    from brainflow.board_shim import BoardIds, BoardShim, BrainFlowError

    BoardShim.disable_board_logger()  # the first call loads the driver, which is what warns

NAMES = {
    "synthetic": BoardIds.SYNTHETIC_BOARD,
    "cyton": BoardIds.CYTON_BOARD,
    "cyton-daisy": BoardIds.CYTON_DAISY_BOARD,
    "ganglion": BoardIds.GANGLION_NATIVE_BOARD,
    "ganglion-dongle": BoardIds.GANGLION_BOARD,
    "playback": BoardIds.PLAYBACK_FILE_BOARD,
    "streaming": BoardIds.STREAMING_BOARD,
}
"""Boards with a short name; any other goes by BrainFlow's name or number of it."""

FAMILIES = {
    BoardIds.SYNTHETIC_BOARD: "synthetic",
    BoardIds.CYTON_BOARD: "cyton",
    BoardIds.CYTON_WIFI_BOARD: "cyton",
    BoardIds.CYTON_DAISY_BOARD: "daisy",
    BoardIds.CYTON_DAISY_WIFI_BOARD: "daisy",
    BoardIds.GANGLION_BOARD: "ganglion",
    BoardIds.GANGLION_NATIVE_BOARD: "ganglion",
}
"""How the samples of a board are numbered; the losses of any other are told by the clock alone."""


@dataclass(frozen=True, slots=True)
class BoardKind:
    """A board that can be watched.

    Parameters
    ----------
    name : str
        As in ``board:NAME``.
    board_id : int
        BrainFlow's number.
    sfreq : float
        Samples per second.
    ch_names : tuple of str
        BrainFlow's names of its EEG channels, by which they go when none are given; at most 64.
    numbered : bool
        Whether its losses are told by package number and clock; else by the clock alone.
    """

    name: str
    board_id: int
    sfreq: float
    ch_names: tuple[str, ...]
    numbered: bool


def known_boards() -> list[BoardKind]:
    """Return every board that sends EEG at a usable rate, OpenBCI's first."""
    short = {board: name for name, board in NAMES.items()}
    boards = sorted(BoardIds, key=lambda board: (board not in short, board.value))
    return [kind for board in boards if (kind := _kind(board, short.get(board, "")))]


def _kind(board: BoardIds, short: str) -> BoardKind | None:
    try:
        rows = describe(board.value)
    except SourceError:
        return None
    names = tuple(name for name in default_names(rows) if name)
    name = short or _plain(board.name)
    return BoardKind(name, board.value, float(rows["sampling_rate"]), names, board in FAMILIES)


def board_id_of(name: str) -> int:
    """Return BrainFlow's number of a board.

    Raises
    ------
    SourceError
        When there is no such board.
    """
    plain = _plain(name)
    table = {_plain(board.name): board for board in BoardIds}
    table |= {str(board.value): board for board in BoardIds} | NAMES
    if plain not in table or table[plain] is BoardIds.NO_BOARD:
        raise SourceError(f"there is no board {name!r}: `dreamwatch boards` lists them")
    return int(table[plain].value)


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").removesuffix("-board")


def describe(board_id: int) -> dict[str, Any]:
    """Return BrainFlow's description of a board: its rate and the rows of its data.

    Raises
    ------
    SourceError
        When it has no EEG, or a rate that cannot be used.
    """
    try:
        rows: dict[str, Any] = BoardShim.get_board_descr(board_id)
    except BrainFlowError as error:
        raise SourceError(f"BrainFlow has no description of board {board_id}") from error
    name = rows["name"]
    if not rows.get("eeg_channels") or "package_num_channel" not in rows:
        raise SourceError(f"board {name} sends no EEG")
    if not MIN_SFREQ <= rows["sampling_rate"] <= MAX_SFREQ:
        raise SourceError(
            f"board {name} sends {rows['sampling_rate']} Hz, which is outside {MIN_SFREQ:g} to "
            f"{MAX_SFREQ:g} Hz"
        )
    return rows


def default_names(rows: Mapping[str, Any]) -> list[str]:
    """Return BrainFlow's fixed names of the channels; EEG 1, EEG 2, … where it has none.

    Those beyond the `MAX_CHANNELS` of a montage have none: they are left out unless they are named.
    """
    count = len(rows["eeg_channels"])
    names = [name for name in rows.get("eeg_names", "").split(",") if name]
    names = names if len(names) == count else [f"EEG {i + 1}" for i in range(count)]
    return [*names[:MAX_CHANNELS], *[""] * (count - MAX_CHANNELS)]
