"""What of a night was lost, and why."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Losses:
    """The gaps of a night, counted.

    Parameters
    ----------
    gaps : int
        How many.
    samples : int
        Samples lost in all of them.
    seconds : float
        The same as time.
    causes : dict of str to int
        Samples by cause, the largest first.
    """

    gaps: int
    samples: int
    seconds: float
    causes: dict[str, int]


def count_losses(gaps: Iterable[tuple[int, str]], sfreq: float) -> Losses:
    """Count gaps, given as samples and cause each, at `sfreq` Hz."""
    causes: Counter[str] = Counter()
    count = 0
    for n_samples, cause in gaps:
        causes[cause] += n_samples
        count += 1
    return Losses(count, causes.total(), causes.total() / sfreq, dict(causes.most_common()))
