"""Is this second of this channel signal from a head? Judged on the raw signal, before any filter.

A filter would hide exactly what is looked for: rails, flat lines and offsets.
"""

import numpy as np
from numpy.typing import NDArray

from monitor.domain.contact import Contact
from monitor.domain.montage import Montage
from monitor.signal.frames import Frames

RAILED_SHARE = 0.9
"""Share of full scale from which a sample is railed (OpenBCI GUI: 90 %)."""

FLAT_UV = 0.5
"""Peak-to-peak of a second below which a channel is flat, µV (OpenBCI: SD < 0.5 µV; this is
stricter, so that uncalibrated recordings in small units pass)."""

NOISE_UV = 1000.0
"""Peak-to-peak of a second above which it cannot be EEG, µV [own choice]; slow waves of deep
sleep stay below 500 µV."""


def assess_contact(frames: Frames, montage: Montage) -> NDArray[np.int8]:
    """Judge every second of every channel.

    Returns
    -------
    ndarray of int8, shape (n_seconds, n_channels)
        `Contact` values. A second with any sample that is not finite is ``MISSING``.
    """
    n_channels = len(montage.channels)
    if frames.n_seconds == 0:
        return np.empty((0, n_channels), dtype=np.int8)
    starts = frames.edges[:-1]
    high = np.maximum.reduceat(frames.data, starts, axis=1).T
    low = np.minimum.reduceat(frames.data, starts, axis=1).T
    with np.errstate(invalid="ignore"):
        span = high - low
        reach = np.maximum(high, -low)
    rails = [np.inf if c.rail_uv is None else RAILED_SHARE * c.rail_uv for c in montage.channels]
    rules = [~np.isfinite(span), reach >= np.array(rails), span < FLAT_UV, span > NOISE_UV]
    states = [Contact.MISSING, Contact.RAILED, Contact.FLAT, Contact.NOISE]
    return np.select(rules, states, default=Contact.GOOD).astype(np.int8)
