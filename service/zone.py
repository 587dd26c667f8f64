"""The time zone of this machine, by its IANA name."""

import os
from pathlib import Path

from monitor.domain.errors import InputError
from monitor.usage.days import find_zone

_LOCALTIME = Path("/etc/localtime")


def local_zone() -> str:
    """Return the zone that ``TZ`` or the system's settings name; UTC where they name none."""
    linked = str(_LOCALTIME.resolve()).partition("zoneinfo/")[2]
    for name in (os.environ.get("TZ", ""), linked):
        try:
            return find_zone(name).key
        except InputError:
            continue
    return "UTC"
