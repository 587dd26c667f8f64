"""Checks of single fields, which raise InputError with name, value, limit and unit."""

from collections.abc import Sequence

from monitor.domain.errors import InputError

LARGEST = 1e15
"""No field is as large as that."""


def number(name: str, value: object) -> float:
    """Return a number that is neither infinite nor immense."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST:
        return value
    raise InputError(f"{name}: a number is wanted, got {value!r}")


def within(name: str, value: object, low: float, high: float, unit: str) -> None:
    """Check that a number lies in its range."""
    if not low <= number(name, value) <= high:
        raise InputError(f"{name}: {low:g} to {high:g} {unit} are allowed, got {value}")


def text(name: str, value: object, longest: int) -> None:
    """Check that a text is neither empty nor too long."""
    if not isinstance(value, str):
        raise InputError(f"{name}: text is wanted, got {value!r}")
    if not 0 < len(value) <= longest:
        raise InputError(f"{name}: 1 to {longest} characters are allowed, got {len(value)}")


def one_of(name: str, value: object, allowed: Sequence[object]) -> None:
    """Check that a value is one of a few."""
    if value not in allowed or isinstance(value, bool):
        raise InputError(f"{name}: one of {', '.join(map(str, allowed))} is wanted, got {value!r}")
