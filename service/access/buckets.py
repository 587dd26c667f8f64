"""Token buckets: how often somebody may do something, in bursts and in the long run."""

from collections import OrderedDict

MOST_KEYS = 10_000


class Buckets:
    """A bucket for each key, full at first; at most `MOST_KEYS`, of which the idlest goes first.

    Parameters
    ----------
    burst : float
        How often at once.
    rate : float
        How often a second in the long run.
    """

    def __init__(self, burst: float, rate: float) -> None:
        self._burst, self._rate = burst, rate
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, now: float) -> float:
        """Take one from a key's bucket; return 0, or for how many seconds it is empty.

        Times are in monotonic seconds.
        """
        level, at = self._levels.pop(key, (self._burst, now))
        level = min(self._burst, level + self._rate * (now - at))
        missing = max(0.0, 1.0 - level)
        self._levels[key] = (level if missing else level - 1.0), now
        if len(self._levels) > MOST_KEYS:
            self._levels.popitem(last=False)
        return missing / self._rate
