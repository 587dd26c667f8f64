"""What happens around the runners: who attends, which policy holds, whether the outside hears.

Runners know nothing of clients, files or addresses. The caretaker looks each second and tells them:
as inputs of their sessions, so that the alarms that follow replay like any other.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from monitor.domain.inputs import Health
from service.errors import SettingsError
from service.policy import DEFAULT, PolicyFile, read_policy, set_policy
from service.runner import Runner
from service.webhook import Webhook, not_watched

logger = logging.getLogger(__name__)

ATTENDANCE, POLICY, WEBHOOK = "attendance", "policy", "webhook"
"""Parts of the program as their troubles name them."""

NOBODY = "nobody who may acknowledge is connected"

NOT_WATCHED_S = 10.0
"""Seconds for which nobody has watched a dreamer after which the outside is told (on-delay of
PIPELINE_FAULT), and again every `AGAIN_S` (repetition of a high alarm)."""

AGAIN_S = 180.0


class Caretaker:
    """Looks after the runners.

    Parameters
    ----------
    runners : mapping of str to Runner
        By dreamer.
    webhook : Webhook or None
        Who is told outside.
    policy_file : Path or None
        Read again whenever it changes.
    policy : PolicyFile
        What was read of it.

    Attributes
    ----------
    policy : PolicyFile
        What everybody follows.
    """

    def __init__(
        self,
        runners: Mapping[str, Runner],
        webhook: Webhook | None,
        policy_file: Path | None,
        policy: PolicyFile = DEFAULT,
    ) -> None:
        self._runners, self._webhook, self._policy_file = runners, webhook, policy_file
        self._told: dict[tuple[str, str], str] = {}
        self._failing: dict[str, float] = {}
        self.policy = policy
        self._policy_trouble = ""
        self._seen = _stamp(policy_file)

    def look(self, now: float, attended: Callable[[str], bool]) -> None:
        """Look round; `now` is in monotonic seconds."""
        self._follow_policy()
        for dreamer, runner in self._runners.items():
            if runner.live:
                self._tell(dreamer, ATTENDANCE, "" if attended(dreamer) else NOBODY)
            if self._webhook is not None:
                self._tell(dreamer, WEBHOOK, self._webhook.trouble)
                self._report(dreamer, runner.failure, now, self._webhook)
            self._tell(dreamer, POLICY, self._policy_trouble)

    def _tell(self, dreamer: str, part: str, trouble: str) -> None:
        """Tell a runner what it has not been told yet."""
        if self._told.get((dreamer, part)) != trouble:
            self._told[dreamer, part] = trouble
            self._runners[dreamer].hear(Health(part, trouble))

    def _report(self, dreamer: str, failure: str | None, now: float, webhook: Webhook) -> None:
        """Tell the outside what no runner can: that it watches no more."""
        if failure is None:
            self._failing.pop(dreamer, None)
        elif now >= self._failing.setdefault(dreamer, now + NOT_WATCHED_S):
            self._failing[dreamer] = now + AGAIN_S
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            webhook.put(f"not_watched:{dreamer}", uuid4().hex, not_watched(dreamer, at, failure))

    def _follow_policy(self) -> None:
        """Have everybody follow the policy file when it has changed; not a wrong one."""
        stamp = _stamp(self._policy_file)
        if self._policy_file is None or stamp == self._seen:
            return
        self._seen = stamp
        try:
            policy = read_policy(self._policy_file)
        except SettingsError as error:
            logger.error("the policy stays as it was: %s", error)
            self._policy_trouble = f"the policy stays as it was: {error}"
            return
        self._policy_trouble, self.policy = "", policy
        for runner in self._runners.values():
            runner.submit(set_policy(policy))


def _stamp(path: Path | None) -> tuple[int, int] | None:
    """Return what changes when a file does; None where there is none."""
    try:
        found = None if path is None else path.stat()
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size)
