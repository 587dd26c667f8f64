"""What Prometheus reads."""

from prometheus_client.parser import text_string_to_metric_families


def test_metrics_tell_what_the_service_tells(service):
    answer = service.http.get("/metrics").raise_for_status()
    assert answer.headers["content-type"].startswith("text/plain")
    samples = [s for f in text_string_to_metric_families(answer.text) for s in f.samples]

    def value(name: str, **labels: str) -> float:
        return next(
            s.value for s in samples if s.name == name and labels.items() <= s.labels.items()
        )

    described = service.station.describe("bed-1")
    assert value("dreamwatch_coverage", dreamer="bed-1", **{"is": "NOT_MONITORED"}) == 1
    assert value("dreamwatch_coverage", dreamer="bed-1", **{"is": "MONITORED"}) == 0
    assert value("dreamwatch_events_total", dreamer="bed-1") == described["seq"]
    assert value("dreamwatch_overuse_level", dreamer="bed-1") == described["usage"]["level"]
    assert value("dreamwatch_clients") == len(service.station.hub)
    assert value("dreamwatch_open_alarms", priority="high") >= 0
    assert value("process_resident_memory_bytes") > 1e7
