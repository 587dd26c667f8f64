"""What a chunk and a gap must be, whoever made them."""

import numpy as np
from numpy.typing import NDArray

from monitor.domain.errors import InputError
from monitor.domain.inputs import MAX_GAP_S, Gap


def check_follows(first_sample: int, position: int) -> None:
    """Check that samples come in order.

    Raises
    ------
    InputError
        When `first_sample` is not the one expected.
    """
    if first_sample != position:
        raise InputError(
            f"expected sample {position}, got {first_sample}: "
            "samples come in order, and lost ones as a Gap"
        )


def checked_data(data: NDArray[np.float64], n_channels: int) -> NDArray[np.float64]:
    """Return the data of a chunk as float64, shape (n_channels, n_samples).

    Raises
    ------
    InputError
        When it is of another shape, or no real numbers.
    """
    if data.ndim != 2 or len(data) != n_channels or data.dtype.kind not in "fiu":
        raise InputError(
            f"a chunk is real numbers of shape ({n_channels}, n_samples), "
            f"not {data.dtype} of shape {data.shape}"
        )
    return data.astype(np.float64, copy=False)


def check_gap(gap: Gap, sfreq: float) -> None:
    """Check that a gap has samples, and not more than `MAX_GAP_S` worth of them.

    Raises
    ------
    InputError
        When it has not.
    """
    limit = round(MAX_GAP_S * sfreq)
    if not 1 <= gap.n_samples <= limit:
        raise InputError(f"a gap has 1 to {limit} samples, not {gap.n_samples}")
