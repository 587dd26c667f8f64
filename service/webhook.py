"""Telling somebody outside: a signed request for every alarm that nobody inside has taken on.

The body is the message as clients of the stream receive it. ``Dreamwatch-Signature`` is
``sha256=`` and the HMAC-SHA256, by the shared secret, of ``Dreamwatch-Timestamp``, a full stop and
the body; ``Dreamwatch-Event`` is the same for every repetition of one message.
"""

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Condition, Thread
from typing import Any, TypeAlias

from monitor.alarm.rules import TOP_LEVEL
from monitor.domain.events import Priority
from service.entries import Entry, Telemetry
from service.errors import OutsideError
from service.outside import send

logger = logging.getLogger(__name__)

FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 60.0
MAX_WAITING = 1_000
"""Messages that wait at most; the least grave goes, and will be told again."""
CLOSE_S = 1.0
"""Seconds that the end waits for a request under way [own choice]."""
_UNANSWERED = ("ACTIVE_UNACK", "RTN_UNACK")

Send: TypeAlias = Callable[[str, bytes, Mapping[str, str]], None]


@dataclass(frozen=True, slots=True)
class _Message:
    """What waits to be taken; it is tried when it is `due`, in monotonic seconds."""

    key: str
    event_id: str
    text: str
    rank: int
    due: float
    retry_s: float = FIRST_RETRY_S

    def put_off(self, now: float) -> "_Message":
        """Try again after a while, which doubles each time."""
        longer = min(2 * self.retry_s, LONGEST_RETRY_S)
        return replace(self, due=now + self.retry_s, retry_s=longer)


class Webhook:
    """Delivers to one address, in a thread of its own, until it is taken; a `Publisher`.

    The gravest goes first; what is not taken waits for its own next try while the others go. Only
    the newest message of each alarm waits, and only until somebody inside has taken the alarm on or
    it is over. None is kept over a restart, for an alarm at its top level is told again every few
    minutes anyway.

    Parameters
    ----------
    url, secret : str
        Where to, and what the signature is made with.
    post : callable
        Sends body and headers to a URL within seconds, or raises `OutsideError`.
    """

    def __init__(self, url: str, secret: str, post: Send = send) -> None:
        self._url, self._secret, self._post = url, secret.encode(), post
        self._waiting: dict[str, _Message] = {}
        self._troubles: dict[str, str] = {}
        self._changed = Condition()
        self._over = False
        self._thread = Thread(target=self._run, name="webhook", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> str:
        """Why something that waits was not taken; empty when all is well."""
        with self._changed:
            return next(iter(self._troubles.values()), "")

    def publish(self, entries: Sequence[Entry], /) -> None:
        """Take alarms that have reached everybody and are still nobody's."""
        for entry in entries:
            if entry.type == "alarm":
                self._see(entry, entry.message["data"])

    def tell(self, message: Telemetry, /) -> None:
        """Leave telemetry be."""

    def put(self, key: str, event_id: str, text: str, rank: int = Priority.HIGH.rank) -> None:
        """Queue a message in place of an older one of the same key, to be tried at once."""
        with self._changed:
            self._waiting[key] = _Message(key, event_id, text, rank, time.monotonic())
            if len(self._waiting) > MAX_WAITING:
                self._withdraw(min(self._waiting.values(), key=lambda m: (m.rank, m.due)).key)
            self._changed.notify()

    def close(self) -> None:
        """End; what is not delivered by then is not."""
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.join(CLOSE_S)

    def _see(self, entry: Entry, alarm: Mapping[str, Any]) -> None:
        key, state = alarm["alarm_id"], alarm["state"]
        if state == "ACTIVE_UNACK" and alarm["escalation_level"] >= TOP_LEVEL:
            self.put(key, entry.event_id, entry.text, Priority(alarm["priority"]).rank)
        elif state not in _UNANSWERED:
            self._withdraw(key)

    def _withdraw(self, key: str) -> None:
        with self._changed:
            self._waiting.pop(key, None)
            self._troubles.pop(key, None)

    def _run(self) -> None:
        while message := self._next():
            try:
                self._deliver(message)
            except OutsideError as error:
                self._fail(message, error)
            else:
                self._finish(message)

    def _next(self) -> _Message | None:
        """Wait until a message is due; of several return the gravest; None when it is over."""
        with self._changed:
            while not self._over:
                now = time.monotonic()
                waiting = self._waiting.values()
                if due := [message for message in waiting if message.due <= now]:
                    return min(due, key=lambda message: (-message.rank, message.due))
                first = min((message.due for message in waiting), default=now + LONGEST_RETRY_S)
                self._changed.wait(first - now)
        return None

    def _deliver(self, message: _Message) -> None:
        body, stamp = message.text.encode(), str(int(time.time()))
        signature = hmac.new(self._secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "Dreamwatch-Event": message.event_id,
            "Dreamwatch-Timestamp": stamp,
            "Dreamwatch-Signature": f"sha256={signature}",
        }
        self._post(self._url, body, headers)

    def _fail(self, message: _Message, error: OutsideError) -> None:
        """Have a message wait again, unless a newer one has come or it is withdrawn."""
        with self._changed:
            current = self._waiting.get(message.key)
            if current is None:
                return
            if current is message:
                self._waiting[message.key] = message.put_off(time.monotonic())
            if not self._troubles:
                logger.error("the webhook does not deliver, which is tried again: %s", error)
            self._troubles[message.key] = str(error)

    def _finish(self, message: _Message) -> None:
        with self._changed:
            self._troubles.pop(message.key, None)
            if self._waiting.get(message.key) is message:
                del self._waiting[message.key]


def not_watched(dreamer: str, at: str, reason: str) -> str:
    """Write the message that nobody watches a dreamer, which no log may be able to hold now."""
    data = {"reason": reason}
    return json.dumps({"v": 1, "dreamer": dreamer, "type": "not_watched", "at": at, "data": data})
