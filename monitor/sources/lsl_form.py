"""What an LSL stream says of itself, or what is said of one that is not there yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.domain.config import MAX_SFREQ, MIN_SFREQ
from monitor.domain.errors import SourceError

_MICROVOLTS = {
    1.0: ("", "none", "microvolts", "microvolt", "uv", "µv", "\u03bcv", "-6"),
    1e3: ("millivolts", "millivolt", "mv", "-3"),
    1e6: ("volts", "volt", "v", "0"),
}
"""µV in each unit, as LSL's senders spell them or give its power of ten; µV where they do not."""


@dataclass(frozen=True, slots=True)
class Form:
    """Rate and channels of a stream.

    Parameters
    ----------
    sfreq : float
        Sampling rate in Hz.
    ch_names : tuple of str
        Names of all its channels, empty where it has none.
    """

    sfreq: float
    ch_names: tuple[str, ...]

    @property
    def n_channels(self) -> int:
        """Channels of the stream."""
        return len(self.ch_names)

    def __str__(self) -> str:
        """Tell what can be compared between two streams."""
        return f"{self.n_channels} channels at {self.sfreq:g} Hz"


def form_of(info: Any, where: str) -> Form:
    """Read a stream's description.

    Raises
    ------
    SourceError
        When it carries text, or its rate cannot be used.
    """
    if info.dtype == "string":
        raise SourceError(f"{where} carries text, not signal")
    names = _padded(info.get_channel_names(), info.n_channels)
    return _usable(Form(float(info.sfreq), names), where)


def form_said(params: Mapping[str, str], where: str) -> Form | None:
    """Read the options ``sfreq`` and ``names``; None where neither is given.

    Raises
    ------
    SourceError
        When one is missing, or the rate cannot be used.
    """
    given = {option: params.get(option, "").strip() for option in ("sfreq", "names")}
    if not any(given.values()):
        return None
    if not all(given.values()):
        raise SourceError(f"{where}: sfreq= and names= only go together")
    try:
        sfreq = float(given["sfreq"])
    except ValueError as error:
        raise SourceError(f"{where}: sfreq={given['sfreq']} must be a number") from error
    return _usable(Form(sfreq, tuple(name.strip() for name in given["names"].split(","))), where)


def scales_uv(info: Any, rows: Sequence[int], where: str) -> NDArray[np.float64]:
    """Return the µV in a unit of each of these channels, shape (n_rows, 1)."""
    units = _padded(info.get_channel_units(), info.n_channels)
    return np.array([[_microvolts(units[row], where)] for row in rows])


def _usable(form: Form, where: str) -> Form:
    if not MIN_SFREQ <= form.sfreq <= MAX_SFREQ:
        raise SourceError(
            f"{where}: rate {form.sfreq:g} Hz is outside {MIN_SFREQ:g} to {MAX_SFREQ:g} Hz"
        )
    return form


def _padded(texts: list[str | None] | None, n_channels: int) -> tuple[str, ...]:
    """Return a text for each channel, empty where the stream has none."""
    given = [text or "" for text in texts or []]
    return tuple([*given, *[""] * n_channels][:n_channels])


def _microvolts(unit: str, where: str) -> float:
    for factor, spellings in _MICROVOLTS.items():
        if unit.strip().lower() in spellings:
            return factor
    raise SourceError(f"{where}: a channel's unit is {unit!r}, not microvolts, millivolts or V")
