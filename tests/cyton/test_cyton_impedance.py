"""Impedances by the real driver's commands to an emulated board with resistors for electrodes."""

import time

import numpy as np
import pytest

from monitor.sources.impedance import DRIVE_A, DRIVE_HZ
from tests.cyton.emulator import CytonEmulator
from tests.cyton.live import link_to

KOHM = {1: 12.0, 2: 800.0, 3: 3000.0}


def test_each_electrode_is_driven_in_turn_and_left_alone_afterwards():
    def signal(start, stop):
        rows = np.zeros((8, stop - start))
        for channel, kohm in KOHM.items():
            switched = board.commands.rfind(f"z{channel}01Z".encode())
            if switched > board.commands.rfind(f"z{channel}00Z".encode()):
                phase = 2 * np.pi * DRIVE_HZ / 250 * np.arange(start, stop)
                rows[channel - 1] = 1e6 * DRIVE_A * (1000 * kohm + 2200) * np.sin(phase)
        return rows

    with CytonEmulator(signal) as board:
        link = link_to(board)
        link.connect()
        found = link.impedances(lambda s: time.sleep(s / 2))
        link.disconnect()
        names = ("C3-M2", "C4-M1", "EOG-L")
        assert found == {
            name: pytest.approx(kohm, rel=0.02)
            for name, kohm in zip(names, KOHM.values(), strict=True)
        }
        for channel in KOHM:
            assert f"z{channel}01Zz{channel}00Z".encode() in board.commands
