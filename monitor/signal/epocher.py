"""Gathering seconds into windows of thirty."""

from dataclasses import asdict
from typing import Any

from monitor.domain.epoch import PHASE_S, Epoch
from monitor.domain.stage import EPOCH_S
from monitor.signal.frames import Frames


class Epocher:
    """Holds the seconds that windows to come need, and hands on every window that is complete.

    Parameters
    ----------
    every_s : {30, 5}
        Seconds from one window to the next: `EPOCH_S` for the scored epochs alone, `PHASE_S` for
        the windows between them as well.
    """

    def __init__(self, every_s: int = EPOCH_S) -> None:
        self._every_s = every_s
        self._held: Frames | None = None

    def push(self, frames: Frames) -> list[Epoch]:
        """Take filtered seconds, give back every window now complete, in order of time."""
        held = frames if self._held is None else self._held.then(frames)
        end = held.first_second + held.n_seconds
        starts = range(held.first_second, end - EPOCH_S + 1, self._every_s)
        first = held.first_second + len(starts) * self._every_s
        self._held = held.cut(first, end)
        return [_epoch(held.cut(start, start + EPOCH_S)) for start in starts]

    def snapshot(self) -> dict[str, Any]:
        """Everything the next push depends on."""
        return {"held": None if self._held is None else asdict(self._held)}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        held = snapshot["held"]
        self._held = None if held is None else Frames(**held)


def _epoch(frames: Frames) -> Epoch:
    index, rest_s = divmod(frames.first_second, EPOCH_S)
    return Epoch(index, frames.data, frames.artefacts, rest_s // PHASE_S)
