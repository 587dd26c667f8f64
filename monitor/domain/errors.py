"""Every error the core raises on purpose.

::

    DreamwatchError
    ├── SourceError          a recording or device cannot be read (names the file and what to do)
    ├── InputError           an input message is malformed: channels, samples, order
    ├── ModelError           the staging model is missing, damaged or does not fit
    ├── SnapshotError        a saved state does not fit this session
    └── CommandError         a command cannot be carried out
        ├── UnknownAlarm     no alarm has that id
        ├── StaleVersion     the alarm changed since the sender last saw it
        └── NotAllowed       the alarm's kind or state does not permit it

Messages give the name, the value, the limit and the unit.
"""


class DreamwatchError(Exception):
    """Base of every error raised on purpose."""


class SourceError(DreamwatchError):
    """A recording or device cannot be opened or read."""


class InputError(DreamwatchError):
    """A message pushed into the core is malformed."""


class ModelError(DreamwatchError):
    """The staging model is missing, damaged, or does not fit its card."""


class SnapshotError(DreamwatchError):
    """A saved state does not fit the session it should restore."""


class CommandError(DreamwatchError):
    """A command cannot be carried out."""


class UnknownAlarm(CommandError):  # noqa: N818 - reads as what happened
    """No alarm of this dreamer has that id."""


class StaleVersion(CommandError):  # noqa: N818
    """The alarm has changed since the sender last saw it."""


class NotAllowed(CommandError):  # noqa: N818
    """The alarm's kind or present state does not permit the command."""
