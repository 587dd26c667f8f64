"""Training the stager: cross-validation for the figures, all subjects for the model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.calibration_study import study
from models.crops import FULL, Variation
from models.data import Night, split_subjects
from models.evaluate import fit_model_correction, report
from models.export import export_onnx, with_correction
from models.fit import fit
from models.jobs import Tell, Told, run_all
from models.network import StagerNetwork
from models.plan import Plan
from models.predict import Correction, Predictions, correct_all, join_predictions, predict
from monitor.staging.bundle import bundle_of

_FINAL = "all subjects"


@dataclass(frozen=True, slots=True)
class Task:
    """One model to be fitted, and the nights to try it on."""

    name: str
    train: tuple[Night, ...]
    test: tuple[Night, ...]
    plan: Plan


@dataclass(frozen=True, slots=True)
class Validation:
    """Outcome of a cross-validation.

    Parameters
    ----------
    figures : dict
        `models.evaluate.report` of the subjects each network had not seen; ``fpz``, ``pz`` and
        ``all`` have ``personal`` (`models.calibration_study.study`) besides.
    correction : Correction
        Which makes these predictions truest; the figures are with it.
    predictions : dict
        What was said of the subjects each network had not seen, with that correction.
    """

    figures: Mapping[str, Any]
    correction: Correction
    predictions: Predictions


def cross_validate(nights: Sequence[Night], plan: Plan, progress: Tell) -> Validation:
    """Fit one network a fold and measure it on the fold's subjects."""
    results = run_all(_fit_and_predict, _fold_tasks(nights, plan), plan.jobs, progress)
    return _validate([predictions for _, predictions in results])


def train_stager(nights: Sequence[Night], plan: Plan, progress: Tell) -> tuple[bytes, Validation]:
    """Cross-validate, and fit the model to be shipped on all subjects.

    Returns
    -------
    model : bytes
        The calibrated ONNX model.
    validation : Validation
        Figures of the cross-validation.
    """
    final = Task(_FINAL, tuple(nights), (), plan)
    tasks = [*_fold_tasks(nights, plan), final]
    *folds, (model, _) = run_all(_fit_and_predict, tasks, plan.jobs, progress)
    validation = _validate([predictions for _, predictions in folds])
    return with_correction(model, validation.correction), validation


def _fold_tasks(nights: Sequence[Night], plan: Plan) -> list[Task]:
    return [
        Task(
            f"fold {k + 1}",
            tuple(night for night in nights if night.subject not in held_out),
            tuple(night for night in nights if night.subject in held_out),
            plan,
        )
        for k, held_out in enumerate(split_subjects(nights, plan.folds, plan.seed))
    ]


def _validate(folds: Sequence[Predictions]) -> Validation:
    predictions = join_predictions(folds)
    correction = fit_model_correction(predictions)
    corrected = correct_all(predictions, correction)
    figures = report(corrected)
    for name, personal in study(corrected).items():
        figures[name]["personal"] = personal
    return Validation(figures, correction, corrected)


def _fit_and_predict(task: Task, told: Told) -> tuple[bytes, Predictions]:
    model = fit_model(task.train, task.plan, lambda share: told.put((task.name, share)))
    return model, predict(bundle_of(task.name, model, {}), task.test) if task.test else {}


def fit_model(
    nights: Sequence[Night],
    plan: Plan,
    progress: Callable[[float], None],
    variation: Variation = FULL,
) -> bytes:
    """Fit the networks of a model and export them as one, not yet calibrated.

    Parameters
    ----------
    nights : sequence of Night
        To learn from.
    plan : Plan
        Passes, seed and how many networks.
    progress : callable
        Told the share that is done, 0 to 1.
    variation : Variation
        How the crops are varied.
    """
    networks: list[StagerNetwork] = []
    for member in range(plan.members):

        def tell(share: float, before: int = member) -> None:
            progress((before + share) / plan.members)

        networks.append(fit(nights, plan.passes, plan.seed + member, tell, variation))
    return export_onnx(networks)
