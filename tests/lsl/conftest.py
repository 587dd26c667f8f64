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


@pytest.fixture
def name() -> str:
    """Return a stream's name that nothing else has."""
    return f"headset-{uuid4().hex[:8]}"
