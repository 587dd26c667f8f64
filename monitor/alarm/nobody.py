"""In place of the alarm engine where nobody lies there: a file is staged, and nothing follows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.domain.contact import Activity
from monitor.domain.errors import NotAllowed
from monitor.domain.events import Event


class NoAlarms:
    """Answers as `AlarmEngine` does when there is nothing to say."""

    open_alarms = ()
    rounds = 0

    def pass_quietly(self, *_: Any) -> bool:
        """No second is of any consequence."""
        return True

    def grade(self, activity: Activity) -> NDArray[np.int8]:
        """All seconds say the same."""
        return np.empty((len(activity.suppression), 0), np.int8)

    def _nothing(self, *_: Any) -> list[Event]:
        return []

    under_way = observe = score = hear = use = advance = end = adopt = _nothing

    def command(self, _at: float, command: object) -> list[Event]:
        """Refuse whatever a person asks.

        Raises
        ------
        NotAllowed
            Always.
        """
        raise NotAllowed(f"nobody is watched here: {type(command).__name__}")

    def snapshot(self) -> dict[str, Any]:
        """Nothing is remembered."""
        return {}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from nothing."""
