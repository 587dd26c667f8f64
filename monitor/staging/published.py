"""The live stage that people see: the likeliest of late, or at once what is clearly likelier.

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
"""Over how many seconds probabilities are averaged: another stage that leads by `LEAD` on this
average is shown without that margin [tuned on simulated nights]."""

LEAD = 0.05
"""Small, but more than two stages that take turns come to on the average [own choice]."""


class PublishedStage:
    """Follows the probabilities of one dreamer, at steps of any length.

    Parameters
    ----------
    margin : float
        By how much another stage must be likelier to be shown at once, 0 to 1.
    hold_s : float
        Over how many seconds the probabilities are averaged that decide without that margin.
    """

    def __init__(self, margin: float = MARGIN, hold_s: float = HOLD_S) -> None:
        self._margin, self._hold_s = margin, hold_s
        self.stage = Stage.UNSCORED
        self.since: float | None = None
        self._recent: list[tuple[float, list[float]]] = []

    def push(self, at: float, proba: NDArray[np.floating] | None) -> Stage:
        """Take the probabilities of the window that ends at `at`; return the stage to be shown.

        Parameters
        ----------
        at : float
            Seconds, rising from call to call.
        proba : ndarray, shape (5,), or None
            Probability of W, N1, N2, N3, R; None when there is no stage.
        """
        if proba is None:
            self._recent = []
            self._show(at, Stage.UNSCORED)
            return self.stage
        self._recent.append((at, [float(p) for p in proba]))
        self._recent = [(then, p) for then, p in self._recent if at - then <= self._hold_s]
        if self.stage is Stage.UNSCORED or self._is_clear(proba) or self._is_lasting(proba):
            self._show(at, _likeliest(proba))
        return self.stage

    def _is_clear(self, proba: NDArray[np.floating]) -> bool:
        return self._ahead(proba) >= self._margin

    def _is_lasting(self, proba: NDArray[np.floating]) -> bool:
        """Whether what is likeliest now is so, by a little, on the average of late."""
        mean = np.mean([p for _, p in self._recent], axis=0)
        return self._ahead(mean) >= LEAD and _likeliest(mean) is _likeliest(proba)

    def _ahead(self, proba: NDArray[np.floating]) -> float:
        """By how much the likeliest stage leads the one that is shown."""
        return float(np.max(proba) - proba[STAGES.index(self.stage)])

    def _show(self, at: float, stage: Stage) -> None:
        if stage is not self.stage:
            self.stage, self.since = stage, at

    def snapshot(self) -> dict[str, Any]:
        """Everything the next push depends on."""
        return {"stage": str(self.stage), "since": self.since, "recent": list(self._recent)}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Go on from a snapshot."""
        self.stage = Stage(snapshot["stage"])
        self.since = None if snapshot["since"] is None else float(snapshot["since"])
        self._recent = [(float(at), list(map(float, p))) for at, p in snapshot["recent"]]


def _likeliest(proba: NDArray[np.floating]) -> Stage:
    return STAGES[int(np.argmax(proba))]
