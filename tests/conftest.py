"""Fixtures that every part of the test suite shares."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "default",
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("default")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real recordings beside the checkout; it is not part of the project."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("DREAMWATCH_SHARED_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no real recordings at {folder} (set DREAMWATCH_SHARED_DATA)")
    return folder
