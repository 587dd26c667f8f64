"""The page beside the bed: one file for every dreamer, which asks the stream for the rest."""

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse

from service.access.roles import person_of
from service.station import Station

_PAGES = Path(__file__).parent / "static" / "bedside"

router = APIRouter(include_in_schema=False)


@router.api_route("/bedside/{dreamer}", methods=["GET", "HEAD"])
async def bedside(request: Request, dreamer: str) -> FileResponse:
    """Return a dreamer's page, or one that says that there is nobody of this name to be seen.

    Who has not signed in gets the page, which sends them there, whatever the name.
    """
    station: Station = request.app.state.station
    person = person_of(request)
    if person and not (person.sees(dreamer) and dreamer in station.dreamers):
        return FileResponse(_PAGES / "unknown.html", 404)
    return FileResponse(_PAGES / "index.html")
