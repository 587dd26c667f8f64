"""Who types the commands."""

from getpass import getuser


def user() -> str:
    """Return the name of who is logged in at this machine, for the log."""
    try:
        return getuser()
    except (KeyError, OSError):
        return "unknown user"
