"""What the account keeps of one session: when it was, its stages, and how it ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from math import inf
from typing import Any

from monitor.domain.errors import InputError
from monitor.domain.stage import EPOCH_S, Stage

LATEST = 4_102_444_800.0
"""1 January 2100, seconds of Unix time: no session is later [own choice]."""

LONGEST_S = 366 * 86_400.0
"""No session is longer, seconds [own choice]."""

MOST_EPOCHS = int(LONGEST_S) // EPOCH_S
"""Epochs of the longest session."""

LONGEST_ID = 200
"""Characters of a session's id [own choice]."""

MOST_ROUNDS = 1_000
"""No wake protocol counts more rounds [own choice]."""


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session of a dreamer, running or over.

    Parameters
    ----------
    session : str
        The session's id.
    start : float
        Its start, seconds of Unix time.
    until : float
        Last moment known to belong to it, seconds of Unix time; not before the last epoch's end.
        What lies between that end and this moment is unscored.
    runs : tuple of (Stage, int)
        Stages of the consecutive 30-s epochs from the start, each with how often it repeats.
    ended : bool
        Whether the session is over.
    planned_s : float or None
        Planned length in seconds; None where there is no plan.
    rounds : int
        Rounds of the wake protocol that were needed; 0 where it never ran.
    imported : bool
        Whether it comes from a scored file, not from watching.
    """

    session: str
    start: float
    until: float
    runs: tuple[tuple[Stage, int], ...]
    ended: bool = True
    planned_s: float | None = None
    rounds: int = 0
    imported: bool = False

    @property
    def n_epochs(self) -> int:
        """Scored and unscored epochs, without the tail up to `until`."""
        return sum(count for _, count in self.runs)


def run_lengths(stages: Iterable[Stage]) -> tuple[tuple[Stage, int], ...]:
    """Return consecutive stages, one an epoch, as runs."""
    return tuple((stage, sum(1 for _ in run)) for stage, run in groupby(stages))


def cut(record: SessionRecord, at: float) -> SessionRecord:
    """Return what was known of a session at a moment after its start.

    Parameters
    ----------
    record : SessionRecord
        The session; it started before `at`.
    at : float
        Seconds of Unix time.

    Returns
    -------
    SessionRecord
        The record itself where it was over. Otherwise a running one: the epoch that had not ended
        was not scored yet, and the rounds needed to wake are known only at the end.
    """
    if at >= record.until:
        return record
    left = int((at - record.start) // EPOCH_S)
    runs = []
    for (stage, count), before in zip(record.runs, _epochs_before(record), strict=True):
        if before < left:
            runs.append((stage, min(count, left - before)))
    return replace(record, until=at, runs=tuple(runs), ended=False, rounds=0)


def _epochs_before(record: SessionRecord) -> list[int]:
    return list(accumulate((count for _, count in record.runs), initial=0))[:-1]


def to_json(record: SessionRecord) -> dict[str, Any]:
    """Return a record as JSON values."""
    return {
        "session": record.session,
        "start": record.start,
        "until": record.until,
        "runs": [[str(stage), count] for stage, count in record.runs],
        "ended": record.ended,
        "planned_s": record.planned_s,
        "rounds": record.rounds,
        "imported": record.imported,
    }


def from_json(obj: Mapping[str, Any]) -> SessionRecord:
    """Return the record that `to_json` wrote.

    Raises
    ------
    InputError
        If a field is missing, of another type, or beyond its range.
    """
    session = _field(obj, "session", str)
    if not 0 < len(session) <= LONGEST_ID:
        raise InputError(f"session: 1 to {LONGEST_ID} characters are allowed, got {len(session)}")
    start = _number(obj, "start", 0.0, LATEST, "s of Unix time")
    runs = tuple(_run(run) for run in _field(obj, "runs", list))
    record = SessionRecord(
        session,
        start,
        _number(obj, "until", start, start + LONGEST_S, "s of Unix time"),
        runs,
        ended=_field(obj, "ended", bool),
        planned_s=_planned_s(obj),
        rounds=int(_number(obj, "rounds", 0, MOST_ROUNDS, "rounds")),
        imported=_field(obj, "imported", bool),
    )
    _fits(record)
    return record


def _fits(record: SessionRecord) -> None:
    end = record.start + EPOCH_S * record.n_epochs
    if end > record.until + 0.001:  # moments of Unix time are rounded
        raise InputError(f"until: not before the last epoch's end {end} s, got {record.until} s")


def _planned_s(obj: Mapping[str, Any]) -> float | None:
    given = obj.get("planned_s")
    return None if given is None else _number(obj, "planned_s", 0.0, LONGEST_S, "s")


def _run(run: object) -> tuple[Stage, int]:
    match run:
        case [str(name), int(count)] if name in set(Stage) and 0 < count <= MOST_EPOCHS:
            return Stage(name), int(count)
        case _:
            wanted = f"a stage of {', '.join(Stage)} and a count from 1 to {MOST_EPOCHS}"
            raise InputError(f"runs: {wanted}, got {run!r}")


def _field(obj: Mapping[str, Any], name: str, kind: type[Any]) -> Any:
    value = obj.get(name)
    if not isinstance(value, kind):
        raise InputError(f"{name}: {kind.__name__} is wanted, got {value!r}")
    return value


def _number(obj: Mapping[str, Any], name: str, low: float, high: float, unit: str) -> float:
    value = obj.get(name)
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else inf
    if not low <= number <= high:
        raise InputError(f"{name}: {low:g} to {high:g} {unit} are allowed, got {value!r}")
    return float(number)
