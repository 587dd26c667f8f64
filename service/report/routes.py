"""The route of the night report."""

import asyncio
import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response

from service.access.roles import MaySee
from service.api import REFUSALS, KnownDreamer, TheStation
from service.report.figures import figures
from service.report.night import NoSuchSession, read_night, reading, session_of
from service.report.page import POLICY, page
from service.report.shapes import NightReport
from service.settings import Settings

_HEADERS = {"Content-Security-Policy": f"{POLICY}; base-uri 'none'; frame-ancestors 'none'"}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": NightReport, "content": {"text/html": {}}},
    **REFUSALS,
}
router = APIRouter(prefix="/api/v1")


@router.get("/dreamers/{dreamer}/report", response_model=None, responses=_ANSWERS)
async def show_report(
    request: Request,
    _person: MaySee,
    station: TheStation,
    dreamer: KnownDreamer,
    session: Annotated[
        str | None, Query(max_length=64, description="default: the dreamer's latest")
    ] = None,
    form: Annotated[Literal["html", "json"], Query(alias="format")] = "html",
) -> Response:
    """Return the report of a session: a page that needs nothing else, or its figures."""
    async with request.app.state.reporting:  # one at a time: those who are watched come first
        told = await asyncio.to_thread(_report, station.settings, dreamer, session)
        if form == "json":
            return Response(told.model_dump_json(), media_type="application/json")
        written = await asyncio.to_thread(page, told)
    return Response(written, media_type="text/html", headers=_HEADERS)


def _report(settings: Settings, dreamer: str, session: str | None) -> NightReport:
    """Read and reckon; neither holds up those who are watched."""
    try:
        with reading(settings.data_dir) as connection:
            wanted = session_of(connection, dreamer, session)
            night = read_night(connection, wanted, settings.time_zone)
    except NoSuchSession as error:
        raise HTTPException(404, str(error)) from error
    return figures(night, time.time())
