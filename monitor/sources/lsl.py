"""Streams of the lab streaming layer (LSL), with the ``lsl`` extra.

LSL carries samples by TCP: none is lost on the way while a connection lasts, and one that broke LSL
takes up again by itself as soon as the sender is back, if it is back before the live source gives
up. What is missing, then or because the sender missed it, shows in the sender's stamps
(`StampCounter`). A loss shorter than 0.05 s, and one that the stamps hide, is not seen. Stamps that
go back, as after the sender's machine was started anew, end the connection.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.domain.errors import SourceError
from monitor.domain.inputs import MAX_GAP_S
from monitor.domain.montage import ChannelKind, guess_kind
from monitor.signal.filter import MAX_SFREQ, MIN_SFREQ
from monitor.sources.channels import pick_channels
from monitor.sources.link import Batch
from monitor.sources.lsl_stamps import HOLD_S, StampCounter

RESOLVE_S = 10.0
"""Seconds for which a stream is looked for."""

_OPEN_S = 5.0
_LIST_S = 1.0
_BUFFER_S = 600
_PULL = 4096

_MICROVOLTS = {
    1.0: ("", "none", "microvolts", "microvolt", "uv", "µv", "\u03bcv", "-6"),
    1e3: ("millivolts", "millivolt", "mv", "-3"),
    1e6: ("volts", "volt", "v", "0"),
}
"""µV in each unit, as LSL's senders spell them or give its power of ten; µV where they do not."""


class LslLink:
    """One stream.

    Parameters
    ----------
    name : str
        What its sender calls it.
    params : mapping
        ``channels``: which of its channels are what, as in ``1:Fpz-M2,2:C3-M2``. Default: those
        which the stream itself names as EEG, EOG or EMG.

    Raises
    ------
    SourceError
        When LSL is not installed, no such stream is there, or nothing can be staged from it.
    """

    def __init__(self, name: str, params: Mapping[str, str]) -> None:
        if unknown := set(params) - {"channels"}:
            raise SourceError(f"lsl: has no option {', '.join(sorted(unknown))}; it has channels")
        self._lsl = load_lsl()
        self._name = name
        info = self._describe(self._find())
        self._form = _form(info)
        self.sfreq = float(info.sfreq)
        _check(info, name)
        names = _padded(info.get_channel_names(), info.n_channels)
        known = [n if guess_kind(n) is not ChannelKind.OTHER else "" for n in names]
        text = params.get("channels", "")
        rows, self.montage = pick_channels(text, info.n_channels, None, f"lsl:{name}", known)
        self._rows = list(rows)
        units = _padded(info.get_channel_units(), info.n_channels)
        self._scale = np.array([[_microvolts(units[row], name)] for row in rows])
        self._inlet: Any = None
        self._counter = StampCounter(self.sfreq)
        self._stamp: float | None = None
        self._held: NDArray[np.float64] = np.empty((len(rows), 0))

    def connect(self) -> None:
        """Look for the stream and subscribe to it."""
        inlet = self._find()
        if _form(self._describe(inlet)) != self._form:
            raise SourceError(f"lsl:{self._name} has other channels or another rate than before")
        try:
            inlet.open_stream(timeout=_OPEN_S)
        except (RuntimeError, TimeoutError) as error:
            raise SourceError(f"lsl:{self._name} cannot be opened: {error}") from error
        self._inlet = inlet
        self._begin()

    def drain(self) -> Batch:
        """Return what has come and can be placed."""
        if self._inlet is None:
            raise SourceError(f"lsl:{self._name} is not connected")
        try:
            data, stamps = self._pull()
        except RuntimeError as error:
            raise SourceError(f"lsl:{self._name}: {error}") from error
        self._check_stamps(stamps)
        self._held = np.concatenate([self._held, data], axis=1)
        return self._release(self._counter.push(stamps))

    def flush(self) -> Batch:
        """Return what was held back to tell the losses before it."""
        return self._release(self._counter.flush())

    def mark(self, code: float) -> None:
        """Write nothing: LSL goes one way. Markers go out in a stream of their own."""

    def impedances(self, wait: Callable[[float], object]) -> dict[str, float]:  # noqa: ARG002
        """Refuse: a stream measures none."""
        raise SourceError(f"lsl:{self._name} measures no impedance")

    def disconnect(self) -> None:
        """Let go of the stream."""
        self._inlet = None

    def _check_stamps(self, stamps: NDArray[np.float64]) -> None:
        if not np.isfinite(stamps).all():
            raise SourceError(f"lsl:{self._name}: a sample has no time stamp")
        steps_s = np.diff(stamps, prepend=stamps[:1] if self._stamp is None else self._stamp)
        for step_s in (steps_s.min(initial=0.0), steps_s.max(initial=0.0)):
            if not -HOLD_S <= step_s <= MAX_GAP_S:
                raise SourceError(f"lsl:{self._name}: its time stamps jump by {step_s:+.0f} s")
        self._stamp = float(stamps[-1]) if len(stamps) else self._stamp

    def _release(self, lost: NDArray[np.int64]) -> Batch:
        ready, self._held = self._held[:, : len(lost)], self._held[:, len(lost) :]
        return Batch(ready, lost)

    def _begin(self) -> None:
        self._counter, self._stamp = StampCounter(self.sfreq), None
        self._held = np.empty((len(self._rows), 0))

    def _find(self) -> Any:
        """Return an inlet of the stream, not subscribed yet."""
        found = self._lsl.resolve_streams(timeout=RESOLVE_S, name=self._name)
        if not found:
            there = sorted({info.name for info in self._lsl.resolve_streams(timeout=_LIST_S)})
            raise SourceError(
                f"no LSL stream {self._name!r} within {RESOLVE_S:g} s;"
                f" there is {', '.join(there) or 'none'}"
            )
        return self._lsl.StreamInlet(found[0], max_buffered=_BUFFER_S)

    def _describe(self, inlet: Any) -> Any:
        """Return the full description of an inlet's stream."""
        try:
            inlet.pull_chunk(timeout=0.0)  # without it MNE-LSL gives no description
            return inlet.get_sinfo(timeout=_OPEN_S)
        except (RuntimeError, TimeoutError) as error:
            raise SourceError(f"lsl:{self._name} does not say what it is: {error}") from error

    def _pull(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return all that is there, shape (n_rows, n), in µV, and its stamps."""
        pulled = [self._inlet.pull_chunk(timeout=0.0, max_samples=_PULL)]
        while len(pulled[-1][1]) == _PULL:
            pulled[-1] = tuple(part.copy() for part in pulled[-1])  # the inlet reuses its memory
            pulled.append(self._inlet.pull_chunk(timeout=0.0, max_samples=_PULL))
        data = np.concatenate([samples for samples, _ in pulled]).T[self._rows]
        return data * self._scale, np.concatenate([stamps for _, stamps in pulled])


def load_lsl() -> Any:
    """Import LSL, which comes with an extra.

    Raises
    ------
    SourceError
        When it is not installed; says how to.
    """
    try:
        from mne_lsl import lsl
    except (ImportError, OSError, RuntimeError) as error:
        raise SourceError(f"LSL needs an extra, pip install 'dreamwatch[lsl]': {error}") from error
    return lsl


def _form(info: Any) -> tuple[float, int]:
    return float(info.sfreq), int(info.n_channels)


def _check(info: Any, name: str) -> None:
    if info.dtype == "string":
        raise SourceError(f"lsl:{name} carries text, not signal")
    if not MIN_SFREQ <= info.sfreq <= MAX_SFREQ:
        raise SourceError(
            f"lsl:{name}: rate {info.sfreq:g} Hz is outside {MIN_SFREQ:g} to {MAX_SFREQ:g} Hz"
        )


def _padded(texts: list[str | None] | None, n_channels: int) -> list[str]:
    """Return a text for each channel, empty where the stream has none."""
    given = [text or "" for text in texts or []]
    return [*given, *[""] * n_channels][:n_channels]


def _microvolts(unit: str, name: str) -> float:
    for factor, spellings in _MICROVOLTS.items():
        if unit.strip().lower() in spellings:
            return factor
    raise SourceError(f"lsl:{name}: a channel's unit is {unit!r}, not microvolts, millivolts or V")
