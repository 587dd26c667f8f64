"""OpenBCI boards, and every other that BrainFlow knows."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.domain.errors import SourceError
from monitor.signal.filter import MAX_SFREQ, MIN_SFREQ
from monitor.sources.channels import RAILS_UV, pick_channels
from monitor.sources.link import Batch
from monitor.sources.loss import counter_of

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "pkg_resources is deprecated as an API", UserWarning)
    from brainflow.board_shim import BoardIds, BoardShim, BrainFlowError, BrainFlowInputParams

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

OPTIONS = {
    "port": "serial_port",
    "mac": "mac_address",
    "ip": "ip_address",
    "ip_port": "ip_port",
    "ip_protocol": "ip_protocol",
    "serial": "serial_number",
    "other": "other_info",
    "timeout": "timeout",
    "file": "file",
}
"""BrainFlow's input parameters by the options which set them."""

_REPLAYS = (BoardIds.PLAYBACK_FILE_BOARD, BoardIds.STREAMING_BOARD)
_BUFFER_S = 600
"""Seconds that BrainFlow keeps for a reader that is late; it drops the oldest without a word."""

_ADVICE = {
    "UNABLE_TO_OPEN_PORT_ERROR": "is the dongle plugged in, and may you read the port?",
    "BOARD_NOT_READY_ERROR": "is the board switched on (to PC), charged and within reach?",
    "ANOTHER_BOARD_IS_CREATED_ERROR": "another source of this program uses the same board",
    "INVALID_ARGUMENTS_ERROR": "an option that this board needs is missing or wrong",
}


class Shim(BoardShim):  # type: ignore[misc] # BrainFlow is not typed
    """BrainFlow's own, but one that is forgotten ends no session.

    `BoardShim.__del__` releases whatever session has the same board and parameters: that of the
    next connection.
    """

    def __del__(self) -> None:
        """Leave the session to `BoardLink.disconnect`."""


class BoardLink:
    """One board.

    Parameters
    ----------
    board_id : int
        BrainFlow's number of it.
    inputs : BrainFlowInputParams
        How to reach it.
    channels : str
        Which of its channels are what, such as ``1:Fpz-M2,2:C3-M2``; empty: all, by the names that
        BrainFlow has for them.

    Raises
    ------
    SourceError
        When a channel is not there or nothing can be staged from them.
    """

    def __init__(self, board_id: int, inputs: BrainFlowInputParams, channels: str = "") -> None:
        self._id, self._inputs = board_id, inputs
        kind = inputs.master_board if board_id in _REPLAYS else board_id
        self._rows = describe(kind)
        self.sfreq = float(self._rows["sampling_rate"])
        self._family = FAMILIES.get(kind)
        names = default_names(self._rows)
        rail_uv = RAILS_UV.get(self._family or "")
        where = f"board {self._rows['name']}"
        picked, self.montage = pick_channels(channels, len(names), rail_uv, where, names)
        self._picked = [self._rows["eeg_channels"][i] for i in picked]
        self._board: Shim | None = None
        self._counter = counter_of(self._family, self.sfreq)
        self._held: NDArray[np.float64] = np.empty((len(self._picked), 0))
        self._measuring = False
        self._ohms: NDArray[np.float64] = np.empty(0)

    def connect(self) -> None:
        """Open the board and have it send."""
        board = Shim(self._id, self._inputs)
        try:
            board.prepare_session()
            self._board = board
            board.start_stream(round(_BUFFER_S * self.sfreq))
        except BrainFlowError as error:
            raise SourceError(self._explain(error)) from error
        self._counter = counter_of(self._family, self.sfreq)
        self._held = self._held[:, :0]

    def drain(self) -> Batch:
        """Return what has come and can be placed."""
        if self._board is None:
            raise SourceError(f"board {self._rows['name']} is not connected")
        try:
            rows = self._board.get_board_data()
        except BrainFlowError as error:
            raise SourceError(self._explain(error)) from error
        if rows.shape[1] == 0:
            self._check_port()
        ids, times = rows[self._rows["package_num_channel"]], rows[self._rows["timestamp_channel"]]
        if self._measuring and rows.shape[1]:
            self._ohms = rows[self._rows["resistance_channels"], -1]
        self._held = np.hstack([self._held, rows[self._picked]])
        return self._release(self._counter.push(ids, times))

    def flush(self) -> Batch:
        """Return what was held back."""
        return self._release(self._counter.flush())

    def mark(self, code: float) -> None:
        """Insert a marker; a board that cannot take it now goes without."""
        if self._board is not None:
            try:
                self._board.insert_marker(code)
            except BrainFlowError:
                return

    def measure_impedance(self, *, on: bool) -> None:
        """Start or end measuring; only what a board then says by itself is known.

        Raises
        ------
        SourceError
            When this board measures none.
        """
        if "resistance_channels" not in self._rows:
            raise SourceError(f"board {self._rows['name']} measures no impedance")
        self._measuring = on
        if self._board is not None and self._family == "ganglion":
            self._board.config_board("z" if on else "Z")

    def impedances(self) -> dict[str, float]:
        """Return the newest impedances in kΩ by channel name; what is not measured is left out."""
        ohms = dict(zip(self._rows["eeg_channels"], self._ohms, strict=False))
        named = zip(self.montage.ch_names, self._picked, strict=True)
        return {name: float(ohms[row]) / 1000 for name, row in named if row in ohms}

    def disconnect(self) -> None:
        """Release the board; the driver complains of one that is gone, and releases it."""
        board, self._board = self._board, None
        if board is None:
            return
        for step in (board.stop_stream, board.release_session):
            try:
                step()
            except BrainFlowError:
                continue

    def _release(self, lost: NDArray[np.int64]) -> Batch:
        """Hand out as many samples as there is a count for, but for repeated ones."""
        data, self._held = self._held[:, : len(lost)], self._held[:, len(lost) :]
        fresh = lost >= 0
        return Batch(data[:, fresh], lost[fresh]) if not fresh.all() else Batch(data, lost)

    def _check_port(self) -> None:
        """See that the port is still there: the driver never tells when it has gone."""
        port = self._inputs.serial_port
        if port.startswith("/") and not Path(port).exists():
            raise SourceError(f"{port} is gone: is the dongle plugged in?")

    def _explain(self, error: BrainFlowError) -> str:
        code = str(error).partition(":")[0]
        port = self._inputs.serial_port
        where = f" at {port}" if port else ""
        advice = _ADVICE.get(code, "see what the board needs in BrainFlow's documentation")
        return f"board {self._rows['name']}{where}: {code}: {advice}"


def open_board(name: str, params: Mapping[str, str]) -> BoardLink:
    """Make the link to a board, without connecting it.

    Parameters
    ----------
    name : str
        One of `NAMES`, or BrainFlow's name or number of a board.
    params : mapping
        ``channels``, ``master`` (whose signal a replay is) and those of `OPTIONS`.

    Raises
    ------
    SourceError
        When there is no such board, option or channel.
    """
    unknown = set(params) - {"channels", "master", *OPTIONS}
    if unknown:
        known = ", ".join(("channels", "master", *OPTIONS))
        raise SourceError(f"board: has no option {', '.join(sorted(unknown))}; it has {known}")
    board_id = board_id_of(name)
    inputs = BrainFlowInputParams()
    for option in params.keys() & OPTIONS.keys():
        setattr(inputs, OPTIONS[option], _typed(option, params[option], inputs))
    if board_id in _REPLAYS:
        if "master" not in params:
            raise SourceError(f"board:{name} needs master=BOARD, the board whose signal it replays")
        inputs.master_board = board_id_of(params["master"])
    return BoardLink(board_id, inputs, params.get("channels", ""))


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
        BrainFlow's names of its EEG channels, by which they go when none are given.
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
    names = tuple(default_names(rows))
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
    """Return BrainFlow's fixed names of the channels; EEG 1, EEG 2, … where it has none."""
    count = len(rows["eeg_channels"])
    names = [name for name in rows.get("eeg_names", "").split(",") if name]
    return names if len(names) == count else [f"EEG {i + 1}" for i in range(count)]


def _typed(option: str, text: str, inputs: BrainFlowInputParams) -> str | int:
    """Return an option's value in the type that BrainFlow wants."""
    if not isinstance(getattr(inputs, OPTIONS[option]), int):
        return text
    if not text.isdigit() or int(text) > 65_535:
        raise SourceError(f"{option}={text} must be a whole number from 0 to 65535")
    return int(text)
