"""The shipped network beside other models and beside itself without one part of its training.

Run as ``python -m models.compare --features TABLE.npz [--folds 0,3] [--out models]``. Folds are
those of the cross-validation in the model's card. Writes ``comparison.json``; ``python -m
models.card`` then puts it into the card.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from models.card import write_json
from models.crops import FULL, Variation
from models.data import Night, load_nights, split_subjects
from models.evaluate import worst_error
from models.figures import agreement
from models.jobs import Bars, Tell, Told, run_all
from models.plan import DEFAULT_PLAN, Plan
from models.predict import (
    MAIN,
    SETUPS,
    Predictions,
    StageAll,
    Staged,
    join_predictions,
    predict_with,
    stage_all,
)
from monitor.staging.bundle import bundle_of

WHOLE_NIGHT = (1440,)
"""Length in epochs of a "crop" that is a whole night: 12 h."""
NETWORKS: Mapping[str, tuple[str, Variation]] = {
    "shipped": ("the shipped model", FULL),
    "network": ("one network of it alone", FULL),
    "no_crops": (
        "that one without random crops (whole nights only)",
        replace(FULL, lengths=WHOLE_NIGHT, p_from_start=1.0, p_splice=0.0, p_jump=0.0),
    ),
    "no_dropout": ("that one without channel dropout", replace(FULL, p_lost=0.0, p_outage=0.0)),
    "no_tilt": (
        "that one without tilt and offsets",
        replace(FULL, tilt_sigma=0.0, offset_sigma=0.0),
    ),
    "no_noise": ("that one without feature noise", replace(FULL, feature_noise=0.0)),
    "no_jumps": ("that one without jumps", replace(FULL, p_jump=0.0)),
}
SHIPPED = next(iter(NETWORKS))
TREES, BLEND = "trees", "blend"
TITLES = {name: title for name, (title, _) in NETWORKS.items()} | {
    TREES: "boosted trees on the same features and crops",
    BLEND: "mean of the shipped model's and the trees' probabilities",
}
COMPARED = (*MAIN, "cold_start", "fpz_lost")
"""Set-ups in which models are compared."""
TREE_PASSES = 3
"""How often the trees draw each epoch: they see all crops at once."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One model to be fitted on some subjects and tried on others."""

    model: str
    fold: int
    train: tuple[Night, ...]
    test: tuple[Night, ...]
    plan: Plan

    @property
    def name(self) -> str:
        """What the bar of progress is called."""
        return f"{self.model}, fold {self.fold}"


def compare(
    nights: Sequence[Night], plan: Plan, folds: Sequence[int], models: Sequence[str], progress: Tell
) -> dict[str, Any]:
    """Fit and measure some models on some folds.

    Parameters
    ----------
    nights : sequence of Night
        The table.
    plan : Plan
        Folds, passes of the networks, seed and jobs.
    folds : sequence of int
        Which of the plan's folds are held out, one after the other.
    models : sequence of str
        Names in `TITLES`; the blend is measured when both its parts are.
    progress : callable
        Told the name of a trial and the share of it that is done.

    Returns
    -------
    dict
        ``protocol`` and ``models``, as JSON values: of each model its ``title``,
        `models.figures.agreement` in each of `COMPARED`, and ``ece``, the worst of `MAIN`.
    """
    trials = _trials(nights, plan, folds, models)
    said = run_all(_try, trials, plan.jobs, progress)
    pairs = list(zip(trials, said, strict=True))
    joined = {
        model: join_predictions([one for trial, one in pairs if trial.model == model])
        for model in models
    }
    if {SHIPPED, TREES} <= joined.keys():
        joined[BLEND] = blend(joined[SHIPPED], joined[TREES])
    protocol = {
        "folds": ", ".join(str(fold) for fold in folds),
        "of": plan.folds,
        "passes": plan.passes,
        "seed": plan.seed,
    }
    measured = {model: {"title": TITLES[model], **_figures(joined[model])} for model in joined}
    return {"protocol": protocol, "models": measured}


def blend(one: Predictions, other: Predictions) -> Predictions:
    """Mean of the probabilities of two models."""
    return {
        name: [
            replace(staged, proba=(staged.proba + also.proba) / 2)
            for staged, also in zip(one[name], other[name], strict=True)
        ]
        for name in one
    }


def _trials(
    nights: Sequence[Night], plan: Plan, folds: Sequence[int], models: Sequence[str]
) -> list[Trial]:
    held_out = split_subjects(nights, plan.folds, plan.seed)
    return [
        Trial(
            model,
            fold,
            tuple(night for night in nights if night.subject not in held_out[fold]),
            tuple(night for night in nights if night.subject in held_out[fold]),
            plan,
        )
        for fold in folds
        for model in models
    ]


def _try(trial: Trial, told: Told) -> Predictions:
    stage = _fit(trial, lambda share: told.put((trial.name, share)))
    return predict_with(stage, trial.test, setups={name: SETUPS[name] for name in COMPARED})


def _fit(trial: Trial, progress: Callable[[float], None]) -> StageAll:
    """Fit one model; each kind needs its own library, and only then."""
    if trial.model == TREES:
        from models.trees import fit_trees

        return fit_trees(trial.train, TREE_PASSES, trial.plan.seed, progress).stage_all
    from models.train import fit_model

    _, variation = NETWORKS[trial.model]
    plan = trial.plan if trial.model == SHIPPED else replace(trial.plan, members=1)
    model = fit_model(trial.train, plan, progress, variation)
    return partial(stage_all, bundle_of(trial.name, model, {}))


def _figures(predictions: Mapping[str, list[Staged]]) -> dict[str, Any]:
    figures = {name: agreement(recordings) for name, recordings in predictions.items()}
    return figures | {"ece": worst_error(figures)}


def main(
    features: Annotated[Path, typer.Option(help="Table of nights (.npz).")],
    out: Annotated[Path, typer.Option(help="Where comparison.json goes.")] = Path("models"),
    folds: Annotated[str, typer.Option(help="Folds to hold out, by number from 0.")] = "0,3",
    models: Annotated[str, typer.Option(help="Which models.")] = ",".join([*NETWORKS, TREES]),
    passes: Annotated[int, typer.Option(min=1, help="Of the networks.")] = DEFAULT_PLAN.passes,
    seed: Annotated[int, typer.Option(help="Of folds, weights, crops.")] = DEFAULT_PLAN.seed,
    jobs: Annotated[int, typer.Option(min=1, help="Processes at a time.")] = DEFAULT_PLAN.jobs,
) -> None:
    """Compare models on some folds of the cross-validation; writes comparison.json."""
    plan = Plan(passes=passes, seed=seed, jobs=jobs)
    held_out = _chosen(folds, map(str, range(plan.folds)))
    chosen = _chosen(models, [*NETWORKS, TREES])
    with Bars() as progress:
        result = compare(load_nights(features), plan, [*map(int, held_out)], chosen, progress)
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "comparison.json", result)


def _chosen(words: str, known: Iterable[str]) -> list[str]:
    chosen, allowed = words.split(","), list(known)
    unknown = [word for word in chosen if word not in allowed]
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}; there are {', '.join(allowed)}")
    return chosen


if __name__ == "__main__":
    typer.run(main)
