"""The causal band-pass, with state carried from chunk to chunk and begun anew after bad signal."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt, sosfilt_zi

from monitor.domain.config import MAX_SFREQ, MIN_SFREQ
from monitor.domain.errors import InputError
from monitor.domain.quality import Artefact
from monitor.signal.artefacts import is_usable
from monitor.signal.frames import Frames, spells

PASSBAND_HZ = (0.3, 35.0)
"""Pass band in Hz: the AASM manual's recommended settings for EEG and EOG."""

SETTLE_S = 2
"""Seconds withheld after the filter begins anew: its answer to a step is below 5 % by then."""


class SosFilter:
    """Fourth-order Butterworth band-pass as second-order sections, strictly causal.

    Each channel's state begins from its own first good *sample*, so that an offset causes no
    transient and the result is bitwise the same however the signal is cut.

    Parameters
    ----------
    n_channels : int
        Rows of the signal.
    sfreq : float
        Sampling rate in Hz.
    picks : sequence of int or None
        Rows to filter, the others are never handed on; None: all.

    Raises
    ------
    InputError
        When `sfreq` is below `MIN_SFREQ` or above `MAX_SFREQ`.
    """

    def __init__(self, n_channels: int, sfreq: float, picks: Sequence[int] | None = None) -> None:
        if not MIN_SFREQ <= sfreq <= MAX_SFREQ:
            raise InputError(
                f"sampling rate {sfreq:g} Hz is outside {MIN_SFREQ:g} to {MAX_SFREQ:g} Hz"
            )
        self._sos = butter(2, PASSBAND_HZ, "bandpass", fs=sfreq, output="sos")
        self._step = sosfilt_zi(self._sos)
        self._zi = np.zeros((len(self._sos), n_channels, 2))
        self._settling = np.full(n_channels, SETTLE_S)
        self._fresh = np.ones(n_channels, dtype=bool)
        self._picked = np.isin(np.arange(n_channels), range(n_channels) if picks is None else picks)

    def push(self, frames: Frames) -> Frames:
        """Filter whole seconds of judged raw signal.

        Returns
        -------
        Frames
            The filtered signal in single precision; NaN in every row that is not picked and
            every second that has an unusable artefact, of which `Artefact.SETTLING` is one more.
        """
        good = is_usable(frames.artefacts) & self._picked
        data, artefacts = np.full(frames.data.shape, np.nan, np.float32), frames.artefacts.copy()
        filtered = Frames(frames.first_second, frames.edges, data, artefacts)
        for first, last in spells(good):
            self._run(frames, good[first], first, last, filtered)
        return filtered

    def _run(
        self, frames: Frames, good: NDArray[np.bool_], first: int, last: int, out: Frames
    ) -> None:
        """Filter seconds `first` to `last`, over which the same channels are good."""
        edges = frames.edges
        span = slice(edges[first], edges[last])
        new = good & self._fresh
        self._zi[:, new] = self._step[:, None] * frames.data[new, edges[first], None]
        rows = np.flatnonzero(good)
        out.data[rows, span], self._zi[:, rows] = sosfilt(
            self._sos, frames.data[rows, span], axis=1, zi=self._zi[:, rows]
        )
        for row in rows[self._settling[rows] > 0]:
            settled = min(first + int(self._settling[row]), last)
            out.data[row, span.start : edges[settled]] = np.nan
            out.artefacts[first:settled, row] |= int(Artefact.SETTLING)
        self._settling = np.where(good, np.maximum(self._settling - (last - first), 0), SETTLE_S)
        self._fresh = ~good

    def snapshot(self) -> dict[str, Any]:
        """Everything the next push depends on."""
        return {
            "zi": self._zi.copy(),
            "settling": self._settling.tolist(),
            "fresh": self._fresh.tolist(),
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        self._zi = np.array(snapshot["zi"], dtype=np.float64)
        self._settling = np.array(snapshot["settling"], dtype=int)
        self._fresh = np.array(snapshot["fresh"], dtype=bool)
