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
    need_torch,
)

IN_SAMPLE = "in sample: the model was trained on subjects of this table"
OUT_OF_SAMPLE = "out of sample: the model has not seen these subjects"


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
    model is intact, not how good it is. With --cross-validate they are those of the card.
    """
    nights, bundle = load_nights(features), load_bundle()
    figures, predictions = (
        _cross_validate(nights, bundle.card["training"], jobs)
        if cross_validate
        else _measure(nights, bundle)
    )
    if plots:
        draw(figures, predictions, plots)
    if as_json:
        typer.echo(json.dumps(figures))
    else:
        Console().print(figures_tables(figures["protocol"], figures))


def _measure(nights: tuple[Night, ...], bundle: ModelBundle) -> tuple[dict[str, Any], Predictions]:
    known = {night.subject for night in nights} & set(bundle.card["training"]["subjects"])
    with Bars() as progress:
        predictions = predict(bundle, nights, lambda share: progress("staging", share))
    protocol = IN_SAMPLE if known else OUT_OF_SAMPLE
    return {"protocol": protocol, **report(predictions)}, predictions


def _cross_validate(
    nights: tuple[Night, ...], training: Mapping[str, Any], jobs: int
) -> tuple[dict[str, Any], Predictions]:
    names = ("folds", "passes", "seed", "members")
    plan = Plan(**{name: training[name] for name in names}, jobs=jobs)
    with Bars() as progress:
        validation = need_torch().cross_validate(nights, plan, progress)
    return {"protocol": CROSS_VALIDATED, **validation.figures}, validation.predictions
