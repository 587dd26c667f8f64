"""``/metrics``: how the service and its dreamers are, for Prometheus."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest

from monitor.domain.events import Coverage, Priority
from service.access.roles import MaySeeService
from service.station import Station

router = APIRouter()


@router.get("/metrics", response_class=Response)
async def metrics(request: Request, person: MaySeeService) -> Response:  # noqa: ARG001
    """Return coverage, open alarms, log and clients, and the process itself, as text."""
    registry = CollectorRegistry()
    registry.register(_OfStation(request.app.state.station))
    ProcessCollector(registry=registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _OfStation:
    """Reads a station whenever it is asked: nothing is counted twice, nothing grows."""

    def __init__(self, station: Station) -> None:
        self._station = station

    def collect(self) -> Iterator[Metric]:
        """Return everything as it is now."""
        station = self._station
        covered = station.coverage()
        coverage = GaugeMetricFamily(
            "dreamwatch_coverage", "1 for how far a dreamer is watched", labels=["dreamer", "is"]
        )
        for dreamer, now in covered.items():
            for each in Coverage:
                coverage.add_metric([dreamer, each.value], float(each == now))
        yield coverage
        yield self._alarms()
        yield _each(
            CounterMetricFamily("dreamwatch_events", "Entries of the log", labels=["dreamer"]),
            station.hub.overview.heads,
        )
        yield _each(
            GaugeMetricFamily("dreamwatch_overuse_level", "0 to 3", labels=["dreamer"]),
            {dreamer: usage["level"] for dreamer, usage in self._usage().items()},
        )
        yield GaugeMetricFamily("dreamwatch_clients", "Open websockets", value=len(station.hub))
        yield GaugeMetricFamily(
            "dreamwatch_ready", "1 while every source is read", value=float(station.ready)
        )

    def _alarms(self) -> Metric:
        count = Counter(alarm["priority"] for alarm in self._station.hub.overview.alarms())
        alarms = GaugeMetricFamily("dreamwatch_open_alarms", "Alarms", labels=["priority"])
        for priority in Priority:
            alarms.add_metric([priority.value], count[priority])
        return alarms

    def _usage(self) -> dict[str, dict[str, Any]]:
        told = {dreamer: self._station.describe(dreamer) for dreamer in self._station.dreamers}
        return {dreamer: now["usage"] for dreamer, now in told.items() if now["usage"]}


def _each(family: Any, values: dict[str, int]) -> Metric:
    for dreamer, value in values.items():
        family.add_metric([dreamer], value)
    metric: Metric = family
    return metric
