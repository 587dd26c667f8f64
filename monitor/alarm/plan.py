"""The planned end of a session, and from when on sleeping past it counts."""

from dataclasses import dataclass, replace

from monitor.alarm.times import ms


@dataclass(frozen=True, slots=True)
class Plan:
    """When the dreamer should be awake again; times in Unix s.

    Sleeping past the planned end counts from that end until the dreamer is verified awake, and
    again from the first sleep epoch after that. A person may excuse it for the whole session. An
    overrun that began in the session before goes on, whatever the end of this one.

    Parameters
    ----------
    end : float or None
        Planned end; None when there is none (or it is excused).
    counts_from : float or None
        Since when the dreamer overruns; may lie ahead, or before this session.
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

    def overrun_since(self, at: float) -> float | None:
        """Since when the dreamer overruns at `at`; None when it does not."""
        return None if self.counts_from is None or at < self.counts_from else self.counts_from

    def woken(self, at: float) -> "Plan":
        """Note a verified wake; a planned end still ahead will count."""
        ahead = self.end is not None and at < self.end
        return replace(self, counts_from=self.end if ahead else None, cleared_at=at)

    def asleep(self, onset: float) -> "Plan":
        """Note a sleep epoch that began at `onset`."""
        again = self.end is not None and self.counts_from is None and onset >= self.cleared_at
        return replace(self, counts_from=onset) if again else self

    def excused(self, at: float) -> "Plan":
        """Let the dreamer sleep on past the end that has passed, because a person says so."""
        woken = self.woken(at)
        return Plan(None, None, at) if woken.counts_from is None else woken

    def adopting(self, counts_from: float | None, cleared_at: float) -> "Plan":
        """Go on with an overrun of the session before; the planned end stays this session's."""
        return replace(self, counts_from=counts_from, cleared_at=cleared_at)
