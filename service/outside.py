"""Requests to addresses outside: bounded in time, not redirected, never plain beyond this host."""

from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from service.errors import OutsideError

TIMEOUT_S = 10.0


class NoRedirect(HTTPRedirectHandler):
    """Takes a redirect for a refusal."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse: what was signed, or shown, to one host is not for another."""


_OPENER = build_opener(NoRedirect)


def send(url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> None:
    """POST a body, or GET without one.

    Raises
    ------
    OutsideError
        When there is no answer within `TIMEOUT_S` seconds, or one that is no success.
    """
    request = Request(url, data=body, headers=dict(headers or {}))  # noqa: S310 - checked above
    try:
        with _OPENER.open(request, timeout=TIMEOUT_S):
            return
    except HTTPError as error:
        raise OutsideError(f"{urlsplit(url).hostname} answered {error.code}") from error
    except (URLError, HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        raise OutsideError(f"{urlsplit(url).hostname} cannot be reached: {reason}") from error
