"""The REST routes under ``/api/v1``; `service.contract` has their shapes."""

import asyncio
from itertools import islice
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request

from monitor.domain.inputs import (
    Acknowledge,
    Command,
    Deescalate,
    PauseAudio,
    Resolve,
    Respond,
    Responder,
    Shelve,
    Unresponsive,
    Wake,
)
from monitor.domain.stage import Stage
from monitor.staging.statistics import sleep_statistics
from service import bodies, contract
from service.access.roles import (
    Action,
    MayAttend,
    MayCall,
    MayRespond,
    MaySee,
    MaySeeService,
    MayWake,
    Person,
    check,
)
from service.cursors import MAX_CURSOR, explain, parse_cursor
from service.entries import Entry
from service.losses import count_losses
from service.station import Station

MAX_PAGE = 1_000


def _station(request: Request) -> Station:
    station: Station = request.app.state.station
    return station


def _known(dreamer: Annotated[str, Path(max_length=64)], request: Request) -> str:
    if dreamer not in _station(request).dreamers:
        raise HTTPException(404, f"nobody called {dreamer!r} is or was monitored")
    return dreamer


TheStation = Annotated[Station, Depends(_station)]
KnownDreamer = Annotated[str, Depends(_known)]
AlarmId = Annotated[str, Path(max_length=256)]

REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": contract.Problem} for status in (401, 403, 404, 409, 422, 429, 503)
}
"""What any route may answer instead."""
router = APIRouter(prefix="/api/v1", responses=REFUSALS)


@router.get("/dreamers", response_model=list[contract.Dreamer])
async def list_dreamers(person: MaySee, station: TheStation) -> Any:
    """Return everybody who is or was monitored, as they are now."""
    return [station.describe(dreamer) for dreamer in station.dreamers if person.sees(dreamer)]


@router.get("/dreamers/{dreamer}", response_model=contract.Dreamer)
async def show_dreamer(_person: MaySee, station: TheStation, dreamer: KnownDreamer) -> Any:
    """Return how one dreamer is now."""
    return station.describe(dreamer)


@router.get("/dreamers/{dreamer}/hypnogram", response_model=contract.Hypnogram)
async def show_hypnogram(
    _person: MaySee,
    station: TheStation,
    dreamer: KnownDreamer,
    session: str | None = Query(None, max_length=64),
) -> Any:
    """Return the scored epochs and statistics of a session, by default the dreamer's latest."""
    current = station.describe(dreamer)["session"]
    session = session or (current["session"] if current else "")
    runs = await _data(station, dreamer, session, "session")
    epochs = await _data(station, dreamer, session, "epoch")
    gaps = await _data(station, dreamer, session, "gap")
    if not runs and current is not None and current["session"] == session:
        runs = [current]  # its first entries may have been forgotten
    if not runs:
        raise HTTPException(404, f"{dreamer} has no session {session!r}")
    return {
        "dreamer": dreamer,
        "session": session,
        "epochs": epochs,
        "statistics": sleep_statistics([Stage(epoch["stage"]) for epoch in epochs]),
        "lost": count_losses(((g["n_samples"], g["cause"]) for g in gaps), runs[0]["sfreq"]),
    }


async def _data(station: TheStation, dreamer: str, session: str, kind: str) -> list[Any]:
    """Return what the entries of one type of a session say."""
    entries = await asyncio.to_thread(station.store.of_session, dreamer, session, kind)
    return [entry.message["data"] for entry in entries]


@router.post("/dreamers/{dreamer}/wake", response_model=contract.Done)
async def wake(
    person: MayWake, station: TheStation, dreamer: KnownDreamer, body: bodies.CommandIn
) -> Any:
    """Start the wake protocol now."""
    return await carry_out(station, dreamer, Wake(**_signed(person, body)))


@router.post("/dreamers/{dreamer}/respond", response_model=contract.Done)
async def respond(
    person: MayRespond, station: TheStation, dreamer: KnownDreamer, body: bodies.RespondIn
) -> Any:
    """Report a behavioural response of the dreamer."""
    if body.by is Responder.TECHNICIAN:
        check(person, Action.ATTEND)
    return await carry_out(station, dreamer, Respond(**_signed(person, body)))


@router.post("/dreamers/{dreamer}/unresponsive", response_model=contract.Done)
async def unresponsive(
    person: MayCall, station: TheStation, dreamer: KnownDreamer, body: bodies.CommandIn
) -> Any:
    """Say that the dreamer does not respond; the alarm is raised at once."""
    return await carry_out(station, dreamer, Unresponsive(**_signed(person, body)))


@router.get("/policy", response_model=contract.PolicyInForce)
async def show_policy(_person: MaySeeService, station: TheStation) -> Any:
    """Return the numbers that alarms and wake protocol go by, and which are not the default."""
    return await asyncio.to_thread(station.policy)


@router.get("/alarms", response_model=list[contract.Alarm])
async def list_alarms(
    person: MaySee,
    station: TheStation,
    state: Literal["open"] = "open",  # noqa: ARG001
) -> Any:
    """Return the open alarms, the most urgent first."""
    return station.hub.overview.alarms(filter(person.sees, station.dreamers))


@router.post("/alarms/{alarm_id:path}/ack", response_model=contract.Done)
async def acknowledge(
    person: MayAttend, station: TheStation, alarm_id: AlarmId, body: bodies.AcknowledgeIn
) -> Any:
    """Take an alarm on: stops its sound, not the alarm."""
    command = Acknowledge(alarm_id=alarm_id, **_signed(person, body))
    return await carry_out(station, station.dreamer_of(alarm_id), command)


@router.post("/alarms/{alarm_id:path}/silence", response_model=contract.Done)
async def silence(
    person: MayAttend, station: TheStation, alarm_id: AlarmId, body: bodies.SilenceIn
) -> Any:
    """Silence an alarm's sound for a moment; it stays as it is."""
    command = PauseAudio(alarm_id=alarm_id, **_signed(person, body))
    return await carry_out(station, station.dreamer_of(alarm_id), command)


@router.post("/alarms/{alarm_id:path}/deescalate", response_model=contract.Done)
async def deescalate(
    person: MayAttend, station: TheStation, alarm_id: AlarmId, body: bodies.AcknowledgeIn
) -> Any:
    """Take an alarm back by one escalation level."""
    command = Deescalate(alarm_id=alarm_id, **_signed(person, body))
    return await carry_out(station, station.dreamer_of(alarm_id), command)


@router.post("/alarms/{alarm_id:path}/shelve", response_model=contract.Done)
async def shelve(
    person: MayAttend, station: TheStation, alarm_id: AlarmId, body: bodies.ShelveIn
) -> Any:
    """Put an alarm of low or medium priority aside for a while."""
    command = Shelve(alarm_id=alarm_id, **_signed(person, body))
    return await carry_out(station, station.dreamer_of(alarm_id), command)


@router.post("/alarms/{alarm_id:path}/resolve", response_model=contract.Done)
async def resolve(
    person: MayAttend, station: TheStation, alarm_id: AlarmId, body: bodies.ResolveIn
) -> Any:
    """Close an alarm after attending to it."""
    command = Resolve(alarm_id=alarm_id, **_signed(person, body))
    return await carry_out(station, station.dreamer_of(alarm_id), command)


@router.get("/events", response_model=contract.EventPage)
async def list_events(
    person: MaySee,
    station: TheStation,
    cursor: str = Query("{}", max_length=MAX_CURSOR, description='{"bed-7": 12}'),
    limit: int = Query(200, ge=1, le=MAX_PAGE),
) -> Any:
    """Return the durable log after a cursor, oldest first."""
    try:
        seen = parse_cursor(cursor) or {}
    except ValueError as error:
        raise HTTPException(422, explain(error)) from error
    heads = {d: seq for d, seq in station.hub.overview.heads.items() if person.sees(d)}
    async with station.paging:
        page = await asyncio.to_thread(_page, station, seen, heads, limit)
    for entry in page:
        seen[entry.dreamer] = entry.seq
    return {"events": [entry.message for entry in page], "cursor": seen}


def _page(station: Station, seen: dict[str, int], heads: dict[str, int], limit: int) -> list[Entry]:
    batches = station.store.between(seen, heads)
    return list(islice((entry for batch in batches for entry in batch), limit))


def _signed(person: Person, body: bodies.CommandIn) -> dict[str, Any]:
    """Return what a command says, in the name of who sends it."""
    return body.model_dump() | {"actor": person.signs(body.actor)}


async def carry_out(station: Station, dreamer: str, command: Command) -> dict[str, Any]:
    """Have a command carried out; return what `contract.Done` says of it."""
    entries = await station.carry_out(dreamer, command)
    return {
        "command_id": command.command_id,
        "repeated": not entries,
        "events": [entry.message for entry in entries],
    }
