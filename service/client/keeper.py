"""Where a program keeps its cursor, so that after its own restart it goes on where it was."""

import json
from pathlib import Path
from typing import Protocol


class CursorKeeper(Protocol):
    """What a client asks for its cursor once, and gives it after each entry that was dealt with."""

    def load(self) -> dict[str, int] | None:
        """Return the cursor that was saved last, None if there is none."""

    def save(self, cursor: dict[str, int], /) -> None:
        """Keep a cursor."""


class CursorFile:
    """A cursor in a file, which is replaced as a whole.

    Parameters
    ----------
    path : Path
        Need not exist yet; its folder must.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> dict[str, int] | None:
        """Return what the file says, None without one."""
        if not self._path.exists():
            return None
        cursor: dict[str, int] = json.loads(self._path.read_text("utf-8"))
        return cursor

    def save(self, cursor: dict[str, int], /) -> None:
        """Write the cursor beside the file, then put it in its place."""
        new = self._path.with_name(f"{self._path.name}.new")
        new.write_text(json.dumps(cursor), "utf-8")
        new.replace(self._path)
