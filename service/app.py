"""The application: routes, page and life cycle around one `Station`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, closing
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response

from monitor.domain.errors import (
    CommandError,
    DreamwatchError,
    InputError,
    NotAllowed,
    SourceError,
    StaleVersion,
    UnknownAlarm,
)
from service import api, asyncapi, bedside, health, metrics, stream
from service.access import routes as access
from service.access.gate import Gate
from service.access.identity import Identity, refusal_of
from service.errors import NotAdmitted, NotPermitted, NotSignedIn, NotWatched, StoreError, TooMany
from service.guard import Guard
from service.report import routes as report
from service.settings import Settings
from service.station import Station
from service.usage import routes, sessions

_STATIC = Path(__file__).parent / "static"
_PLOTLY = files("plotly") / "package_data" / "plotly.min.js"
_STATUS: dict[type[DreamwatchError], tuple[int, str]] = {
    UnknownAlarm: (404, "unknown_alarm"),
    StaleVersion: (409, "stale_version"),
    NotAllowed: (409, "not_allowed"),
    CommandError: (409, "not_allowed"),
    InputError: (422, "invalid"),
    NotWatched: (503, "not_monitored"),
    SourceError: (503, "source_unavailable"),
    NotAdmitted: (409, "not_admitted"),
    StoreError: (503, "log_unavailable"),
}
_HTTP = {404: "not_found", 405: "method_not_allowed", 422: "invalid"}


def create_app(settings: Settings) -> FastAPI:
    """Open the store and the sources and build the application that watches them.

    Watching begins and ends with the application's lifespan.

    Raises
    ------
    DreamwatchError
        When the data directory is in use, a source cannot be opened, or the model is missing.
    """
    with ExitStack() as opened:
        gate = opened.enter_context(closing(Gate(settings)))
        station = Station(settings)
        opened.pop_all()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        station.start()
        for_ever = (
            station.beat,
            station.tend,
            station.remember,
            station.revive,
            station.give_signs,
            station.forget,
            gate.tend,
        )
        tasks = [asyncio.create_task(task()) for task in for_ever]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.to_thread(station.stop)
        gate.close()

    app = FastAPI(
        title="dreamwatch",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.station, app.state.gate = station, gate
    app.state.reporting = asyncio.Semaphore(1)
    app.add_middleware(Identity, gate=gate)
    app.add_middleware(Guard, settings=settings)
    for refusal in _STATUS:
        app.add_exception_handler(refusal, _explain)
    for refusal in (NotSignedIn, NotPermitted, TooMany):
        app.add_exception_handler(refusal, _refuse)
    app.add_exception_handler(RequestValidationError, _explain_malformed)
    app.add_exception_handler(HTTPException, _explain_status)
    for router in (
        api.router,
        stream.router,
        asyncapi.router,
        health.router,
        metrics.router,
        access.router,
        bedside.router,
        report.router,
        routes.router,
        sessions.router,
    ):
        app.include_router(router)
    app.add_api_route("/plotly.min.js", _plotly, include_in_schema=False)
    app.mount("/", StaticFiles(directory=_STATIC, html=True))
    return app


async def _plotly() -> FileResponse:
    return FileResponse(str(_PLOTLY), media_type="text/javascript")


async def _explain(connection: HTTPConnection, error: Exception) -> Response:
    """Answer a refused command; when the alarm has changed, say which version it has now."""
    status, code = next(answer for kind, answer in _STATUS.items() if isinstance(error, kind))
    problem: dict[str, str | int | None] = {"error": code, "detail": str(error)}
    if isinstance(error, NotAdmitted):
        problem["until"] = error.until
    if alarm_id := connection.path_params.get("alarm_id"):
        station: Station = connection.app.state.station
        problem["current_version"] = await asyncio.to_thread(station.version_of, alarm_id)
    return JSONResponse(problem, status)


async def _refuse(_connection: HTTPConnection, error: Exception) -> Response:
    """Say why somebody may not do this."""
    return refusal_of(error)


async def _explain_status(_connection: HTTPConnection, error: Exception) -> Response:
    """Write what the framework refuses, and what is not there, as all other problems are."""
    status, detail, headers = 500, str(error), None
    if isinstance(error, HTTPException):
        status, detail, headers = error.status_code, str(error.detail), error.headers
    problem = {"error": _HTTP.get(status, "refused"), "detail": detail}
    return JSONResponse(problem, status, headers)


async def _explain_malformed(_request: Request, error: Exception) -> JSONResponse:
    """Name what is wrong with a request, never what it held: not all of that can be written."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    detail = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found)
    writable = detail.encode(errors="backslashreplace").decode()
    return JSONResponse({"error": "invalid", "detail": writable}, 422)
