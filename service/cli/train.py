"""``dreamwatch train``: fit the stager and write the model with its card."""

import datetime
from pathlib import Path
from typing import Annotated

import typer

from models.card import make_card, write_model
from models.data import load_nights
from models.plan import DEFAULT_PLAN, Plan
from service.cli.training import Bars, Features, Jobs, console, figures_table, need_torch


def train(
    features: Features,
    out: Annotated[Path, typer.Option(help="Where the model and its card go.")] = Path("models"),
    folds: Annotated[
        int, typer.Option(min=2, help="Of the cross-validation.")
    ] = DEFAULT_PLAN.folds,
    epochs: Annotated[
        int, typer.Option(min=1, help="Passes over the training nights.")
    ] = DEFAULT_PLAN.passes,
    seed: Annotated[int, typer.Option(help="Of folds, weights and crops.")] = DEFAULT_PLAN.seed,
    jobs: Jobs = DEFAULT_PLAN.jobs,
) -> None:
    """Cross-validate the stager by subject, fit it on all subjects, and write it with its card."""
    training = need_torch()
    nights, plan = load_nights(features), Plan(folds, epochs, seed, jobs)
    with Bars() as progress:
        model, validation = training.train_stager(nights, plan, progress)
    today = datetime.datetime.now(datetime.UTC).date()
    card = make_card(model, nights, plan, validation.temperature, validation.figures, today)
    write_model(out, model, card)
    console.print(figures_table("Cross-validation by subject", validation.figures))
    console.print(f"wrote stager.onnx, stager.json and MODEL_CARD.md to {out}", highlight=False)
