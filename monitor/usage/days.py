"""Days: from noon to noon of the dreamer's clock, so that no night is split.

The one place where a moment gets its day and a day its length: 24 h, and 23 or 25 when the clock
changes. A day has the name of the date on which it begins.
"""

from datetime import date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from monitor.domain.errors import InputError

NOON = time(12)
ONE_DAY = timedelta(days=1)


def find_zone(name: str) -> ZoneInfo:
    """Return the time zone of an IANA name.

    Raises
    ------
    InputError
        If there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        raise InputError(f"zone: an IANA name such as Europe/Berlin, got {name!r}") from error


def noon(day: date, zone: tzinfo) -> float:
    """Return the moment at which a day begins, seconds of Unix time."""
    return datetime.combine(day, NOON, zone).timestamp()


def day_bounds(day: date, zone: tzinfo) -> tuple[float, float]:
    """Return where a day begins and where it ends, seconds of Unix time."""
    return noon(day, zone), noon(day + ONE_DAY, zone)


def day_of(at: float, zone: tzinfo) -> date:
    """Return the day to which a moment belongs: ``noon(day) <= at < noon(day + 1)``.

    Parameters
    ----------
    at : float
        Seconds of Unix time.
    zone : tzinfo
        The dreamer's.
    """
    day = datetime.fromtimestamp(at, zone).date()
    # A zone that crosses the date line leaves out a whole date: then it is two steps, not one.
    while at < noon(day, zone):
        day -= ONE_DAY
    return day


def last_days(at: float, zone: tzinfo, n: int) -> list[date]:
    """Return the `n` days up to that of `at`, oldest first; the last one is not over."""
    today = day_of(at, zone)
    return [today - ONE_DAY * back for back in reversed(range(n))]
