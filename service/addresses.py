"""Which addresses may be listened on, and which may be asked outside."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine only."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def check_address(url: str) -> str:
    """Return a URL that may be used.

    Raises
    ------
    ValueError
        When it is no HTTP address, or unencrypted to another host.
    """
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise ValueError(f"{url!r} is no http or https address")
    if address.scheme == "http" and not is_loopback(address.hostname):
        raise ValueError(f"{url!r} is unencrypted: use https beyond this host")
    return url
