"""OpenBCI boards, and every other that BrainFlow knows, as live links."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from brainflow.board_shim import BoardIds, BoardShim, BrainFlowError, BrainFlowInputParams
from numpy.typing import NDArray

from monitor.domain.errors import SourceError
from monitor.domain.montage import Montage
from monitor.sources.boards import FAMILIES, board_id_of, default_names, describe
from monitor.sources.channels import RAILS_UV, pick_channels
from monitor.sources.held import Held
from monitor.sources.impedance import MEASURE_S, SETTLE_S, drive_command, impedance_kohm
from monitor.sources.link import Batch
from monitor.sources.loss import counter_of

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
_SERIAL = (BoardIds.CYTON_BOARD, BoardIds.CYTON_DAISY_BOARD, BoardIds.GANGLION_BOARD)
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
        self.once = board_id in _REPLAYS
        kind = inputs.master_board if board_id in _REPLAYS else board_id
        self._rows = describe(kind)
        self.sfreq = float(self._rows["sampling_rate"])
        self._family = FAMILIES.get(kind)
        names = default_names(self._rows)
        rail_uv = RAILS_UV.get(self._family or "")
        where = f"board {self._rows['name']}"
        picked, montage = pick_channels(channels, len(names), rail_uv, where, names)
        self.montage = Montage(tuple(replace(c, in_volts=True) for c in montage.channels))
        self._picked = [self._rows["eeg_channels"][i] for i in picked]
        self._board: Shim | None = None
        self._counter = counter_of(self._family, self.sfreq)
        self._held = Held(len(self._picked))

    @property
    def same(self) -> dict[str, str]:
        """Return nothing: its address is one board's."""
        return {}

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
        self._held = Held(len(self._picked))

    def drain(self) -> Batch:
        """Return what has come and can be placed."""
        rows = self._read()
        if rows.shape[1] == 0:
            self._check_port()
        ids, times = rows[self._rows["package_num_channel"]], rows[self._rows["timestamp_channel"]]
        return self._held.push(rows[self._picked], self._counter.push(ids, times))

    def flush(self) -> Batch:
        """Return what was held back."""
        return self._held.release(self._counter.flush())

    def mark(self, code: float) -> None:
        """Insert a marker; a board that cannot take it now goes without."""
        if self._board is not None:
            try:
                self._board.insert_marker(code)
            except BrainFlowError:
                return

    def impedances(self, wait: Callable[[float], object]) -> dict[str, float]:
        """Measure each electrode in turn; the signal of that time is of no use."""
        if self._family == "cyton":
            named = zip(self.montage.ch_names, self._picked, strict=True)
            return {name: self._drive(row, wait) for name, row in named}
        if "resistance_channels" not in self._rows:
            raise SourceError(f"board {self._rows['name']} measures no impedance")
        return self._ask_board(wait)

    def _drive(self, row: int, wait: Callable[[float], object]) -> float:
        """Send a known current through one electrode and see what voltage it takes."""
        channel = self._rows["eeg_channels"].index(row)
        self._command(drive_command(channel, on=True))
        wait(SETTLE_S)
        self._read()
        wait(MEASURE_S)
        signal = self._read()[row]
        self._command(drive_command(channel, on=False))
        return impedance_kohm(signal, self.sfreq)

    def _ask_board(self, wait: Callable[[float], object]) -> dict[str, float]:
        """Let a board that measures by itself do so for a while."""
        if self._family == "ganglion":
            self._command("z")
        wait(SETTLE_S + MEASURE_S * len(self._rows["resistance_channels"]))
        rows = self._read()
        if self._family == "ganglion":
            self._command("Z")
        by_row = dict(
            zip(self._rows["eeg_channels"], self._rows["resistance_channels"], strict=False)
        )
        named = zip(self.montage.ch_names, self._picked, strict=True)
        return {name: rows[by_row[row], -1] / 1000 for name, row in named if row in by_row}

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

    def _read(self) -> NDArray[np.float64]:
        """Take every row that has come out of BrainFlow's buffer."""
        if self._board is None:
            raise SourceError(f"board {self._rows['name']} is not connected")
        try:
            rows: NDArray[np.float64] = self._board.get_board_data()
        except BrainFlowError as error:
            raise SourceError(self._explain(error)) from error
        return rows

    def _command(self, text: str) -> None:
        """Send a command of the board's own."""
        try:
            if self._board is not None:
                self._board.config_board(text)
        except BrainFlowError as error:
            raise SourceError(self._explain(error)) from error

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
    if board_id in _SERIAL and "port" not in params:
        raise SourceError(f"board:{name} needs port=, such as port=/dev/ttyUSB0")
    inputs = BrainFlowInputParams()
    for option in params.keys() & OPTIONS.keys():
        setattr(inputs, OPTIONS[option], _typed(option, params[option], inputs))
    if board_id in _REPLAYS:
        if "master" not in params:
            raise SourceError(f"board:{name} needs master=BOARD, the board whose signal it replays")
        inputs.master_board = board_id_of(params["master"])
    return BoardLink(board_id, inputs, params.get("channels", ""))


def _typed(option: str, text: str, inputs: BrainFlowInputParams) -> str | int:
    """Return an option's value in the type that BrainFlow wants."""
    if not isinstance(getattr(inputs, OPTIONS[option]), int):
        return text
    if not text.isdigit() or int(text) > 65_535:
        raise SourceError(f"{option}={text} must be a whole number from 0 to 65535")
    return int(text)
