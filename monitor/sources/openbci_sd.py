"""Files that a Cyton writes to its memory card, as its firmware 3 does.

A sample is a line of hexadecimal digits without a sign: number (2 digits), 8 or 16 channels (6
digits each, two's complement), sometimes 3 readings of the accelerometer or of the auxiliary pins
(4 digits each). Both halves of a Cyton with Daisy are written at the full rate. Where streaming
stopped or started, ``%START AT`` or ``%STOP AT`` is followed by a line with the board's
milliseconds (the firmware writes them the wrong way round), and the numbers begin again. Any other
``%`` line begins the statistics at the end, after which the file's unused room follows.
"""

import re

import numpy as np
from numpy.typing import NDArray

from monitor.sources.link import Batch
from monitor.sources.openbci_reader import IdCounter, LineError

SAMPLE = re.compile(
    rb"[0-9A-Fa-f]{2}((?:,[0-9A-Fa-f]{6}){16}|(?:,[0-9A-Fa-f]{6}){8})(?:,[0-9A-Fa-f]{4}){0,3}\r?"
)
STAMPS = (b"%START AT", b"%STOP AT")

UV_PER_COUNT = 4.5e6 / 24 / (2**23 - 1)
"""µV a count of an ADS1299 at the gain of 24 with which the board starts; the file names none."""

_DIGITS = np.full(256, 255, np.uint8)
for _value, _digit in enumerate(b"0123456789ABCDEF"):
    _DIGITS[[_digit, ord(chr(_digit).lower())]] = _value
_PLACES = 16 ** np.arange(5, -1, -1, dtype=np.int32)


class SdReader:
    """Reads the samples of a memory card.

    Parameters
    ----------
    n_channels : int
        8, or 16 with a Daisy.
    sfreq : float
        Sampling rate in Hz: turns the length of a pause into samples.
    """

    def __init__(self, n_channels: int, sfreq: float) -> None:
        self.ended = False
        self._n_channels = n_channels
        self._sfreq = sfreq
        self._counter = IdCounter()
        self._stamp_follows = False
        self._stopped_ms: int | None = None
        self._has_samples = False
        self._lost = 0

    def push(self, lines: list[bytes]) -> Batch:
        """Return the samples of the next lines."""
        batches = [self.flush()]
        first = 0
        notes = [i for i, line in enumerate(lines) if line[2:3] != b","]
        for note in [*notes, len(lines)]:
            if first < note and not self.ended:
                batches.append(self._samples(lines[first:note], first))
            if note < len(lines) and not self.ended:
                self._note(lines[note].strip(), note)
            first = note + 1
        return Batch(
            np.concatenate([batch.data for batch in batches], axis=1),
            np.concatenate([batch.lost for batch in batches]),
        )

    def flush(self) -> Batch:
        """Return nothing: nothing is held back."""
        return Batch(np.empty((self._n_channels, 0)), np.zeros(0, np.int64))

    def _samples(self, lines: list[bytes], first: int) -> Batch:
        ids, data = self._parse(lines, first)
        lost = self._counter.push(ids, ids)
        lost[0] += self._lost
        self._lost, self._stopped_ms, self._has_samples = 0, None, True
        new = lost >= 0
        return Batch(data[:, new], lost[new])

    def _parse(
        self, lines: list[bytes], first: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return numbers, shape (n,), and signal, shape (n_channels, n)."""
        width = 2 + 7 * self._n_channels
        for index, line in enumerate(lines):
            match = SAMPLE.fullmatch(line)
            if match is None or match.end(1) != width:
                raise LineError(
                    first + index, f"is no sample of {self._n_channels} channels: {line[:80]!r}"
                )
        text = np.frombuffer(b"".join(line[:width] for line in lines), np.uint8)
        digits = _DIGITS[text.reshape(len(lines), width)].astype(np.int32)
        counts = digits[:, 3 + 7 * np.arange(self._n_channels)[:, None] + np.arange(6)] @ _PLACES
        signed = np.where(counts >= 2**23, counts - 2**24, counts)
        return digits[:, :2] @ np.array([16.0, 1.0]), signed.T * UV_PER_COUNT

    def _note(self, line: bytes, index: int) -> None:
        """Hear what stands between samples."""
        if self._stamp_follows:
            self._stamp(line, index)
        elif line in STAMPS:
            self._stamp_follows = True
        elif line.startswith(b"%"):
            self.ended = True
        elif line:
            raise LineError(index, f"is neither a sample nor a note: {line[:80]!r}")

    def _stamp(self, line: bytes, index: int) -> None:
        """Count what a pause between two stamps without a sample has cost."""
        if not re.fullmatch(rb"[0-9A-Fa-f]{8}", line):
            raise LineError(index, f"has no time of 8 hexadecimal digits: {line[:80]!r}")
        now_ms = int(line, 16)
        if self._stopped_ms is not None:
            self._lost += round((now_ms - self._stopped_ms) % 2**32 / 1000 * self._sfreq)
        self._stopped_ms = now_ms if self._has_samples else None
        self._stamp_follows = False
        self._counter = IdCounter()
