"""A session's recording: one file, or several parts where there is a reason to begin anew."""

import errno
import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from monitor.domain.errors import InputError
from monitor.domain.events import Event
from monitor.domain.inputs import Chunk, Gap, Input
from monitor.domain.montage import Montage
from monitor.sources.annotations import gap_text
from service.recording.layout import Bits, plan_layout
from service.recording.part import Part
from service.recording.texts import Annotation, Waiting, annotate

logger = logging.getLogger(__name__)

LONGEST_GAP_S = 600
"""Seconds of lost signal that are filled; after more, what comes goes into a new part."""

RETRY_S = 30
"""Seconds of the session after which a recording in trouble tries again."""

CHECK_S = 10
"""Seconds of the session between two looks at the free space."""

RESERVE_BYTES = 256 * 2**20
"""Free space left to others: the event log lies on the same disk and must go on."""


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


class Recording:
    """Writes what a session is pushed, and annotates what it said.

    Needs no clock: time is the sample index. An existing file is never written to: a session that
    goes on after a restart, a gap of more than `LONGEST_GAP_S` or a trouble begins a new part,
    ``SESSION.part2.bdf`` and so on.

    Parameters
    ----------
    path_base : Path
        Folder and session; the files' names are this with a part's number and suffix.
    start : float
        Time of sample 0 of the session in seconds of Unix time.
    sfreq : float
        Sampling rate in Hz.
    montage : Montage
        The rows of every chunk.
    bits : {16, 24}
        EDF+ or, for boards of 24 bits, BDF+.
    dreamer : str
        Whose it is.
    free_bytes : callable
        Tells the free space of a folder's disk.

    Attributes
    ----------
    trouble : str
        Why nothing is recorded now; empty when all is well.
    paths : list of Path
        The files written so far.

    Raises
    ------
    InputError
        When the sampling rate fits no data record.
    """

    def __init__(
        self,
        path_base: Path,
        start: float,
        sfreq: float,
        montage: Montage,
        bits: Bits,
        dreamer: str,
        free_bytes: Callable[[Path], int] = _free_bytes,
    ) -> None:
        self.trouble = ""
        self.paths: list[Path] = []
        self._base = path_base
        self._start = start
        self._sfreq = sfreq
        self._dreamer = dreamer
        self._free_bytes = free_bytes
        self._layout = plan_layout(montage, sfreq, bits)
        self._waiting = Waiting()
        self._part: Part | None = None
        self._position: int | None = None
        self._missing = 0
        self._skipped = (0, "")
        self._check_at = self._retry_at = 0

    def push(self, item: Input) -> None:
        """Record a chunk or gap; it follows the last one. A disk's failure is told by `trouble`.

        Raises
        ------
        InputError
            When the chunk or gap does not follow.
        """
        if not isinstance(item, Chunk | Gap):
            return
        self._check_follows(item.first_sample)
        self._position = item.first_sample + item.n_samples
        try:
            self._fill(item) if isinstance(item, Gap) else self._write(item)
        except OSError as error:
            self._fail(error, item.first_sample)

    def note(self, events: Sequence[Event]) -> None:
        """Annotate stages, cues, alarms and commands; written with the signal that comes next."""
        for event in events:
            if annotation := annotate(event, self._start):
                self._waiting.put(annotation)

    def close(self) -> None:
        """Write what waits and let go of the file; what is pushed later begins a new part."""
        part, self._part = self._part, None
        if part is None:
            return
        try:
            part.close()
        except OSError as error:
            self.trouble = self.trouble or f"{part.path}: {error.strerror or error}"
            if not part.abandon():
                self.paths.remove(part.path)

    def _check_follows(self, first_sample: int) -> None:
        if self._position not in (None, first_sample):
            raise InputError(f"expected sample {self._position} to record, got {first_sample}")

    def _write(self, chunk: Chunk) -> None:
        if not chunk.n_samples:
            return
        if self.trouble and chunk.first_sample < self._retry_at:
            self._skip(chunk.n_samples, self.trouble)
            return
        self._part_at(chunk.first_sample).push(chunk.data)
        self._missing = 0

    def _fill(self, gap: Gap) -> None:
        """Fill a gap, but not a long one: with that the part ends."""
        self._missing += gap.n_samples
        if self._missing > LONGEST_GAP_S * self._sfreq:
            self.close()
            self._skip(gap.n_samples, gap.cause)
            return
        if self.trouble:
            self._skip(gap.n_samples, self.trouble)
            return
        part = self._part_at(gap.first_sample)
        onset_s, lasting_s = gap.first_sample / self._sfreq, gap.n_samples / self._sfreq
        self._waiting.put(Annotation(onset_s, lasting_s, gap_text(gap)))
        shape = len(self._layout.montage.channels), gap.n_samples
        part.push(np.broadcast_to(np.float64(np.nan), shape))

    def _part_at(self, first_sample: int) -> Part:
        """Return the file that is written, a new one where there is none."""
        self._look_at_disk(first_sample)
        if self._part is None:
            self._part = self._begin(first_sample)
        return self._part

    def _skip(self, n_samples: int, cause: str) -> None:
        self._skipped = self._skipped[0] + n_samples, cause

    def _begin(self, first_sample: int) -> Part:
        """Open a new file, which says what is missing before it."""
        part = self._create(first_sample)
        self.paths.append(part.path)
        n_skipped, cause = self._skipped
        if n_skipped:
            text = f"Recording goes on after {n_skipped} samples without ({cause})"
            self._waiting.put(Annotation(first_sample / self._sfreq, 0.0, text))
        if self.trouble:
            logger.warning("%s: recorded again, in %s", self._dreamer, part.path)
        self._skipped, self.trouble = (0, ""), ""
        return part

    def _create(self, first_sample: int) -> Part:
        start = self._start + first_sample / self._sfreq
        header = self._layout.header(start, self._dreamer, self._base.name)
        self._base.parent.mkdir(parents=True, exist_ok=True)
        number = 1
        while True:
            tail = self._layout.suffix if number == 1 else f".part{number}{self._layout.suffix}"
            path = self._base.with_name(self._base.name + tail)
            try:
                return Part(path, self._layout, header, first_sample, self._waiting)
            except FileExistsError:
                number += 1

    def _look_at_disk(self, sample: int) -> None:
        """Look at the free space now and then."""
        if self._part is not None and sample < self._check_at:
            return
        self._check_at = sample + round(CHECK_S * self._sfreq)
        self._base.parent.mkdir(parents=True, exist_ok=True)
        free = self._free_bytes(self._base.parent)
        if free < RESERVE_BYTES:
            raise OSError(
                errno.ENOSPC,
                f"the disk has only {free / 2**20:.0f} MiB left, {RESERVE_BYTES / 2**20:.0f} MiB "
                "are kept for the event log",
            )

    def _fail(self, error: OSError, sample: int) -> None:
        """Stop recording for a while; staging goes on."""
        where = error.filename or (self._part.path if self._part else self._base.parent)
        why = f"{where}: {error.strerror or error}: recording stopped, staging goes on"
        if not self.trouble:
            logger.error("%s: %s", self._dreamer, why)
        self.trouble = why
        self._retry_at = sample + round(RETRY_S * self._sfreq)
        self._skip((self._position or sample) - sample, why)
        self.close()
