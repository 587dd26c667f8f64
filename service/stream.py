"""The websocket ``/api/v1/events``: what a client missed, then what happens.

The rule for the start: a client gives its cursor, ``{"bed-7": 5}``, as ``?cursor=`` or, within a
second, as its first message, which has room for more dreamers; ``{"cursor": {"bed-7": 5}}`` is the
same message, for numbers and objects cannot be taken for each other. Without one, or with ``null``,
it gets a ``snapshot`` first; so does one whose cursor is not of this log, or leads to entries that
were forgotten since. It says nothing more. Who
is too slow is disconnected with 1013 and comes back with its cursor; who talks out of turn, with
1008, and so is who sends what is no cursor.

Who it is, a program says with its token (``Authorization: Bearer …``), a browser with
``?ticket=…``; who may no longer, once a token is revoked or expired, is disconnected with 4401.
``?role=technician`` says that somebody who may acknowledge alarms is there; a viewer, as without
it, attends nobody. ``?dreamer=`` and ``?types=`` choose among the entries of the log and telemetry.
Only heartbeats are never held back: who asks for ``types=alarm`` gets them all the same, since
silence is how a client learns that nobody watches any more.
"""

import asyncio
from asyncio import Event
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TypeAlias

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from starlette.responses import JSONResponse

from service.access.gate import Gate, gate_of
from service.access.roles import Action, MaySee, Person, check
from service.cursors import Cursor, explain, fits, parse_cursor, parse_first_message
from service.entries import TYPES, Entry, Telemetry
from service.hub import BATCH, Filter, Subscription
from service.station import Station

PATH = "/api/v1/events"
FIRST_WORD_S = 1.0
CLOSE_WITHIN_S = 2.0
VIEWER, TECHNICIAN = ROLES = "viewer", "technician"
POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013
SIGNED_OUT = 4401

router = APIRouter()

_Opening: TypeAlias = AsyncIterator[Sequence[Entry | Telemetry]]


@router.websocket(PATH)
async def stream_events(websocket: WebSocket, person: MaySee) -> None:
    """Serve one client until it leaves, is too slow, may no longer, or talks out of turn."""
    station: Station = websocket.app.state.station
    gate, badge = gate_of(websocket), websocket.state.badge
    try:
        wanted = _filter(websocket, person)
        cursor = parse_cursor(websocket.query_params.get("cursor", "null"))
    except ValueError as error:
        await _refuse(websocket, 422, explain(error))
        return
    if not gate.connections.has_room(person):
        await _refuse(websocket, 503, f"all places for a {person.role} are taken")
        return
    with gate.connections.hold(badge) as ended:
        await _note_looking(gate, person, wanted)
        await websocket.accept()
        with suppress(WebSocketDisconnect):
            await _open(websocket, station, wanted, cursor, ended)


async def _open(
    websocket: WebSocket, station: Station, wanted: Filter, cursor: Cursor | None, ended: Event
) -> None:
    """Hear the first word, unless the address said it, then serve."""
    try:
        if "cursor" not in websocket.query_params:
            cursor = await _first_word(websocket)
    except ValueError as error:
        await _close(websocket, POLICY_VIOLATION, explain(error))
        return
    forgotten = await asyncio.to_thread(station.store.forgotten)
    station.hub.forget_through(forgotten)
    with station.hub.subscribe(wanted) as client:
        opening = _opening(station, client, cursor, forgotten)
        await _serve(websocket, client, opening, ended)


def _filter(websocket: WebSocket, person: Person) -> Filter:
    """Read ``?dreamer=`` (may be repeated), ``?types=`` (comma-separated) and ``?role=``.

    Raises
    ------
    ValueError
        When a type or role is unknown.
    NotPermitted
        When the person may not hear of that dreamer or type, or is no technician.
    """
    dreamers = frozenset(websocket.query_params.getlist("dreamer"))
    given = websocket.query_params.getlist("types")
    types = frozenset(name for names in given for name in names.split(",") if name)
    if unknown := sorted(types.difference(TYPES)):
        raise ValueError(f"unknown type {unknown[0]!r}; known: {', '.join(TYPES)}")
    role = websocket.query_params.get("role", VIEWER)
    if role not in ROLES:
        raise ValueError(f"unknown role {role!r}; known: {', '.join(ROLES)}")
    wanted = Filter(dreamers or None, types or None, role == TECHNICIAN, person.dreamer)
    _permit(person, wanted)
    return wanted


def _permit(person: Person, wanted: Filter) -> None:
    if wanted.looks:
        check(person, Action.SEE_RAW)
    if wanted.attends:
        check(person, Action.ATTEND)
    for dreamer in wanted.dreamers or ():
        check(person, Action.SEE, dreamer)


async def _note_looking(gate: Gate, person: Person, wanted: Filter) -> None:
    """Write down whose signal somebody is about to see."""
    if wanted.looks:
        await gate.note_reading(person, "live", wanted.dreamers)


async def _first_word(websocket: WebSocket) -> Cursor | None:
    try:
        text = await asyncio.wait_for(_hear(websocket), FIRST_WORD_S)
    except TimeoutError:
        return None
    return parse_first_message(text)


def _opening(
    station: Station, client: Subscription, cursor: Cursor | None, forgotten: Mapping[str, int]
) -> _Opening:
    """Return what comes before the live entries; made in the moment of subscribing, read later."""
    wanted = client.wanted
    heads = {d: n for d, n in station.hub.overview.heads.items() if wanted.scope in (None, d)}
    gone = {d: seq for d, seq in forgotten.items() if d in heads and wanted.wants_dreamer(d)}
    if cursor is None or not fits(cursor, heads, gone):
        return _in_turn([station.snapshot(wanted)])
    missed = station.hub.missed(cursor, wanted)
    if missed is not None:
        return _in_turn(missed)
    logged = station.store.between(cursor, {d: heads[d] for d in heads if wanted.wants_dreamer(d)})
    return _read(client, ([e for e in batch if wanted.wants(e)] for batch in logged))


async def _in_turn(messages: Sequence[Entry | Telemetry]) -> _Opening:
    """Give what is at hand, a part at a time: whoever has missed much must not keep out others."""
    for first in range(0, len(messages), BATCH):
        yield messages[first : first + BATCH]
        await asyncio.sleep(0)


async def _read(client: Subscription, logged: Iterator[Sequence[Entry]]) -> _Opening:
    """Read on in the log, a few clients at a time: else many who return hold up all others."""
    while True:
        async with client.reading:
            batch = await asyncio.to_thread(next, (batch for batch in logged if batch), None)
        if batch is None:
            return
        yield batch


async def _serve(
    websocket: WebSocket, client: Subscription, opening: _Opening, ended: Event
) -> None:
    """Send until the client leaves, speaks, may no longer listen, or its queue overflows."""
    slow = asyncio.create_task(client.overflowed.wait())
    over = asyncio.create_task(ended.wait())
    tasks = {
        asyncio.create_task(_send(websocket, client, opening)),
        asyncio.create_task(_hear(websocket)),
        slow,
        over,
    }
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
    if over in done:
        await _close(websocket, SIGNED_OUT, "the token or login holds no longer")
    elif slow in done:
        await _close(websocket, TRY_AGAIN_LATER, "too slow: resume with your cursor")
    else:
        await _close(websocket, POLICY_VIOLATION, "only a cursor, only at the start")


async def _send(websocket: WebSocket, client: Subscription, opening: _Opening) -> None:
    async for messages in opening:
        await _say(websocket, messages)
    while True:
        await _say(websocket, await client.take())
        await asyncio.sleep(0)  # a client that always has more to hear must not keep out the others


async def _say(websocket: WebSocket, messages: Sequence[Entry | Telemetry]) -> None:
    """Send messages in one go, as `service.server.WebSocketProtocol` can."""
    frames = b"".join([message.frame for message in messages])
    await websocket.send({"type": "websocket.send", "frames": frames})


async def _hear(websocket: WebSocket) -> str:
    """Wait for a message of the client; raise `WebSocketDisconnect` when it leaves."""
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    return message.get("text") or ""


async def _refuse(websocket: WebSocket, status: int, detail: str) -> None:
    await websocket.send_denial_response(JSONResponse({"detail": detail}, status))


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    """Close; the peer may no longer read, which must not hold us up."""
    with suppress(TimeoutError):
        await asyncio.wait_for(websocket.close(code, reason[:120]), CLOSE_WITHIN_S)
