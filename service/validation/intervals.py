"""Exact intervals of shares and rates, 95 %."""

from scipy.stats import beta, chi2

_TAIL = 0.025


def share_interval(found: int, of: int) -> tuple[float, float]:
    """Return the interval of a share after Clopper and Pearson (1934).

    Parameters
    ----------
    found, of : int
        ``found`` of ``of``; 0 of 0 tells nothing: (0, 1).
    """
    low = float(beta.ppf(_TAIL, found, of - found + 1)) if found else 0.0
    high = float(beta.ppf(1 - _TAIL, found + 1, of - found)) if found < of else 1.0
    return low, high


def rate_interval(count: int, exposure: float) -> tuple[float, float]:
    """Return the interval of a Poisson rate after Garwood (1936).

    Parameters
    ----------
    count : int
        How many there were.
    exposure : float
        In how much time, more than 0; the rate is per one of its unit.
    """
    low = float(chi2.ppf(_TAIL, 2 * count)) / 2 if count else 0.0
    high = float(chi2.ppf(1 - _TAIL, 2 * count + 2)) / 2
    return low / exposure, high / exposure
