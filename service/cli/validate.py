"""``dreamwatch validate``: whether alarms come when they should, and only then."""

from pathlib import Path
from typing import Annotated

import typer

from models.jobs import Bars
from monitor.staging.bundle import load_bundle
from service.cli.study import AsHtml, AsJson, AsMarkdown, Jobs, Seed, check_writable, judge, publish
from service.validation.pages import report_of
from service.validation.report import assess, missed
from service.validation.study import Study, origins, run_study


def validate(
    hours: Annotated[float, typer.Option(min=1, help="Simulate at least so many.")] = 720.0,
    seed: Seed = 1,
    jobs: Jobs = 2,
    hypnograms: Annotated[
        list[Path] | None,
        typer.Option(help="Table of real nights (.npz) to make signal from; may be repeated."),
    ] = None,
    as_json: AsJson = None,
    as_html: AsHtml = None,
    as_markdown: AsMarkdown = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A few hours in short nights, to see that it runs.")
    ] = False,
) -> None:
    """Plant faults in simulated nights; count which alarms come, how soon, and how many are false.

    Exits with 1 when a mark is missed, or when a study that is not quick is too small to tell.
    """
    check_writable(as_json, as_html, as_markdown)
    study = Study(hours, seed, tuple(hypnograms or ()), quick)
    nights = study.nights()
    with Bars() as progress:
        records = run_study(nights, jobs, progress)
    figures = assess(records, study, origins(nights), load_bundle().card["version"])
    publish(report_of(figures), figures, as_json, as_html, as_markdown)
    judge(missed(figures, quick=quick))
