"""Signing in and out, who one is, and tickets for the websocket."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from service import contract
from service.access.gate import COOKIE, CSRF_COOKIE, gate_of
from service.access.register import Badge
from service.access.roles import Action, MaySee
from service.access.shapes import LoginIn, Me, Nothing, TicketOut
from service.access.tickets import HOLDS_S
from service.errors import TooMany

_PAGE = Path(__file__).parents[1] / "static" / "login.html"
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": contract.Problem} for status in (401, 403, 422, 429, 503)
}
router = APIRouter(responses=_REFUSALS)


@router.get("/login", include_in_schema=False)
async def show_login() -> FileResponse:
    """Return the page to sign in."""
    return FileResponse(_PAGE)


@router.post("/api/v1/login", status_code=204)
async def log_in(request: Request, body: LoginIn) -> Response:
    """Sign a browser in with a token: a cookie that no script can read, and one for our own."""
    gate = gate_of(request)
    cookie, csrf, lasts_s = await gate.log_in(request, body.token)
    answer = Response(status_code=204)
    for name, value in ((COOKIE, cookie), (CSRF_COOKIE, csrf)):
        answer.set_cookie(
            gate.cookie(name),
            value,
            max_age=int(lasts_s),
            secure=gate.is_encrypted,
            httponly=name == COOKIE,
            samesite="strict",
        )
    return answer


@router.post("/api/v1/logout", status_code=204)
async def log_out(request: Request, _person: MaySee, _body: Nothing) -> Response:
    """Sign this browser out; its event streams end."""
    gate = gate_of(request)
    await gate.log_out(_badge(request))
    answer = Response(status_code=204)
    for name in (COOKIE, CSRF_COOKIE):
        answer.delete_cookie(gate.cookie(name), secure=gate.is_encrypted)
    return answer


@router.get("/api/v1/me", response_model=Me)
async def show_me(request: Request, person: MaySee) -> Any:
    """Return who asks, and what they may."""
    return Me(
        name=person.name,
        role=person.role,
        dreamer=person.dreamer,
        anonymous=person.anonymous,
        csrf=_badge(request).csrf,
        may=[action for action in Action if person.may(action)],
    )


@router.post("/api/v1/tickets", response_model=TicketOut)
async def give_ticket(request: Request, person: MaySee, _body: Nothing) -> Any:
    """Return a ticket that opens one event stream."""
    gate = gate_of(request)
    ticket = gate.tickets.give(_badge(request), gate.clock())
    if ticket is None:
        raise TooMany(f"{person.name} has too many tickets that are not used", HOLDS_S)
    return TicketOut(ticket=ticket, expires_in_s=HOLDS_S)


def _badge(request: Request) -> Badge:
    badge: Badge = request.state.badge
    return badge
