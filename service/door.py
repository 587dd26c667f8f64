"""The listening socket: how many connections it lets in, of everybody and of one address.

It counts as soon as a connection is there, before a word is said or TLS begins. A connection that
was let in stays; who comes when there is no room is hung up on.
"""

import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from service.addresses import Network

_OF_ONE = 4
"""One address takes no more than one place in so many: it locks nobody else out."""
_SITE_BITS = 64
"""What one subscriber of IPv6 has is at least a network of this prefix (RFC 6177)."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many connections there may be.

    Parameters
    ----------
    most : int
        At a time.
    trusted : tuple of networks
        Proxies: behind each of their addresses are many people. So it is with this machine's own.
    """

    most: int
    trusted: tuple[Network, ...] = ()

    def whose(self, host: str) -> str | None:
        """Return what a connection is counted by; None: by nothing but that it is one more."""
        address = ip_address(host.partition("%")[0])
        if address.is_loopback or any(address in network for network in self.trusted):
            return None
        if isinstance(address, IPv6Address):
            return str(ip_network((address, _SITE_BITS), strict=False))
        return host

    def have_room(self, places: Counter[str | None], whose: str | None) -> bool:
        """Whether one more may come in, where so many of each are in."""
        few = whose is None or places[whose] < max(1, self.most // _OF_ONE)
        return few and places.total() < self.most


class Door(socket.socket):
    """A listening TCP socket within bounds, made of one that has none."""

    def __init__(self, listening: socket.socket, bounds: Bounds) -> None:
        super().__init__(listening.family, listening.type, listening.proto, listening.detach())
        self._bounds = bounds
        self._places: Counter[str | None] = Counter()

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection.

        Raises
        ------
        ConnectionAbortedError
            When there was no room for it.
        """
        made, address = super().accept()
        whose = self._bounds.whose(address[0])
        if not self._bounds.have_room(self._places, whose):
            made.close()
            raise ConnectionAbortedError("there is no room for another connection")
        self._places[whose] += 1
        return _Connection(made, lambda: self._leave(whose)), address

    def _leave(self, whose: str | None) -> None:
        self._places[whose] -= 1
        self._places += Counter()  # forgets who has left


class _Connection(socket.socket):
    """A connection that says when it is closed."""

    def __init__(self, made: socket.socket, leave: Callable[[], None]) -> None:
        super().__init__(made.family, made.type, made.proto, made.detach())
        self._leave: Callable[[], None] | None = leave

    def close(self) -> None:
        """Close it, and give its place back."""
        super().close()
        if self._leave is not None:
            leave, self._leave = self._leave, None
            leave()
