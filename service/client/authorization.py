"""How a program says who it is."""

from urllib.parse import urlsplit

from service.addresses import is_loopback

_ENCRYPTED = ("https", "wss")


def authorization(url: str, token: str) -> dict[str, str]:
    """Return the header that shows a service a token; none without one.

    Raises
    ------
    ValueError
        When it would go to another machine unencrypted.
    """
    if not token:
        return {}
    parts = urlsplit(url)
    if parts.scheme not in _ENCRYPTED and not is_loopback(parts.hostname or ""):
        raise ValueError(f"{url!r} is unencrypted: a token goes to another machine by TLS only")
    return {"Authorization": f"Bearer {token}"}
