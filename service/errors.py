"""Every error the service raises on purpose, beside those of the core.

::

    DreamwatchError
    └── ServiceError
        ├── SettingsError    a setting is wrong (names it and its source)
        ├── StoreError       the data directory or its log cannot be used
        │   └── StoreInUse   another service is using it
        ├── OutsideError     an address outside did not take what was sent to it
        ├── NotWatched       no source watches this dreamer now
        ├── NotAdmitted      no new session may start (says until when)
        ├── NotSignedIn      nobody has signed in
        ├── NotPermitted     who has signed in may not do this
        └── TooMany          somebody asks too often (says when to come again)
"""

from monitor.domain.errors import DreamwatchError


class ServiceError(DreamwatchError):
    """Base of the service's own errors."""


class SettingsError(ServiceError):
    """A setting is wrong."""


class StoreError(ServiceError):
    """The data directory or the log in it cannot be used."""


class OutsideError(ServiceError):
    """An address outside did not take what was sent to it."""


class StoreInUse(StoreError):  # noqa: N818 - reads as what happened
    """Another service is using the data directory."""


class NotWatched(ServiceError):  # noqa: N818 - reads as what happened
    """No source watches this dreamer now."""


class NotAdmitted(ServiceError):  # noqa: N818
    """No new session may start.

    Parameters
    ----------
    text : str
        Why.
    until : str or None
        When it may, ISO 8601; None where waiting does not help.
    """

    def __init__(self, text: str, until: str | None) -> None:
        super().__init__(text)
        self.until = until


class NotSignedIn(ServiceError):  # noqa: N818
    """Nobody has signed in, or with what is no valid token."""


class NotPermitted(ServiceError):  # noqa: N818
    """Who has signed in may not do this."""


class TooMany(ServiceError):  # noqa: N818
    """Somebody asks too often, or has too many connections.

    Parameters
    ----------
    text : str
        What there is too much of.
    wait_s : float
        After how many seconds it may be tried again.
    """

    def __init__(self, text: str, wait_s: float) -> None:
        super().__init__(text)
        self.wait_s = wait_s
