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
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Condition
from typing import Any, TypeAlias

from monitor.alarm.rules import TOP_LEVEL
from service.entries import Entry, Telemetry
from service.errors import OutsideError
from service.outside import send

logger = logging.getLogger(__name__)

FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 60.0
MAX_WAITING = 1_000
"""Alarms that wait for delivery at most; the oldest goes, and will be told again."""

Send: TypeAlias = Callable[[str, bytes, Mapping[str, str]], None]


class Webhook:
    """Delivers to one address, in a thread of its own, until it is taken; a `Publisher`.

    Only the newest message of each alarm waits. It is not kept over a restart, for an alarm at its
    top level is told again every few minutes anyway.

    Parameters
    ----------
    url, secret : str
        Where to, and what the signature is made with.
    post : callable
        Sends body and headers to a URL, or raises `OutsideError`.

    Attributes
    ----------
    trouble : str
        Why nothing is delivered now; empty when all is well.
    """

    def __init__(self, url: str, secret: str, post: Send = send) -> None:
        self.trouble = ""
        self._url, self._secret, self._post = url, secret.encode(), post
        self._waiting: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._changed = Condition()
        self._over = False
        self._thread = ThreadPoolExecutor(1, "webhook")
        self._running = self._thread.submit(self._run)

    def publish(self, entries: Sequence[Entry], /) -> None:
        """Take alarms that have reached everybody and are still nobody's."""
        for entry in entries:
            if entry.type == "alarm" and _concerns_everybody(entry.message["data"]):
                self.put(entry.message["data"]["alarm_id"], entry.event_id, entry.text)

    def tell(self, message: Telemetry, /) -> None:
        """Leave telemetry be."""

    def put(self, key: str, event_id: str, text: str) -> None:
        """Queue a message in place of an older one of the same key."""
        with self._changed:
            self._waiting.pop(key, None)
            self._waiting[key] = event_id, text
            while len(self._waiting) > MAX_WAITING:
                self._waiting.popitem(last=False)
            self._changed.notify()

    def close(self) -> None:
        """End; what is not delivered by then is not."""
        with self._changed:
            self._over = True
            self._changed.notify()
        self._thread.shutdown()
        self._running.result()

    def _run(self) -> None:
        wait = FIRST_RETRY_S
        while taken := self._take():
            try:
                self._deliver(*taken[1])
            except OutsideError as error:
                self._fail(error)
                self._put_back(*taken)
                self._pause(wait)
                wait = min(2 * wait, LONGEST_RETRY_S)
            else:
                wait = FIRST_RETRY_S
                self.trouble = ""

    def _take(self) -> tuple[str, tuple[str, str]] | None:
        """Wait for the next message; None when it is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._over)
            return None if self._over else self._waiting.popitem(last=False)

    def _put_back(self, key: str, message: tuple[str, str]) -> None:
        """Have a message wait again, first, unless a newer one has come."""
        with self._changed:
            if key not in self._waiting:
                self._waiting[key] = message
                self._waiting.move_to_end(key, last=False)

    def _pause(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._over, seconds)

    def _deliver(self, event_id: str, text: str) -> None:
        body, stamp = text.encode(), str(int(time.time()))
        signature = hmac.new(self._secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "Dreamwatch-Event": event_id,
            "Dreamwatch-Timestamp": stamp,
            "Dreamwatch-Signature": f"sha256={signature}",
        }
        self._post(self._url, body, headers)

    def _fail(self, error: OutsideError) -> None:
        if not self.trouble:
            logger.error("the webhook does not deliver, which is tried again: %s", error)
        self.trouble = str(error)


def _concerns_everybody(alarm: Mapping[str, Any]) -> bool:
    return bool(alarm["escalation_level"] >= TOP_LEVEL and alarm["state"] == "ACTIVE_UNACK")


def not_watched(dreamer: str, at: str, reason: str) -> str:
    """Write the message that nobody watches a dreamer, which no log may be able to hold now."""
    data = {"reason": reason}
    return json.dumps({"v": 1, "dreamer": dreamer, "type": "not_watched", "at": at, "data": data})
