"""OpenBCI's serial protocol as bytes: packets, answers, and counts as µV.

Source: OpenBCI's documentation of the Cyton's data format and command protocol.
"""

import numpy as np
from numpy.typing import NDArray

COUNT_UV = 4.5 / float(2**23 - 1) / 24 * 1_000_000
"""One count at gain 24; in this order of operations the driver's doubles come out the same."""

FULL_SCALE = 2**23 - 1
CHANNELS = 8
"""Channels of one packet; a Daisy's come in packets of their own."""

PACKET_BYTES = 33
START, STOP, WRONG_STOP = 0xA0, 0xC0, 0x00

DONGLE_ALONE = b"Failure: Communications timeout - Device failed to poll Host$$$"
"""What a dongle answers for a board that is off."""


def banner(*, daisy: bool) -> bytes:
    """Return what a board prints after a reset."""
    parts = ["OpenBCI V3 8-16 channel", "On Board ADS1299 Device ID: 0x3E"]
    parts += ["On Daisy ADS1299 Device ID: 0x3E"] if daisy else []
    return "\r\n".join([*parts, "LIS3DH Device ID: 0x33", "Firmware: v3.1.2", "$$$"]).encode()


def answer(command: bytes, *, daisy: bool) -> bytes:
    """Return the answer to a command other than reset, start and stop; empty if it has none."""
    channels = b"16" if daisy else b"8"
    answers = {
        b"d": b"updating channel settings to default$$$",
        b"D": b"060110$$$",
        b"C": b"daisy attached" + channels + b"$$$" if daisy else b"no daisy to attach!8$$$",
        b"c": b"daisy removed$$$",
        b"?": b"Board ADS Registers\r\n$$$",
        b"V": b"v3.1.2$$$",
        b"X": b"Success: Channel set$$$",
    }
    return answers.get(command, b"")


def to_counts(microvolts: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the nearest counts, held at full scale as the amplifier holds them."""
    return np.clip(np.rint(microvolts / COUNT_UV), -FULL_SCALE - 1, FULL_SCALE).astype(np.int64)


def to_microvolts(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return µV exactly as the driver computes them."""
    return COUNT_UV * counts


def packets(ids: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return packets of bytes, shape (n, 33), of counts of shape (8, n)."""
    out = np.zeros((len(ids), PACKET_BYTES), np.uint8)
    out[:, 0], out[:, 1], out[:, -1] = START, ids % 256, STOP
    for byte, shift in enumerate((16, 8, 0)):
        out[:, 2 + byte : 26 : 3] = (counts.T >> shift) & 0xFF
    return out
