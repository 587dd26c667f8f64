"""What every request must fulfil before any route sees it, and the headers of every answer.

Even to a service on loopback any web page the user visits can send requests. So the Host must be a
loopback name or one of the settings' (DNS rebinding), the Origin our own or one of theirs
(cross-site requests and websockets), no browser may ask for what is said of people on behalf of
another site's page, and what changes anything must be JSON, which no HTML form can send. Where a
proxy ends TLS, all must come through it, encrypted. Who asks is found out later, by
`service.access.identity`.
"""

from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.addresses import is_loopback
from service.settings import Settings

MAX_BODY = 65_536
_API = "/api/"
_READS = frozenset({"GET", "HEAD"})
_STARTS = ("http.response.start", "websocket.http.response.start")
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
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), payment=(), usb=()",
}
_TLS = frozenset({"https", "wss"})
_PRIVATE = {"Cache-Control": "no-store"}
"""Of what is said of people, no browser keeps a copy."""
_ENCRYPTED = {"Strict-Transport-Security": "max-age=31536000"}


class Guard:
    """ASGI middleware in front of the whole application."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = {
            host.lower().strip("[]") for host in (settings.host, *settings.allowed_hosts)
        }
        self._origins = {origin.lower() for origin in settings.allowed_origins}
        self._is_encrypted = settings.is_encrypted
        self._headers = _HEADERS | (_ENCRYPTED if settings.is_encrypted else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request with a refusal, or let it pass."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        send = self._with_headers(send, scope["path"])
        if refusal := self._refusal(scope, Headers(scope=scope)):
            status, detail = refusal
            problem = {"error": "refused", "detail": detail}
            await JSONResponse(problem, status)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        """Return status and reason when a request may not pass."""
        if self._is_encrypted and scope["scheme"] not in _TLS:
            return 403, "not encrypted: it must come by the proxy, X-Forwarded-Proto: https"
        host = headers.get("host", "")
        name = _host_of(host)
        if not (is_loopback(name) or name in self._hosts):
            return 403, f"Host {host!r} is neither a loopback name nor in allowed_hosts"
        origin = headers.get("origin")
        if not (origin is None or _split(origin).netloc == host or origin in self._origins):
            return 403, f"Origin {origin!r} is neither this service nor in allowed_origins"
        if scope["path"].startswith(_API) and origin is None and _is_cross_site(headers):
            return 403, "the page of another site asks for this"
        if scope["type"] == "websocket" or scope["method"] in _READS:
            return None
        return _body_refusal(headers)

    def _with_headers(self, send: Send, path: str) -> Send:
        chosen = self._headers | (_PRIVATE if path.startswith(_API) else {})

        async def send_with_headers(message: Message) -> None:
            if message["type"] in _STARTS:
                headers = MutableHeaders(scope=message)
                for name, value in chosen.items():
                    headers.setdefault(name, value)
            await send(message)

        return send_with_headers


def _split(address: str) -> SplitResult:
    """Split an address; what is none has no parts."""
    try:
        return urlsplit(address)
    except ValueError:
        return SplitResult("", "", "", "", "")


def _host_of(host: str) -> str:
    """Return name or address of ``NAME:PORT``; empty when there is anything else in it."""
    parts = _split(f"//{host}")
    return parts.hostname or "" if parts.netloc == host and "@" not in host else ""


def _is_cross_site(headers: Headers) -> bool:
    return headers.get("sec-fetch-site") == "cross-site"


def _body_refusal(headers: Headers) -> tuple[int, str] | None:
    """Refuse a body whose length is not known, or that is too long or no JSON.

    Beside Transfer-Encoding, Content-Length would count for nothing (RFC 9112, 6.3).
    """
    length = headers.get("content-length", "")
    if not length.isdecimal() or "transfer-encoding" in headers:
        return 411, "Content-Length is required, and no Transfer-Encoding"
    if int(length) > MAX_BODY:
        return 413, f"a request has at most {MAX_BODY} bytes, not {length}"
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return 415, "Content-Type must be application/json"
    return None
