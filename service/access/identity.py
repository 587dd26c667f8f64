"""The middleware that finds out who asks, before any route; what they may, routes ask of `roles`.

Below ``/api`` nothing but `OPEN` answers whom nobody knows, not even that a path does not exist.
"""

import math

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from service.access.gate import LOGIN, Gate
from service.access.roles import Action, check, person_of
from service.errors import NotPermitted, NotSignedIn, TooMany

OPEN = frozenset({LOGIN, "/api/v1/openapi.json", "/api/v1/asyncapi.json"})
"""For everybody: signing in, and the descriptions that stand in the manual as well."""


class Identity:
    """ASGI middleware: puts the badge of who asks into the state of each request."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app, self._gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request with a refusal, or let it pass."""
        if scope["type"] != "lifespan" and (refusal := self._identify(HTTPConnection(scope))):
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _identify(self, connection: HTTPConnection) -> JSONResponse | None:
        try:
            badge = self._gate.identify(connection)
            self._gate.admit(connection, badge)
            connection.state.badge = badge
            path = connection.scope["path"]
            if path.startswith("/api/") and path not in OPEN:
                check(person_of(connection), Action.SEE)
        except (NotSignedIn, NotPermitted, TooMany) as error:
            return refusal_of(error)
        return None


def refusal_of(error: Exception) -> JSONResponse:
    """Say why somebody is not let in, or may not do this, and when to come again."""
    status, code, headers = 403, "not_permitted", {}
    if isinstance(error, NotSignedIn):
        status, code, headers = 401, "not_signed_in", {"WWW-Authenticate": "Bearer"}
    elif isinstance(error, TooMany):
        status, code, headers = 429, "too_many", {"Retry-After": str(math.ceil(error.wait_s))}
    return JSONResponse({"error": code, "detail": str(error)}, status, headers)
