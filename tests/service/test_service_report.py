"""``GET /api/v1/dreamers/{dreamer}/report``: the page, the figures, and whose they are."""

from service.report.page import POLICY
from service.report.shapes import NightReport

BED_1 = "/api/v1/dreamers/bed-1/report"


def test_by_default_it_is_a_page_under_its_own_policy(service):
    answer = service.http.get(BED_1)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith(POLICY)
    assert "Night report: bed-1" in answer.text


def test_the_figures_are_those_of_the_hypnogram_route(service):
    told = NightReport.model_validate(service.http.get(BED_1, params={"format": "json"}).json())
    night = service.http.get("/api/v1/dreamers/bed-1/hypnogram").json()
    assert told.session == night["session"]
    assert told.statistics.to_dict() == night["statistics"]
    assert [e.stage for e in told.epochs] == [e["stage"] for e in night["epochs"]]
    assert [e.spectrum for e in told.epochs] == [e["spectrum"] for e in night["epochs"]]
    assert told.usage is not None
    assert told.recording.model.startswith("dreamwatch-stager")


def test_a_session_is_found_with_its_own_dreamer_only(service):
    session = service.http.get(BED_1, params={"format": "json"}).json()["session"]
    assert service.http.get(BED_1, params={"session": session}).status_code == 200
    bed_2 = "/api/v1/dreamers/bed-2/report"
    other = service.http.get(bed_2, params={"session": session})
    assert other.status_code == 404
    never = service.http.get(bed_2, params={"session": "never"}).text
    assert other.text == never.replace("never", session)
    assert service.http.get(BED_1, params={"session": "never"}).status_code == 404
    assert service.http.get("/api/v1/dreamers/bed-9/report").status_code == 404
    assert service.http.get(BED_1, params={"format": "pdf"}).status_code == 422


def test_it_stands_in_the_openapi_document_with_its_shape(service):
    paths = service.http.get("/api/v1/openapi.json").json()["paths"]
    content = paths["/api/v1/dreamers/{dreamer}/report"]["get"]["responses"]["200"]["content"]
    assert content["application/json"]["schema"]["$ref"].endswith("/NightReport")
    assert "text/html" in content
