"""What a saved state is of: only a session of the same can go on from it."""

from typing import Any

from monitor.domain.config import SessionConfig
from monitor.domain.errors import SnapshotError

SNAPSHOT_VERSION = 6


def identity(config: SessionConfig, model: object) -> dict[str, Any]:
    """Return of which session, signal and model a state is, as JSON values."""
    return {
        "version": SNAPSHOT_VERSION,
        "dreamer": config.dreamer,
        "session": config.session,
        "start": config.start,
        "sfreq": config.sfreq,
        "ch_names": list(config.montage.ch_names),
        "model": model,
    }


def check_identity(saved: object, wanted: dict[str, Any]) -> None:
    """Check that a saved state is of what is wanted.

    Raises
    ------
    SnapshotError
        When it is of anything else; names the first difference.
    """
    if not isinstance(saved, dict):
        raise SnapshotError("the saved state does not say what it is of")
    for name, value in wanted.items():
        if saved.get(name) != value:
            raise SnapshotError(
                f"the saved state has {name} {saved.get(name)!r}, expected {value!r}"
            )
