"""What every source of signal offers."""

from typing import Protocol

from monitor.domain.events import Event
from monitor.domain.inputs import Input
from monitor.domain.montage import Montage


class Source(Protocol):
    """Signal, its losses, and what the dreamer does, in the order in which they happened.

    Attributes
    ----------
    sfreq : float
        Sampling rate in Hz.
    montage : Montage
        The rows of every chunk.
    n_samples : int or None
        Length, or None where it has no end.
    live : bool
        True when time passes by itself; False for what can be read at any speed.
    trouble : str
        Why nothing can come now; empty when it can.
    """

    sfreq: float
    montage: Montage
    n_samples: int | None
    live: bool
    trouble: str

    def read(self) -> list[Input] | None:
        """Return the next inputs; an empty list when nothing has come; None at the end."""

    def seek(self, sample: int) -> None:
        """Go on from this sample, as after a restart."""

    def notify(self, event: Event) -> None:
        """Hear what the core said: a cue to play, a marker to write."""

    def close(self) -> None:
        """Let go of the file or device."""
