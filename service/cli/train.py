"""``dreamwatch train``: fit the stager and write the model with its card."""

import datetime
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from models.card import make_card, write_model
from models.data import Night, load_nights, save_nights
from models.jobs import Bars
from models.plan import DEFAULT_PLAN, Plan
from models.sleep_edfx import read_nights
from monitor.domain.errors import DreamwatchError
from service.cli.training import (
    CROSS_VALIDATED,
    Jobs,
    console,
    draw,
    figures_tables,
    make_folder,
    need_torch,
    writing,
)


def train(
    features: Annotated[
        Path | None, typer.Option(help="Table of nights (.npz): log band powers and stages.")
    ] = None,
    sleep_edfx: Annotated[
        Path | None,
        typer.Option(help="Instead: folder of raw Sleep-EDF Expanded files, SC4*-PSG.edf."),
    ] = None,
    save_features: Annotated[
        Path | None, typer.Option(help="Also write the table made of these raw files (.npz).")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the model and its card go.")] = Path("models"),
    folds: Annotated[
        int, typer.Option(min=2, help="Of the cross-validation.")
    ] = DEFAULT_PLAN.folds,
    epochs: Annotated[
        int, typer.Option(min=1, help="Passes over the training nights.")
    ] = DEFAULT_PLAN.passes,
    seed: Annotated[int, typer.Option(help="Of folds, weights and crops.")] = DEFAULT_PLAN.seed,
    members: Annotated[
        int, typer.Option(min=1, help="Networks in the model.")
    ] = DEFAULT_PLAN.members,
    jobs: Jobs = DEFAULT_PLAN.jobs,
) -> None:
    """Cross-validate the stager by subject, fit it on all subjects, and write it with its card.

    Nights come as a table of features, or as raw PSG and hypnogram files whose features are then
    made by the live signal path.
    """
    training = need_torch()
    read = _reader(features, sleep_edfx, save_features)
    for folder in (out, out / "plots"):
        make_folder(folder)
    nights = read()
    plan = Plan(folds, epochs, seed, jobs, members)
    with Bars() as progress:
        model, validation = training.train_stager(nights, plan, progress)
    today = datetime.datetime.now(datetime.UTC).date()
    card = make_card(model, nights, plan, validation.correction, validation.figures, today)
    with writing(out):
        write_model(out, model, card)
    figures = {"protocol": CROSS_VALIDATED, **validation.figures}
    draw(figures, validation.predictions, out / "plots")
    console.print(figures_tables(CROSS_VALIDATED, figures))
    console.print(f"wrote stager.onnx, stager.json, MODEL_CARD.md to {out}", highlight=False)


def _reader(
    features: Path | None, sleep_edfx: Path | None, save_features: Path | None
) -> Callable[[], tuple[Night, ...]]:
    """Choose how the nights are read; that may take long, so it is not done yet."""
    if features and not sleep_edfx and not save_features:
        return partial(load_nights, features)
    if sleep_edfx and not features:
        return partial(_read_raw, sleep_edfx, save_features)
    raise DreamwatchError("train takes either --features, or --sleep-edfx [--save-features]")


def _read_raw(sleep_edfx: Path, save_features: Path | None) -> tuple[Night, ...]:
    with Bars() as progress:
        nights = read_nights(sleep_edfx, lambda share: progress("reading", share))
    if save_features:
        save_nights(save_features, nights)
    return nights
