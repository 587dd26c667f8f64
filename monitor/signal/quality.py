"""How good each channel was over an epoch."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from monitor.domain.epoch import Epoch
from monitor.domain.quality import COSTS, Artefact, ChannelQuality

_CLEAN = ChannelQuality(1.0)
_NAMES = tuple(str(artefact.name).lower() for artefact in Artefact)
_FLAGS = np.array([int(artefact) for artefact in Artefact])


def assess_quality(epoch: Epoch) -> tuple[ChannelQuality, ...]:
    """Weigh what spoils the seconds of an epoch, for each channel."""
    if not epoch.artefacts.any():
        return (_CLEAN,) * len(epoch.data)
    n_seconds = len(epoch.artefacts)
    scores = 1 - _costs()[epoch.artefacts].sum(axis=0) / n_seconds
    shares = np.count_nonzero(epoch.artefacts[..., None] & _FLAGS, axis=0) / n_seconds
    return tuple(
        ChannelQuality(
            score, {name: share for name, share in zip(_NAMES, row, strict=True) if share}
        )
        for score, row in zip(scores.tolist(), shares.tolist(), strict=True)
    )


@cache
def _costs() -> NDArray[np.float64]:
    """Cost of every combination of flags: that of the worst."""
    combinations = np.arange(2 * max(Artefact))[:, None] & _FLAGS
    return np.asarray(np.max((combinations != 0) * [COSTS[a] for a in Artefact], axis=1))
