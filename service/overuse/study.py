"""All users of a study, in processes side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.jobs import Tell, Told, run_all
from service.overuse.follow import Course, User, follow
from service.overuse.kinds import KINDS

USERS = "users"
"""What the bar of progress is called."""

_QUICK_USERS, _QUICK_DAYS = 1, 60


@dataclass(frozen=True, slots=True)
class Study:
    """What is simulated.

    Parameters
    ----------
    users : int
        Of each kind.
    seed : int
        Equal seeds make equal studies, whatever the number of processes.
    quick : bool
        One user of each kind for some weeks, to see that it runs.
    """

    users: int = 25
    seed: int = 1
    quick: bool = False

    def people(self) -> list[User]:
        """Return its users, those who take longest first."""
        users = min(self.users, _QUICK_USERS) if self.quick else self.users
        longest = _QUICK_DAYS if self.quick else max(kind.days for kind in KINDS.values())
        return [
            User(kind.name, number, self.seed, min(kind.days, longest))
            for kind in sorted(KINDS.values(), key=lambda kind: kind.onset - kind.days)
            for number in range(users)
        ]


def run_study(people: Sequence[User], jobs: int, progress: Tell) -> list[Course]:
    """Follow all users.

    Parameters
    ----------
    people : sequence of User
    jobs : int
        Processes at a time.
    progress : callable
        Told the share of the users who are done.
    """
    over = 0

    def tell(_name: str, _share: float) -> None:
        nonlocal over
        over += 1
        progress(USERS, over / len(people))

    return run_all(_follow, people, jobs, tell)


def _follow(user: User, told: Told) -> Course:
    course = follow(user)
    told.put((user.kind, 1.0))
    return course
