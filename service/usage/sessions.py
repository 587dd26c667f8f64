"""The REST routes that begin and end a session: the limits decide whether one may begin."""

from typing import Any

from fastapi import APIRouter

from monitor.domain.inputs import Begin, Finish
from service import contract
from service.access.roles import MayRun
from service.api import REFUSALS, KnownDreamer, TheStation, carry_out
from service.bodies import CommandIn
from service.usage import shapes

router = APIRouter(prefix="/api/v1/dreamers/{dreamer}/sessions", responses=REFUSALS)


@router.post("", response_model=shapes.Begun, status_code=201)
async def begin_session(
    station: TheStation,
    person: MayRun,
    dreamer: KnownDreamer,
    body: shapes.SessionIn,
) -> Any:
    """Begin the next session after the one before has ended; 409 while the limits forbid it."""
    planned_s = None if body.planned_minutes is None else 60 * body.planned_minutes
    begin = Begin(command_id=body.command_id, actor=person.signs(body.actor))
    session = await station.begin_session(dreamer, begin, planned_s)
    return {"dreamer": dreamer, "session": session}


@router.post("/end", response_model=contract.Done)
async def end_session(
    station: TheStation, person: MayRun, dreamer: KnownDreamer, body: CommandIn
) -> Any:
    """End the session: the dreamer is up. Refused while they are being woken."""
    command = Finish(command_id=body.command_id, actor=person.signs(body.actor))
    return await carry_out(station, dreamer, command)
