"""``/healthz`` and ``/readyz``, for whoever supervises the process: these two need no token."""

from fastapi import APIRouter, Request, Response

from service.access.roles import Action, person_of
from service.contract import Health
from service.station import Station

router = APIRouter()


@router.get("/healthz", responses={503: {"model": Health}})
async def healthz(request: Request, response: Response) -> Health:
    """Return 503 as soon as a source is no longer read; say why to who may see the service."""
    station: Station = request.app.state.station
    failures = station.failures
    if failures:
        response.status_code = 503
    person = person_of(request)
    tells = person is not None and person.may(Action.SEE_SERVICE)
    return Health(
        status="failed" if failures else "ok",
        dreamers=station.coverage() if tells else {},
        failures=failures if tells else {},
    )


@router.get("/readyz", status_code=204, responses={503: {}})
async def readyz(request: Request) -> Response:
    """Return 503 until every source is being read."""
    station: Station = request.app.state.station
    return Response(status_code=204 if station.ready else 503)
