"""The accounts of a data directory from the command line, with or without a running service."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from monitor.usage.changes import Change
from monitor.usage.ledger import Past
from monitor.usage.record import SessionRecord
from service.database import FILE, explained, make_folder, open_writer
from service.errors import StoreError
from service.usage.accounts import Use, read_use
from service.usage.book import ask
from service.usage.nights import replace

_T = TypeVar("_T")


class Desk:
    """Reads and writes accounts.

    Parameters
    ----------
    data_dir : Path
        Made when something is written and it is missing.
    zone : str
        IANA name of the time zone of dreamers who have said no other.
    """

    def __init__(self, data_dir: Path, zone: str) -> None:
        self._data_dir, self._zone = data_dir, zone

    def read(self, dreamer: str, *, new: bool = False) -> Use:
        """Read what is known of a dreamer.

        Raises
        ------
        StoreError
            When nothing is, and the dreamer is not a new one; or the store cannot be read.
        """
        use = Use(dreamer, Past(zone=self._zone))
        if (self._data_dir / FILE).is_file():
            use = self._do(lambda connection: read_use(connection, dreamer, self._zone))
        if not (new or use.past.records or use.past.changes):
            raise StoreError(f"there is no account of {dreamer!r} in {self._data_dir}")
        return use

    def add(self, dreamer: str, night: SessionRecord) -> float | None:
        """Add a past night; return the seconds of the one of its name that it replaced, if any."""
        make_folder(self._data_dir)
        return self._do(lambda connection: replace(connection, dreamer, night))

    def ask(self, dreamer: str, command_id: str, change: Change) -> bool:
        """Write a change of the limits down; as `service.usage.book.ask`."""
        make_folder(self._data_dir)
        return self._do(lambda connection: ask(connection, dreamer, command_id, change, self._zone))

    def _do(self, do: Callable[[Connection], _T]) -> _T:
        engine = open_writer(self._data_dir)
        try:
            with explained(), engine.begin() as connection:
                return do(connection)
        finally:
            engine.dispose()
