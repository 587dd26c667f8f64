"""What the account of a session goes by beside the session itself, read from the store."""

from sqlalchemy import Connection

from monitor.usage.ledger import Past
from service.usage.book import read_changes
from service.usage.nights import read_nights


def read_past(connection: Connection, dreamer: str, zone: str, night: str = "") -> Past:
    """Read a dreamer's nights and what was asked of their limits.

    Parameters
    ----------
    zone : str
        IANA name of the time zone where the dreamer has said no other.
    night : str
        Name of a night to leave out: a session is not its own past.

    Raises
    ------
    StoreError
        When the store cannot be read.
    """
    nights = tuple(n for n in read_nights(connection, dreamer) if n.session != night)
    return Past(nights, read_changes(connection, dreamer), zone)
