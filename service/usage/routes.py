"""The REST routes of the account: what was used, which limits hold, and what is asked of them."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query

from monitor.domain.errors import SourceError
from monitor.sources.spec import check_dreamer
from monitor.usage.changes import (
    Change,
    Confirm,
    Override,
    SelfExclude,
    SetLimits,
    SetProfile,
    TimeOut,
    Withdraw,
)
from monitor.usage.days import find_zone
from monitor.usage.rules import Bounds
from service.access.roles import MayOverride, MaySee, MaySetLimits, MaySetProfile, Person
from service.api import REFUSALS, TheStation
from service.bodies import CommandIn
from service.station import Station
from service.usage import shapes
from service.usage.importing import parse_time


def _named(dreamer: Annotated[str, Path(max_length=64)]) -> str:
    try:
        return check_dreamer(dreamer)
    except SourceError as error:
        raise HTTPException(404, str(error)) from error


NamedDreamer = Annotated[str, Depends(_named)]
"""Anybody: limits may be set before the first session."""

router = APIRouter(prefix="/api/v1/dreamers/{dreamer}", responses=REFUSALS)


@router.get("/usage", response_model=shapes.Account)
async def show_usage(
    station: TheStation,
    person: MaySee,  # noqa: ARG001
    dreamer: NamedDreamer,
    at: Annotated[str | None, Query(max_length=40, description="ISO 8601; now if left out")] = None,
    planned_minutes: Annotated[float | None, Query(gt=0, le=1440)] = None,
) -> Any:
    """Return the use of dreams, the limits, and whether a new session may start."""
    planned_s = None if planned_minutes is None else 60 * planned_minutes
    return await _account(station, dreamer, at, planned_s)


@router.put("/limits", response_model=shapes.Account)
async def set_limits(
    station: TheStation, person: MaySetLimits, dreamer: NamedDreamer, body: shapes.LimitsIn
) -> Any:
    """Ask for other limits: stricter ones hold at once, laxer ones wait for a confirmation."""
    bounds = {name: Bounds(asked.soft, asked.hard) for name, asked in body.bounds.items()}
    return await _ask(station, person, dreamer, body, SetLimits, bounds=bounds)


@router.post("/limits/confirm", response_model=shapes.Account)
async def confirm_limits(
    station: TheStation, person: MaySetLimits, dreamer: NamedDreamer, body: CommandIn
) -> Any:
    """Say a second time, after the cool-off, that laxer limits are wanted."""
    return await _ask(station, person, dreamer, body, Confirm)


@router.post("/limits/time-out", response_model=shapes.Account)
async def time_out(
    station: TheStation, person: MaySetLimits, dreamer: NamedDreamer, body: shapes.TimeOutIn
) -> Any:
    """Let no session start for 1, 7 or 30 days; nobody can shorten that."""
    return await _ask(station, person, dreamer, body, TimeOut, days=body.days)


@router.post("/limits/self-exclusion", response_model=shapes.Account)
async def exclude(
    station: TheStation, person: MaySetLimits, dreamer: NamedDreamer, body: shapes.ExclusionIn
) -> Any:
    """Let no session start for six months or more; nobody can shorten that."""
    return await _ask(station, person, dreamer, body, SelfExclude, days=body.days)


@router.post("/limits/withdraw", response_model=shapes.Account)
async def withdraw(
    station: TheStation, person: MaySetLimits, dreamer: NamedDreamer, body: shapes.WithdrawIn
) -> Any:
    """Take back laxer limits that are not confirmed yet, or end an override."""
    return await _ask(station, person, dreamer, body, Withdraw, what=body.what)


@router.post("/limits/override", response_model=shapes.Account)
async def override(
    station: TheStation, person: MayOverride, dreamer: NamedDreamer, body: shapes.OverrideIn
) -> Any:
    """Lift the hard limits for at most a day; a time-out and a self-exclusion stay."""
    said = {"name": person.signs(body.actor), "reason": body.reason, "hours": body.hours}
    return await _ask(station, person, dreamer, body, Override, **said)


@router.put("/profile", response_model=shapes.Account)
async def set_profile(
    station: TheStation, person: MaySetProfile, dreamer: NamedDreamer, body: shapes.ProfileIn
) -> Any:
    """Say where and how old a dreamer is; the limits follow the age."""
    said = body.model_dump(include={"zone", "born", "guardian", "cool_off_h"})
    return await _ask(station, person, dreamer, body, SetProfile, **said)


async def _ask(
    station: Station,
    person: Person,
    dreamer: str,
    body: CommandIn,
    kind: type[Change],
    **said: Any,
) -> dict[str, Any]:
    """Write down what is asked, at the dreamer's own time; return the account that follows."""
    at = await asyncio.to_thread(station.accounts.now, dreamer, station.now)
    said |= {"at": at, "actor": person.signs(body.actor), "role": person.role.value}
    await asyncio.to_thread(station.accounts.ask, dreamer, body.command_id, kind(**said))
    await asyncio.to_thread(station.memory.look)
    return await _account(station, dreamer)


async def _account(
    station: Station, dreamer: str, at: str | None = None, planned_s: float | None = None
) -> dict[str, Any]:
    use = await asyncio.to_thread(station.accounts.use, dreamer)
    if use is None:
        raise HTTPException(404, f"there is no account of {dreamer!r}")
    now = use.now(station.now)
    moment = now if at is None else parse_time(at, find_zone(use.terms(now).zone), "at")
    return await asyncio.to_thread(use.account, moment, planned_s)
