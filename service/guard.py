"""What every request must fulfil before any route sees it, and the headers of every answer.

The service listens on loopback only, yet any web page the user visits can send requests there. So
the Host must be a loopback name (DNS rebinding), the Origin our own (cross-site requests and
websockets), and what changes anything must be JSON, which no HTML form can send.
"""

from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.addresses import is_loopback

MAX_BODY = 65_536
_READS = frozenset({"GET", "HEAD"})
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


class Guard:
    """ASGI middleware in front of the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request with a refusal, or let it pass."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if refusal := _refusal(scope, Headers(scope=scope)):
            status, detail = refusal
            problem = {"error": "refused", "detail": detail}
            await JSONResponse(problem, status)(scope, receive, _with_headers(send))
            return
        await self._app(scope, receive, _with_headers(send))


def _refusal(scope: Scope, headers: Headers) -> tuple[int, str] | None:
    """Return status and reason when a request may not pass."""
    host = headers.get("host", "")
    if not is_loopback(_split(f"//{host}").hostname or ""):
        return 403, f"Host {host!r} is not a loopback name"
    origin = headers.get("origin")
    if origin is not None and _split(origin).netloc != host:
        return 403, f"Origin {origin!r} is not this service"
    if scope["type"] == "websocket" or scope["method"] in _READS:
        return None
    return _body_refusal(headers)


def _split(address: str) -> SplitResult:
    """Split an address; what is none has no parts."""
    try:
        return urlsplit(address)
    except ValueError:
        return SplitResult("", "", "", "", "")


def _body_refusal(headers: Headers) -> tuple[int, str] | None:
    length = headers.get("content-length", "")
    if not length.isdecimal():
        return 411, "Content-Length is required"
    if int(length) > MAX_BODY:
        return 413, f"a request has at most {MAX_BODY} bytes, not {length}"
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return 415, "Content-Type must be application/json"
    return None


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers
