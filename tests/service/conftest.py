"""One service for all tests that only ask it something."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from service_server import Served, eventually, served

SLEEPER = "sim:?scenario=unresponsive&seed=1&hours=24&speed=100&dreamer=bed-2"
SHORT = "sim:?seed=2&hours=0.1&speed=0&dreamer=bed-1"


@pytest.fixture(scope="session")
def service(tmp_path_factory) -> Iterator[Served]:
    """Bed 1 has had a short night, bed 2 sleeps and answers no cue."""
    with served(tmp_path_factory.mktemp("data"), SHORT, SLEEPER) as running:
        eventually(lambda: status(running, "bed-1") == "ended")
        yield running


def status(running: Served, dreamer: str) -> str | None:
    """Return the status of a dreamer's session, None before it has begun."""
    session = running.station.describe(dreamer)["session"]
    return session and session["status"]


@pytest.fixture(scope="session")
def unresponsive(service: Served) -> Callable[[], dict]:
    """Wake bed 2, which does not answer; a call returns its alarm as it is now."""
    body = {"command_id": str(uuid4())}
    service.http.post("/api/v1/dreamers/bed-2/wake", json=body).raise_for_status()

    def alarm() -> dict | None:
        alarms = service.http.get("/api/v1/alarms", params={"state": "open"}).json()
        return next((a for a in alarms if a["kind"] == "UNRESPONSIVE"), None)

    eventually(alarm)
    return alarm
