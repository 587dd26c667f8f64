"""Whatever is asked of any route, the answer is one that the OpenAPI document describes."""

from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from access_people import NIGHTS, OWN, PEOPLE, make
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.access import gate
from service.access.roles import Role
from tests.service.service_server import Served, eventually, served

EXAMPLES = 12
"""Of each route; with all routes, some ten seconds."""
FREELY = (1e9, 1e9)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> Iterator[tuple[Served, dict[str, str]]]:
    """Return a service that takes any number of commands, and what shows it an admin's token."""
    data_dir = tmp_path_factory.mktemp("asked")
    token = make(data_dir, PEOPLE[Role.ADMIN])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "COMMANDS", FREELY)
        patch.setattr(gate, "ATTEMPTS", FREELY)
        with served(data_dir, *NIGHTS) as running:
            eventually(lambda: len(running.station.hub.overview.heads) == len(NIGHTS))
            yield running, {"Authorization": f"Bearer {token}"}


def test_every_answer_is_as_described(asked):
    running, headers = asked
    base_url = str(running.http.base_url).rstrip("/")
    document = httpx.get(f"{base_url}/api/v1/openapi.json", trust_env=False).json()
    problems: list[str] = []
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()
        try:
            fuzz(operation, base_url, headers)
        except BaseExceptionGroup as problem:
            problems += [f"{operation.label}: {each}" for each in problem.exceptions]
    assert problems == [], "\n".join(problems)


def fuzz(operation, base_url: str, headers: dict[str, str]) -> None:
    """Ask one operation for anything that its description allows."""

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case) -> None:
        if "dreamer" in case.path_parameters:
            case.path_parameters["dreamer"] = OWN
        case.call_and_validate(base_url=base_url, headers=headers, checks=CHECKS)

    ask()
