"""The night report in a real browser, opened from disk and from the service."""

import pytest

from service.report.page import page as write
from tests.report.scripted_night import report_on, whole_night


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "report.html"
    path.write_text(write(report_on(whole_night())), encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_from_disk_it_opens_without_an_error_and_whoever_reads_it_can(
    new_context, axe, report, scheme
):
    page = new_context(color_scheme=scheme).new_page()
    page.goto(report.as_uri())
    assert page.title().startswith("Night report: bed-7")
    assert page.get_by_role("img").count() == 5
    assert page.get_by_role("table", name="Statistics (AASM)").is_visible()
    page.get_by_text("Hypnogram: the numbers").click()
    assert axe(page) == []


def test_its_picture_is_drawn_and_its_style_holds(page, report):
    page.goto(report.as_uri())
    assert page.evaluate("getComputedStyle(document.querySelector('.warning')).borderTopWidth") == (
        "2px"
    )
    drawn = """async () => {
        const image = new Image();
        image.src = document.querySelector("image").href.baseVal;
        await image.decode();
        return [image.naturalWidth, image.naturalHeight];
    }"""
    assert page.evaluate(drawn) == [40, 30]


def test_it_fits_on_paper(page, report):
    page.goto(report.as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(page.pdf()) > 10_000


def test_the_service_hands_it_out(page, served_here):
    served = served_here("sim:?seed=2&hours=0.1&speed=0&dreamer=bed-1")
    page.goto(f"{served.http.base_url}api/v1/dreamers/bed-1/report")
    page.get_by_role("heading", name="Night report: bed-1").wait_for()
