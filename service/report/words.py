"""Numbers as people read them."""

from datetime import datetime, tzinfo

MISSING = "–"


def seconds_of(at: str) -> float:
    """Return a time as seconds of Unix time."""
    return datetime.fromisoformat(at).timestamp()


def moment(at: str | None, zone: tzinfo, form: str = "%H:%M:%S") -> str:
    """Write a time by a clock."""
    return MISSING if at is None else f"{datetime.fromisoformat(at).astimezone(zone):{form}}"


def minutes(value: float | None) -> str:
    """Write minutes as hours and minutes; to the half minute, as epochs are."""
    if value is None:
        return MISSING
    hours, rest = divmod(round(value * 2) / 2, 60)
    return f"{hours:.0f} h {rest:g} min" if hours else f"{rest:g} min"


def percent(share: float | None, digits: int = 0) -> str:
    """Write a share as percent."""
    return MISSING if share is None else f"{share:.{digits}%}".replace("%", " %")


def number(value: float | None, digits: int = 1) -> str:
    """Write a number."""
    return MISSING if value is None else f"{value:.{digits}f}"


def lasting(seconds: float) -> str:
    """Write a short time in seconds, a longer one in minutes."""
    return f"{seconds:.1f} s" if seconds < 60 else minutes(seconds / 60)
