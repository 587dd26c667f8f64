"""One service that asks for tokens, with a token of every role."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from access_people import NIGHTS, PEOPLE, Guarded, make

from service.access.roles import Role
from tests.service.service_server import eventually, served


@pytest.fixture(scope="session")
def guarded(tmp_path_factory) -> Iterator[Guarded]:
    """Two dreamers have had a minute of night, and everybody of `PEOPLE` has a token."""
    data_dir = tmp_path_factory.mktemp("guarded")
    tokens = {role: make(data_dir, person) for role, person in PEOPLE.items()}
    with served(data_dir, *NIGHTS) as running:
        eventually(lambda: len(running.station.hub.overview.heads) == len(NIGHTS))
        yield Guarded(running, data_dir, tokens)


@pytest.fixture
def guarded_here(tmp_path: Path) -> Iterator[Callable[..., Guarded]]:
    """Return what starts a service of its own: ``guarded_here(*roles, **settings)``."""
    with ExitStack() as running:

        def start(*roles: Role, **settings: object) -> Guarded:
            data_dir = tmp_path / "data"
            tokens = {role: make(data_dir, PEOPLE[role]) for role in roles}
            return Guarded(
                running.enter_context(served(data_dir, *NIGHTS, **settings)), data_dir, tokens
            )

        yield start
