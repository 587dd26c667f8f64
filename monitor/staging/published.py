"""The live stage that people see: the likeliest one, held until another is clearly likelier.

The raw probabilities of every step are told beside it. Signal that cannot be staged is never
covered by an old stage: it is ``UNSCORED`` at once.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.domain.stage import STAGES, Stage

MARGIN = 0.2
"""By how much another stage must be likelier to be shown at once [tuned on simulated nights]."""

HOLD_S = 30.0
"""For how long another stage must have been the likeliest to be shown without that margin, in
seconds [tuned on simulated nights]."""


class PublishedStage:
    """Follows the probabilities of one dreamer, at steps of any length.

    Parameters
    ----------
    margin : float
        By how much another stage must be likelier to be shown at once, 0 to 1.
    hold_s : float
        For how long another stage must have been the likeliest to be shown without that margin.
    """

    def __init__(self, margin: float = MARGIN, hold_s: float = HOLD_S) -> None:
        self._margin, self._hold_s = margin, hold_s
        self.stage = Stage.UNSCORED
        self.since: float | None = None
        self._leader = Stage.UNSCORED
        self._led_since = 0.0

    def push(self, at: float, proba: NDArray[np.floating] | None) -> Stage:
        """Take the probabilities of the window that ends at `at`; return the stage to be shown.

        Parameters
        ----------
        at : float
            Seconds, rising from call to call.
        proba : ndarray, shape (5,), or None
            Probability of W, N1, N2, N3, R; None when there is no stage.
        """
        leader = Stage.UNSCORED if proba is None else STAGES[int(np.argmax(proba))]
        if leader is not self._leader:
            self._leader, self._led_since = leader, at
        if proba is None or self.stage is Stage.UNSCORED or self._overtaken(at, proba):
            self._show(at, leader)
        return self.stage

    def _overtaken(self, at: float, proba: NDArray[np.floating]) -> bool:
        margin = float(np.max(proba) - proba[STAGES.index(self.stage)])
        return margin >= self._margin or (self._leader is not self.stage and self._held(at))

    def _held(self, at: float) -> bool:
        return at - self._led_since >= self._hold_s

    def _show(self, at: float, stage: Stage) -> None:
        if stage is not self.stage:
            self.stage, self.since = stage, at

    def snapshot(self) -> dict[str, Any]:
        """Everything the next push depends on."""
        return {
            "stage": str(self.stage),
            "since": self.since,
            "leader": str(self._leader),
            "led_since": self._led_since,
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Go on from a snapshot."""
        self.stage = Stage(snapshot["stage"])
        self.since = None if snapshot["since"] is None else float(snapshot["since"])
        self._leader = Stage(snapshot["leader"])
        self._led_since = float(snapshot["led_since"])
