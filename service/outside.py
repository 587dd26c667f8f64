"""Requests to addresses outside: bounded in time, not redirected, never plain beyond this host."""

from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from socket import SHUT_RDWR, socket
from threading import Event, Thread, Timer
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    Request,
    build_opener,
)

from service.errors import OutsideError

TIMEOUT_S = 10.0
"""Seconds for a request and its answer together [own choice]."""


class NoRedirect(HTTPRedirectHandler):
    """Takes a redirect for a refusal."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse: what was signed, or shown, to one host is not for another."""


class _Line(HTTPConnection):
    """Is cut when an answer has not come in its time, which else every byte of it has anew."""

    def getresponse(self) -> HTTPResponse:
        late = Event()
        cut = Timer(TIMEOUT_S, _cut, (self.sock, late))
        cut.daemon = True
        cut.start()
        try:
            return super().getresponse()
        finally:
            cut.cancel()
            if late.is_set():  # what has come by then may pass for a whole answer
                raise TimeoutError


class _SecureLine(_Line, HTTPSConnection):
    pass


class _Lines(HTTPHandler, HTTPSHandler):
    def http_open(self, request: Request) -> HTTPResponse:
        return self.do_open(_Line, request)

    def https_open(self, request: Request) -> HTTPResponse:
        return self.do_open(_SecureLine, request)


_OPENER = build_opener(NoRedirect, _Lines)


def send(url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> None:
    """POST a body, or GET without one.

    Raises
    ------
    OutsideError
        When there is no answer within `TIMEOUT_S` seconds, or one that is no success.
    """
    host = urlsplit(url).hostname
    request = Request(url, data=body, headers=dict(headers or {}))  # noqa: S310 - checked above
    answered: Future[int] = Future()
    Thread(target=_ask, args=(request, answered), daemon=True).start()
    try:
        status = answered.result(TIMEOUT_S)
    except TimeoutError as error:
        raise OutsideError(f"{host} has not answered within {TIMEOUT_S:g} s") from error
    except (HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        raise OutsideError(f"{host} cannot be reached: {reason}") from error
    if not 200 <= status < 300:
        raise OutsideError(f"{host} answered {status}")


def _ask(request: Request, answered: "Future[int]") -> None:
    try:
        with _OPENER.open(request, timeout=TIMEOUT_S) as answer:
            answered.set_result(answer.status)
    except HTTPError as error:
        with error:
            answered.set_result(error.code)
    except (HTTPException, OSError) as error:
        answered.set_exception(error)


def _cut(line: socket, late: Event) -> None:
    late.set()
    with suppress(OSError):
        socket.shutdown(line, SHUT_RDWR)  # not TLS's own, which another thread is reading
