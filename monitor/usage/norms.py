"""What is usual and recommended at an age."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Norms:
    """Sleep and REM that are usual in an age group.

    Parameters
    ----------
    group : str
        Years of age, as ``"18-64"``.
    oldest : float
        Age in years at which the next group begins.
    sleep_min : (float, float)
        Recommended sleep in 24 h, minutes (National Sleep Foundation; Hirshkowitz et al., Sleep
        Health 1 (2015) 40-43).
    rem_share : (float, float)
        Usual REM in percent of sleep: of children the range of means, of adults the 5th and 95th
        percentile around 21.
    """

    group: str
    oldest: float
    sleep_min: tuple[float, float]
    rem_share: tuple[float, float]


ADULTS = Norms("18-64", 65, (420, 540), (9, 31))

NORMS = (
    Norms("5-13", 14, (540, 660), (17, 21)),
    Norms("14-17", 18, (480, 600), (17, 21)),
    ADULTS,
    Norms("65+", float("inf"), (420, 480), (9, 31)),
)
"""Every age group; children under five are held against the youngest."""

OF_AGE = 18
"""Years from which a person answers for themselves."""


def norms_of(age: float | None) -> Norms:
    """Return the norms of an age in years; those of adults where it is unknown."""
    return ADULTS if age is None else next(norms for norms in NORMS if age < norms.oldest)
