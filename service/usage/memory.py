"""Tells the running sessions when what lies behind them changes: nights imported, limits asked.

The store is written by this service and, beside it, from the command line. So it is looked at, not
listened to: the numbers of the last rows say whether there is anything new.
"""

from collections.abc import Mapping
from threading import Lock

from sqlalchemy import Connection

from monitor.domain.inputs import Recall
from service.runner import Runner
from service.store import Store
from service.usage.book import changed_since, last_change
from service.usage.nights import added_since, last_number
from service.usage.past import read_past


class Memory:
    """Looks at the store for what the runners do not know yet.

    Parameters
    ----------
    store : Store
    runners : mapping of str to Runner
        By dreamer; they were told all there is now.
    zone : str
        IANA name of the time zone of dreamers who have said no other.
    """

    def __init__(self, store: Store, runners: Mapping[str, Runner], zone: str) -> None:
        self._store, self._runners, self._zone = store, runners, zone
        self._night, self._change = store.read(_last_numbers)
        self._looking = Lock()

    def look(self) -> None:
        """Tell each runner of whose dreamer something is new; from any thread."""
        with self._looking:
            self._look()

    def _look(self) -> None:
        night, change = self._store.read(_last_numbers)
        if (night, change) == (self._night, self._change):
            return
        for dreamer in self._store.read(self._changed):
            runner = self._runners[dreamer]
            past = self._store.read(lambda c: read_past(c, dreamer, self._zone, runner.night))  # noqa: B023
            runner.hear(Recall(past))
        self._night, self._change = night, change

    def _changed(self, connection: Connection) -> set[str]:
        """Return whose past has changed; a session's own night is not its past."""
        own = {dreamer: runner.night for dreamer, runner in self._runners.items()}
        added = {d for d, night in added_since(connection, self._night) if own.get(d) != night}
        return (added | set(changed_since(connection, self._change))) & own.keys()


def _last_numbers(connection: Connection) -> tuple[int, int]:
    return last_number(connection), last_change(connection)
