"""The planned end of a session, and from when on sleeping past it counts."""

from dataclasses import dataclass, replace

from monitor.alarm.times import moved, ms


@dataclass(frozen=True, slots=True)
class Plan:
    """When the dreamer should be awake again; times in Unix s.

    Sleeping past the planned end counts from that end until the dreamer is verified awake, and
    again from the first sleep epoch after that. A person may excuse it for the whole session.

    Parameters
    ----------
    end : float or None
        Planned end; None when there is none (or it is excused).
    counts_from : float or None
        Since when the dreamer overruns; may lie ahead.
    cleared_at : float
        When it was last found not to be an overrun.
    """

    end: float | None
    counts_from: float | None
    cleared_at: float

    @classmethod
    def of(cls, start: float, planned_s: float | None) -> "Plan":
        """Make the plan of a session that starts at `start` and is to last `planned_s` seconds."""
        end = None if planned_s is None else ms(start + planned_s)
        return cls(end, end, start)

    def woken(self, at: float) -> "Plan":
        """Note a verified wake; before the planned end this changes nothing."""
        past = self.end is not None and at >= self.end
        return replace(self, counts_from=None, cleared_at=at) if past else self

    def asleep(self, onset: float) -> "Plan":
        """Note a sleep epoch that began at `onset`."""
        again = self.end is not None and self.counts_from is None and onset >= self.cleared_at
        return replace(self, counts_from=onset) if again else self

    def excused(self, at: float) -> "Plan":
        """Let the dreamer sleep on, because a person says so."""
        return Plan(None, None, at)

    def shifted(self, by_s: float) -> "Plan":
        """Move all times by `by_s` seconds."""
        return moved(self, ("end", "counts_from", "cleared_at"), by_s)
