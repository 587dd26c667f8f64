"""``dreamwatch usage study``: how soon overuse is found, and how often a stable user is flagged."""

from typing import Annotated

import typer

from service.cli.study import AsHtml, AsJson, AsMarkdown, Jobs, Seed, check_writable, judge, publish


def study(
    users: Annotated[int, typer.Option(min=1, help="Simulated users of each kind.")] = 25,
    seed: Seed = 1,
    jobs: Jobs = 2,
    as_json: AsJson = None,
    as_html: AsHtml = None,
    as_markdown: AsMarkdown = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="One user of each kind for weeks, to see that it runs.")
    ] = False,
) -> None:
    """Simulate stable users and those who dream ever more; count what is found, and how soon.

    Exits with 1 when a mark is missed, or when a study that is not quick is too small to tell.
    """
    # Statistics are slow to load, and the account is asked for more often than this.
    from models.jobs import Bars
    from service.overuse.pages import report_of
    from service.overuse.report import assess, missed
    from service.overuse.study import Study, run_study

    check_writable(as_json, as_html, as_markdown)
    asked = Study(users, seed, quick)
    with Bars() as progress:
        courses = run_study(asked.people(), jobs, progress)
    figures = assess(courses, asked)
    publish(report_of(figures), figures, as_json, as_html, as_markdown)
    judge(missed(figures, quick=quick))
