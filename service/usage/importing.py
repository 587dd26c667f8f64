"""Past nights from elsewhere: scored CSV, or EDF+ with the stages as annotations."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.domain.errors import InputError, SourceError
from monitor.domain.stage import EPOCH_S
from monitor.usage.record import SessionRecord, run_lengths
from service.entries import iso
from service.hypnograms import read_hypnogram


def read_night(path: Path, start: float, now: float) -> SessionRecord:
    """Read a scored night; it is named by its start, so that importing it again replaces it.

    Parameters
    ----------
    path : Path
        CSV with ``onset_s``, ``duration_s`` and ``stage``, or EDF+ annotations.
    start, now : float
        When the recording began, and the dreamer's present: seconds of Unix time.

    Raises
    ------
    SourceError
        When it cannot be read, lacks its end, holds no stage or is too long.
    InputError
        When the night is not over yet.
    """
    stages = read_hypnogram(path)
    if not stages:
        raise SourceError(f"{path}: ends before the middle of its first epoch")
    end = start + EPOCH_S * len(stages)
    if end > now:
        when = f"from {iso(start)} to {iso(end)}"
        raise InputError(f"{path}: a night {when} is not over yet: it is {iso(now)}")
    return SessionRecord(f"import {iso(start)}", start, end, run_lengths(stages), imported=True)


def parse_time(text: str, zone: ZoneInfo, name: str = "--start") -> float:
    """Read a time as seconds of Unix time; without an offset it is of the dreamer's clock.

    Raises
    ------
    InputError
        When it is no time, or not between 1970 and 2100.
    """
    try:
        at = datetime.fromisoformat(text)
        seconds = (at if at.tzinfo else at.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError) as error:
        raise InputError(f"{name} {text!r} is no time such as 2026-01-31T22:30+01:00") from error
    if not 0 <= seconds < _LATEST:
        raise InputError(f"{name} {text!r} must lie between 1970 and 2100")
    return seconds


_LATEST = 4_102_444_800.0
