"""What a person decides, carried out once however often it has to be sent."""

import json
import time
from collections.abc import Callable
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import ProxyHandler, Request, build_opener
from uuid import uuid4

from monitor.domain.inputs import Disposition, Responder
from service.client.authorization import authorization
from service.contract import Done
from service.outside import NoRedirect

DEFAULT_PAGE = "http://127.0.0.1:8000/"
TRIES = 6
FIRST_WAIT_S = 0.25
ANSWER_S = 10.0
"""Longest wait for an answer; the service takes half as long to give up."""
_TRY_AGAIN = (429, 502, 503, 504)


class RefusedError(Exception):
    """The service does not carry out a command.

    Parameters
    ----------
    status : int
        HTTP status: 401 no token that holds, 403 it may not, 404 no such alarm, 409 not as it was
        or not allowed, 422 no sense; 3xx it is not there.
    problem : dict
        ``error``, ``detail``, and ``current_version`` where an alarm has changed meanwhile.
    """

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status}: {problem.get('detail', problem)}")
        self.status, self.problem = status, problem


class Commands:
    """Commands to a service. Each has an id of its own, so that trying again is safe.

    In an event loop: ``await asyncio.to_thread(commands.acknowledge, …)``.

    Parameters
    ----------
    url : str
        Address of the page.
    actor : str
        Who decides; named in the log, unless a token says who it is.
    sleep : callable
        Waits between attempts, in seconds.
    token : str
        What the service lets this program in by; empty where it asks for none.

    Raises
    ------
    ValueError
        When `url` is no address of a page, or the token would go there unencrypted.
    """

    def __init__(
        self,
        url: str = DEFAULT_PAGE,
        actor: str = "technician",
        sleep: Callable[[float], None] = time.sleep,
        token: str = "",
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise ValueError(f"{url!r} is not the address of a page")
        self._base = f"{parts.scheme}://{parts.netloc}/api/v1"
        self._headers = {"Content-Type": "application/json"} | authorization(url, token)
        self._actor, self._sleep = actor, sleep
        self._opener = build_opener(ProxyHandler({}), NoRedirect)

    def wake(self, dreamer: str) -> Done:
        """Start the wake protocol; the errors of all commands are those of `acknowledge`."""
        return self._send(f"dreamers/{quote(dreamer)}/wake")

    def respond(self, dreamer: str, by: Responder) -> Done:
        """Report a behavioural response of the dreamer."""
        return self._send(f"dreamers/{quote(dreamer)}/respond", by=by)

    def acknowledge(self, alarm_id: str, expected_version: int) -> Done:
        """Take an alarm on, as seen in a version of it.

        Raises
        ------
        RefusedError
            When the service will not.
        OSError
            When it cannot be reached, or monitors nobody, however often it is tried. The command
            may have been carried out all the same: the log tells.
        """
        return self._send(f"alarms/{quote(alarm_id)}/ack", expected_version=expected_version)

    def shelve(self, alarm_id: str, expected_version: int, reason: str, duration_s: float) -> Done:
        """Put an alarm of low or medium priority aside for a while."""
        body = {"expected_version": expected_version, "reason": reason, "duration_s": duration_s}
        return self._send(f"alarms/{quote(alarm_id)}/shelve", **body)

    def resolve(
        self, alarm_id: str, expected_version: int, disposition: Disposition, note: str = ""
    ) -> Done:
        """Close an alarm after attending to it."""
        body = {"expected_version": expected_version, "disposition": disposition, "note": note}
        return self._send(f"alarms/{quote(alarm_id)}/resolve", **body)

    def _send(self, path: str, **body: Any) -> Done:
        """Send a command until it is answered, under the one id."""
        text = json.dumps({"command_id": uuid4().hex, "actor": self._actor, **body})
        for attempt in range(TRIES - 1):
            try:
                return self._post(path, text)
            except (OSError, HTTPException):
                self._sleep(FIRST_WAIT_S * 2**attempt)
        return self._post(path, text)

    def _post(self, path: str, text: str) -> Done:
        address = f"{self._base}/{path}"
        request = Request(address, text.encode(), self._headers, method="POST")  # noqa: S310
        try:
            with self._opener.open(request, timeout=ANSWER_S) as answer:
                return Done.model_validate_json(answer.read(), extra="ignore")
        except HTTPError as error:
            with error:
                if error.code in _TRY_AGAIN:
                    raise
                raise RefusedError(error.code, _problem(error.read())) from error


def _problem(answer: bytes) -> dict[str, Any]:
    """Read why it is refused; something else than the service may have answered."""
    try:
        problem = json.loads(answer)
    except ValueError:
        problem = None
    return problem if isinstance(problem, dict) else {"detail": "the answer is no service's"}
