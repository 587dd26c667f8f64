"""Moments are Unix seconds taken to the millisecond, so that sums of durations compare exactly."""

from dataclasses import replace
from typing import Any, TypeVar

T = TypeVar("T")


def ms(at: float) -> float:
    """Take a time to the millisecond: shorter than a sample of any EEG amplifier matters."""
    return round(at, 3)


def moved(record: T, names: tuple[str, ...], by_s: float) -> T:
    """Move the named times of a frozen record by `by_s` seconds; None stays None."""
    times: dict[str, Any] = {name: getattr(record, name) for name in names}
    later = {name: ms(at + by_s) for name, at in times.items() if at is not None}
    return replace(record, **later)  # type: ignore[type-var]
