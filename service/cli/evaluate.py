"""``dreamwatch evaluate``: measure the shipped stager on a table of nights."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from models.data import Night, load_nights
from models.evaluate import report
from models.jobs import Bars
from models.plan import DEFAULT_PLAN, Plan
from models.predict import Predictions, predict
from monitor.staging.bundle import ModelBundle, load_bundle
from service.cli.training import (
    CROSS_VALIDATED,
    Features,
    Jobs,
    draw,
    figures_tables,
    make_folder,
    need_torch,
)

OUT_OF_SAMPLE = "out of sample: by their numbers, the model has not seen these subjects"


def evaluate(
    features: Features,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    cross_validate: Annotated[
        bool,
        typer.Option(
            "--cross-validate",
            help="Repeat the cross-validation that the model's card tells of (train extra).",
        ),
    ] = False,
    plots: Annotated[Path | None, typer.Option(help="Folder to draw plots into.")] = None,
    jobs: Jobs = DEFAULT_PLAN.jobs,
) -> None:
    """Measure the shipped stager on a table of nights, staged causally as they would be live.

    On the subjects it was trained on the figures are in sample, and say so: they tell that the
    model is intact, not how good it is. Subjects are told apart by number only, so a table of
    another study should number them otherwise. With --cross-validate the figures are those of the
    card.
    """
    if plots:
        make_folder(plots)
    nights, bundle = load_nights(features), load_bundle()
    figures, predictions = (
        _cross_validate(nights, bundle.card["training"], jobs)
        if cross_validate
        else _measure(nights, bundle)
    )
    if as_json:
        typer.echo(json.dumps(figures))
    else:
        Console().print(figures_tables(figures["protocol"], figures))
    if plots:
        draw(figures, predictions, plots)


def _measure(nights: tuple[Night, ...], bundle: ModelBundle) -> tuple[dict[str, Any], Predictions]:
    with Bars() as progress:
        predictions = predict(bundle, nights, lambda share: progress("staging", share))
    return {"protocol": _protocol(nights, bundle), **report(predictions)}, predictions


def _protocol(nights: tuple[Night, ...], bundle: ModelBundle) -> str:
    subjects = {night.subject for night in nights}
    known = subjects & set(bundle.card["training"]["subjects"])
    if not known:
        return OUT_OF_SAMPLE
    return f"in sample: {len(known)} of {len(subjects)} subjects, by number, were trained on"


def _cross_validate(
    nights: tuple[Night, ...], training: Mapping[str, Any], jobs: int
) -> tuple[dict[str, Any], Predictions]:
    names = ("folds", "passes", "seed", "members")
    plan = Plan(**{name: training[name] for name in names}, jobs=jobs)
    with Bars() as progress:
        validation = need_torch().cross_validate(nights, plan, progress)
    return {"protocol": CROSS_VALIDATED, **validation.figures}, validation.predictions
