"""Real LSL streams that stay on this machine and are never met by another run of the tests."""

from uuid import uuid4

import pytest
from mne_lsl import lsl

CONFIG = """
[multicast]
ResolveScope = machine
[lab]
KnownPeers = {{127.0.0.1}}
SessionID = {session}
[tuning]
WatchdogCheckInterval = 0.5
WatchdogTimeThreshold = 1
[log]
level = -3
"""


@pytest.fixture(scope="session", autouse=True)
def _on_this_machine_only() -> None:
    lsl.set_config_content(CONFIG.format(session=uuid4().hex))


@pytest.fixture(autouse=True)
def _short_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.sources.lsl.LIST_S", 0.2)  # enough to meet the one that is sought


@pytest.fixture
def long_look(_short_look: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every stream of this machine met; LSL asks most of them after half a second only."""
    monkeypatch.setattr("monitor.sources.lsl.LIST_S", 0.8)
    monkeypatch.setattr("monitor.sources.lsl.RESOLVE_S", 0.8)


@pytest.fixture
def name() -> str:
    """Return a stream's name that nothing else has."""
    return f"headset-{uuid4().hex[:8]}"
