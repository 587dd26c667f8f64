"""Starting anew what died: a monitor that fails goes on from its last commit, and that is told.

A failure that is a fault of ours must not end the watch over anybody. What was committed is whole,
so the session is taken up again as after a kill; what a live source sent meanwhile is a gap.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from monitor.domain.errors import DreamwatchError
from monitor.domain.inputs import Health
from service.runner import Runner

logger = logging.getLogger(__name__)

MONITOR = "monitor"
"""The part of the program as its troubles name it: what watches a dreamer."""

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
"""Between two attempts; each time twice as long, for what fails at once fails again."""

SOUND_S = 60.0
"""Seconds after which a monitor that has not failed again counts as sound."""


@dataclass(frozen=True, slots=True)
class _Failed:
    """When a monitor is to be started again, or was; monotonic seconds."""

    wait_s: float
    again_at: float
    begun_at: float | None = None


class Reviver:
    """Starts runners anew that have died.

    Parameters
    ----------
    runners : mapping of str to Runner
        By dreamer.
    revive : callable
        Puts another runner in the place of a dreamer's, and starts it.
    """

    def __init__(self, runners: Mapping[str, Runner], revive: Callable[[str], Runner]) -> None:
        self._runners, self._revive = runners, revive
        self._failed: dict[str, _Failed] = {}

    def look(self, now: float) -> None:
        """Look round; may block while a source is opened. `now` is in monotonic seconds."""
        for dreamer, runner in list(self._runners.items()):
            failed = self._failed.get(dreamer)
            if runner.died_of is not None:
                self._again(dreamer, runner.died_of, failed, now)
            elif failed and failed.begun_at is not None and now >= failed.begun_at + SOUND_S:
                del self._failed[dreamer]
                runner.hear(Health(MONITOR))

    def _again(self, dreamer: str, died_of: str, failed: _Failed | None, now: float) -> None:
        if failed is None:
            failed = _Failed(FIRST_WAIT_S, now + FIRST_WAIT_S)
        elif failed.begun_at is not None:
            wait_s = min(2 * failed.wait_s, LONGEST_WAIT_S)
            failed = _Failed(wait_s, now + wait_s)
        self._failed[dreamer] = failed
        if now < failed.again_at:
            return
        try:
            runner = self._revive(dreamer)
        except DreamwatchError as error:
            logger.error("%s cannot be monitored again yet: %s", dreamer, error)
            self._failed[dreamer] = _Failed(failed.wait_s, now + failed.wait_s)
            return
        self._failed[dreamer] = _Failed(failed.wait_s, failed.again_at, now)
        logger.warning("%s is monitored again after %s", dreamer, died_of)
        runner.hear(Health(MONITOR, f"it failed and was started again: {died_of}"))
