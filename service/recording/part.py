"""One file of a recording: written record by record, whole at any moment."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.sources.annotations import END_TEXT
from service.recording.layout import COUNT_AT, Layout, seconds, tal
from service.recording.texts import TAL_ROOM, Annotation, Waiting

SYNC_S = 10
"""Seconds of signal after which the disk, too, must have it: a power cut loses no more."""

_sync = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


class Part:
    """A new file.

    A data record is given to the operating system as soon as it is full, and only then counted in
    the header: a process killed at any moment leaves a file that can be read.

    Parameters
    ----------
    path : Path
        Must not exist.
    layout : Layout
    header : bytes
    first_sample : int
        Where the file begins in the session.
    waiting : Waiting
        Annotations, taken from as there is room.

    Raises
    ------
    OSError
        As does every method: the disk is full, or gone.
    """

    def __init__(
        self, path: Path, layout: Layout, header: bytes, first_sample: int, waiting: Waiting
    ) -> None:
        self.path = path
        self._layout = layout
        self._header_bytes = len(header)
        self._start_s = first_sample / layout.sfreq
        self._waiting = waiting
        self._samples = np.empty((len(layout.montage.channels), layout.n_samples), dtype=np.int32)
        self._filled = 0
        self._n_records = 0
        self._synced_at = 0
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            self._write(header, 0)
        except OSError:
            os.close(self._fd)
            path.unlink()
            raise

    def push(self, data: NDArray[np.float64]) -> None:
        """Take signal in µV, shape (n_channels, n); NaN is missing."""
        size = self._layout.n_samples
        done = 0
        while done < data.shape[1]:
            piece = data[:, done : done + size - self._filled]
            stop = self._filled + piece.shape[1]
            self._samples[:, self._filled : stop] = self._layout.digitise(piece)
            self._filled = stop
            done += piece.shape[1]
            if stop == size:
                self._flush()

    def close(self) -> None:
        """Write what is left, in a record that is filled up, and let go of the file."""
        if self._filled or self._waiting:
            whole = self._n_records * self._layout.n_samples
            end_s = self._start_s + (whole + self._filled) / self._layout.sfreq
            self._waiting.put_first(Annotation(end_s, 0.0, END_TEXT))
        while self._filled or self._waiting:
            self._samples[:, self._filled :] = -self._layout.steps
            self._flush()
        _sync(self._fd)
        os.close(self._fd)

    def abandon(self) -> bool:
        """Let go of a file that cannot be written any more; return whether it holds a record."""
        with suppress(OSError):
            os.ftruncate(self._fd, self._end)
            if not self._n_records:
                self.path.unlink()
        with suppress(OSError):
            os.close(self._fd)
        return self._n_records > 0

    @property
    def _end(self) -> int:
        return self._header_bytes + self._n_records * self._layout.record_bytes

    def _flush(self) -> None:
        """Write the record that is full, then count it."""
        onset = seconds(self._n_records * self._layout.record_s)
        texts = tal(f"+{onset}", "", "") + self._waiting.take(TAL_ROOM, self._start_s)
        self._write(self._layout.record(self._samples, texts), self._end)
        self._n_records += 1
        self._filled = 0
        self._write(b"%-8d" % self._n_records, COUNT_AT)
        if (self._n_records - self._synced_at) * self._layout.record_s >= SYNC_S:
            self._synced_at = self._n_records
            _sync(self._fd)

    def _write(self, data: bytes, at: int) -> None:
        """Write all of it: a disk about to be full takes a part first."""
        while data:
            written = os.pwrite(self._fd, data, at)
            data, at = data[written:], at + written
