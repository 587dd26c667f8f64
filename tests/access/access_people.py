"""People of every role, their tokens, and a service that asks for them."""

import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from service.access.roles import SCOPED, Person, Role
from service.access.tokens import create_token
from tests.service.service_server import Served

OWN, OTHER = "bed-1", "bed-2"
"""Whom dreamer and guardian are tied to, and somebody else."""
NIGHTS = tuple(f"sim:?seed=2&hours=0.1&speed=0&dreamer={dreamer}" for dreamer in (OWN, OTHER))
PEOPLE = {role: Person(f"a {role}", role, OWN if role in SCOPED else None) for role in Role}


@dataclass(frozen=True)
class Guarded:
    """A service, and the tokens of people who may come in."""

    served: Served
    data_dir: Path
    tokens: dict[Role, str]

    def client(self, token: str = "", **headers: str) -> httpx.Client:
        if token:
            headers["Authorization"] = f"Bearer {token}"
        url = self.served.http.base_url
        return httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=20)


def make(data_dir: Path, person: Person, **given: float) -> str:
    """Make a token as the command does; return its text."""
    return str(create_token(data_dir, person, "tester", time.time(), **given))


def closing(connection: ClientConnection) -> int | None:
    """Read to the end, which must come, and return its code."""
    try:
        while True:
            connection.recv(timeout=10)
    except ConnectionClosed as closed:
        return closed.rcvd and closed.rcvd.code
