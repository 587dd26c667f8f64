"""BrainFlow's real driver, and what it delivers."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

import numpy as np
from brainflow.board_shim import BoardIds, BoardShim, BrainFlowInputParams
from brainflow.exit_codes import BrainFlowError
from numpy.typing import NDArray

from monitor.sources.board import Shim


def until(condition: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait for something to become true.

    Raises
    ------
    TimeoutError
        When it does not in time.
    """
    end = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {within_s} s")
        time.sleep(0.005)


class Driver:
    """A Cyton, with or without Daisy, at a port: prepared and streaming while entered."""

    def __init__(self, port: Path, *, daisy: bool = False) -> None:
        board = BoardIds.CYTON_DAISY_BOARD if daisy else BoardIds.CYTON_BOARD
        parameters = BrainFlowInputParams()
        parameters.serial_port = str(port)
        self._shim = Shim(board.value, parameters)
        self._eeg = BoardShim.get_eeg_channels(board.value)
        self._id = BoardShim.get_package_num_channel(board.value)
        self._time = BoardShim.get_timestamp_channel(board.value)
        self._rows: list[NDArray[np.float64]] = []

    def __enter__(self) -> Self:
        self._shim.prepare_session()
        self._shim.start_stream()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(BrainFlowError):  # the port is gone
            self._shim.stop_stream()
        self._shim.release_session()

    def drain(self) -> int:
        """Collect what has come; return how many rows it was."""
        self._rows.append(self._shim.get_board_data())
        return self._rows[-1].shape[1]

    @property
    def microvolts(self) -> NDArray[np.float64]:
        return np.hstack(self._rows)[self._eeg]

    @property
    def ids(self) -> NDArray[np.float64]:
        return np.hstack(self._rows)[self._id]

    @property
    def times(self) -> NDArray[np.float64]:
        return np.hstack(self._rows)[self._time]
