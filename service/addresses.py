"""Which addresses may be listened on, and which may be asked outside."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import urlsplit

Network: TypeAlias = IPv4Network | IPv6Network
_NAME = re.compile(r"[\w.-]+", re.ASCII)


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine only."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host.strip("[]")))
    except ValueError:
        return False


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


def read_networks(text: str) -> tuple[Network, ...]:
    """Return the networks of a list with commas; an address is a network of one.

    Raises
    ------
    ValueError
        When one is neither, or is everybody.
    """
    networks = tuple(ip_network(each.strip()) for each in text.split(",")) if text else ()
    if any(network.prefixlen == 0 for network in networks):
        raise ValueError(f"{text!r} is everybody")
    return networks


def check_origin(origin: str) -> str:
    """Return the origin of a page, as browsers write it.

    Raises
    ------
    ValueError
        When it is none, such as ``*`` or ``null``.
    """
    parts = urlsplit(origin)
    plain = origin == f"{parts.scheme}://{parts.netloc}" and "@" not in origin
    if not (plain and parts.hostname and parts.scheme in ("http", "https")):
        raise ValueError(f"{origin!r} is no origin: https://NAME or http://NAME, and :PORT")
    return origin


def check_name(host: str) -> str:
    """Return a host's name or address, without port.

    Raises
    ------
    ValueError
        When it is none, such as ``*``.
    """
    if not (_NAME.fullmatch(host) or _is_address(host)):
        raise ValueError(f"{host!r} is no name of a host: wildcards and ports are none")
    return host
