"""What was planted in a night, and what was said of it. Times are seconds since its start."""

from dataclasses import dataclass

from monitor.domain.events import Coverage, Priority

CUE = "CUE"
"""First cue of a wake that is due: no alarm, but counted like one."""


@dataclass(frozen=True, slots=True)
class Planted:
    """Something that was made to happen.

    Parameters
    ----------
    cause : str
        What; a row of the report.
    kind : str
        The alarm that is asked about.
    onset, until : float
        When it began and ended.
    wanted : bool or None
        Whether that alarm must come, must not, or may.
    due_s : float
        When it is due, in s from the onset.
    limit_s : float
        How late it may be and still count as found, in s from the onset.
    sources : tuple of str
        Every one of these must be named; none: any will do.
    """

    cause: str
    kind: str
    onset: float
    until: float
    wanted: bool | None
    due_s: float = 0.0
    limit_s: float = 0.0
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm that was raised, or came back while it was still open.

    Parameters
    ----------
    kind, source : str
    at : float
    priority : Priority or None
        The highest it reached; None for a cue.
    """

    kind: str
    source: str
    at: float
    priority: Priority | None


@dataclass(frozen=True, slots=True)
class Covered:
    """From when to when a dreamer was watched how well."""

    begin: float
    end: float
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Record:
    """A night that is over.

    Parameters
    ----------
    name : str
        Which night.
    length_s : float
    planted : tuple of Planted
    raised : tuple of Raised
    covered : tuple of Covered
        Without a break from the start to the end.
    """

    name: str
    length_s: float
    planted: tuple[Planted, ...]
    raised: tuple[Raised, ...]
    covered: tuple[Covered, ...]
