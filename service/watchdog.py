"""A sign of life for a switch outside that acts when it stops: a dead man's switch.

No program can tell of its own end. So a file is touched, and an address asked for, as long as every
dreamer is being watched; whoever stands at the other end (cron, systemd, a monitoring service)
raises the alarm when that stops.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from service.errors import OutsideError
from service.outside import send

logger = logging.getLogger(__name__)


class Watchdog:
    """Gives a sign every so often while all is well.

    Parameters
    ----------
    url : str
        Asked for by GET; empty: none.
    file : Path or None
        Whose time of modification is the last sign.
    every_s : float
        Seconds between two signs.
    get : callable
        Asks for a URL, or raises `OutsideError`.
    """

    def __init__(
        self, url: str, file: Path | None, every_s: float, get: Callable[[str], None] = send
    ) -> None:
        self._url, self._file, self._every_s, self._get = url, file, every_s, get
        self._due = 0.0
        self._failed = False

    def is_due(self, now: float) -> bool:
        """Whether there is somebody to give a sign to, and it is time, by monotonic seconds."""
        return bool(self._url or self._file) and now >= self._due

    def sign(self, now: float) -> None:
        """Give a sign of life; may take seconds. A failure is logged once, and tried again."""
        self._due = now + self._every_s
        try:
            if self._file is not None:
                self._file.touch()
            if self._url:
                self._get(self._url)
        except (OSError, OutsideError) as error:
            if not self._failed:
                logger.error("the sign of life does not arrive: %s", error)
            self._failed = True
        else:
            self._failed = False
