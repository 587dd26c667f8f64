"""Records written by hand."""

from monitor.domain.events import Coverage, Priority
from service.validation.records import Covered, Planted, Raised, Record


def planted(cause="rail, one channel", kind="ELECTRODE_OFF", onset=100.0, until=200.0, **more):
    given = {"wanted": True, "due_s": 10.0, "limit_s": 40.0, "sources": ("Fpz-Cz",)}
    return Planted(cause, kind, onset, until, **{**given, **more})


def raised(at, kind="ELECTRODE_OFF", source="Fpz-Cz", priority=Priority.LOW):
    return Raised(kind, source, at, priority)


def record(plants=(), alarms=(), hours=24.0, name="night 0", covered=None):
    whole = (Covered(0.0, hours * 3600, Coverage.MONITORED),)
    return Record(name, hours * 3600, tuple(plants), tuple(alarms), covered or whole)
