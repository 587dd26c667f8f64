"""Commits that outlast a log which cannot be written for a while: locked, or the disk full."""

import logging
from collections.abc import Callable, Sequence

from monitor.usage.record import SessionRecord
from service.entries import Draft, Entry
from service.errors import StoreError
from service.store import SessionRow, Store

logger = logging.getLogger(__name__)

FIRST_RETRY_S, LONGEST_RETRY_S = 0.1, 5.0


class Recorder:
    """Commits for one dreamer, trying again until it succeeds.

    Parameters
    ----------
    store : Store
        Where to.
    pause : callable
        Waits so many seconds; returns whether to give up.

    Attributes
    ----------
    failure : str or None
        Why the log cannot be written now.
    """

    def __init__(self, store: Store, pause: Callable[[float], bool]) -> None:
        self.failure: str | None = None
        self._store = store
        self._pause = pause

    def commit(
        self, row: SessionRow, drafts: Sequence[Draft], night: SessionRecord | None = None
    ) -> list[Entry]:
        """Commit the same events and state until it succeeds, so nothing is lost or doubled.

        Raises
        ------
        StoreError
            When it has not succeeded and shall be given up.
        """
        wait = FIRST_RETRY_S
        while True:
            try:
                entries = self._store.commit(row, drafts, night)
            except StoreError as error:
                self._fail(row.dreamer, error)
                if self._pause(wait):
                    raise
                wait = min(2 * wait, LONGEST_RETRY_S)
            else:
                self._succeed(row.dreamer)
                return entries

    def _fail(self, dreamer: str, error: StoreError) -> None:
        if self.failure is None:
            logger.error("%s is not monitored for now: %s", dreamer, error)
        self.failure = str(error)

    def _succeed(self, dreamer: str) -> None:
        if self.failure is not None:
            logger.warning("%s is monitored again: the log can be written", dreamer)
        self.failure = None
