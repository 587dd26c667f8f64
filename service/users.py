"""Who sits at this machine, as the log names them."""

from getpass import getuser


def user_name() -> str:
    """Return the name of the user, or "unknown user" where the system knows none."""
    try:
        return getuser()
    except (KeyError, OSError):
        return "unknown user"
