"""Cursors: up to which entry of each dreamer a client has seen the log."""

from collections.abc import Mapping
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

MAX_CURSOR = 32_768
"""Most characters of a cursor: 500 dreamers with names of 50 characters."""

Cursor: TypeAlias = dict[
    Annotated[str, Field(min_length=1, max_length=64)],
    Annotated[int, Field(ge=0, lt=2**63, strict=True)],
]
_CURSOR: TypeAdapter[Cursor | None] = TypeAdapter(Cursor | None)


class Named(BaseModel):
    """A cursor with its name before it."""

    model_config = ConfigDict(extra="forbid")

    cursor: Cursor | None


First: TypeAlias = Named | Cursor | None
"""What a client may say, once, at the start."""
_FIRST: TypeAdapter[First] = TypeAdapter(First)


def parse_cursor(text: str) -> Cursor | None:
    """Read ``{"bed-7": 12}``, or ``null`` for none.

    Raises
    ------
    ValueError
        When it is neither, or longer than `MAX_CURSOR`.
    """
    return _CURSOR.validate_json(_bounded(text))


def parse_first_message(text: str) -> Cursor | None:
    """Read a cursor, or ``{"cursor": …}`` around it; raises as `parse_cursor` does."""
    first = _FIRST.validate_json(_bounded(text))
    return first.cursor if isinstance(first, Named) else first


def fits(cursor: Mapping[str, int], heads: Mapping[str, int], forgotten: Mapping[str, int]) -> bool:
    """Whether the log goes on from a cursor; that of another log, or too old, needs a snapshot.

    Parameters
    ----------
    cursor, heads, forgotten : dict of str to int
        Last entry of each dreamer that was seen, that there is, and that is no longer kept.
    """
    known = all(seq <= heads.get(dreamer, 0) for dreamer, seq in cursor.items())
    return known and all(cursor.get(dreamer, 0) >= seq for dreamer, seq in forgotten.items())


def explain(error: ValueError) -> str:
    """Say in one line what is wrong with a cursor."""
    if isinstance(error, ValidationError):
        return f"a cursor is a JSON object {{dreamer: seq}} or null: {error.errors()[0]['msg']}"
    return str(error)


def _bounded(text: str) -> str:
    if len(text) > MAX_CURSOR:
        raise ValueError(f"a cursor has at most {MAX_CURSOR} characters, not {len(text)}")
    return text
