"""Training the stager: cross-validation for the figures, all subjects for the model."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from queue import Empty, Queue
from typing import Any, TypeAlias

from models.calibration_study import study
from models.data import Night, split_subjects
from models.evaluate import fit_temperature, report
from models.export import export_onnx, with_temperature
from models.fit import fit
from models.plan import Plan
from models.predict import Predictions, join_predictions, predict, temper
from monitor.staging.bundle import bundle_of

Progress: TypeAlias = Callable[[str, float], None]
"""Told the name of a fit and the share of it that is done."""

_FINAL = "all subjects"
_POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class Task:
    """One network to be fitted, and the nights to try it on."""

    name: str
    train: tuple[Night, ...]
    test: tuple[Night, ...]
    passes: int
    seed: int


@dataclass(frozen=True, slots=True)
class Validation:
    """Outcome of a cross-validation.

    Parameters
    ----------
    figures : dict
        `models.evaluate.report` of the subjects each network had not seen; ``fpz``, ``pz`` and
        ``all`` have ``personal`` (`models.calibration_study.study`) besides.
    temperature : float
        Which calibrates these predictions best; the figures are with it.
    predictions : dict
        What was said of the subjects each network had not seen, with that temperature.
    """

    figures: Mapping[str, Any]
    temperature: float
    predictions: Predictions


def cross_validate(nights: Sequence[Night], plan: Plan, progress: Progress) -> Validation:
    """Fit one network a fold and measure it on the fold's subjects."""
    results = _run(_fold_tasks(nights, plan), plan.jobs, progress)
    return _validate([predictions for _, predictions in results])


def train_stager(
    nights: Sequence[Night], plan: Plan, progress: Progress
) -> tuple[bytes, Validation]:
    """Cross-validate, and fit the model to be shipped on all subjects.

    Returns
    -------
    model : bytes
        The calibrated ONNX model.
    validation : Validation
        Figures of the cross-validation.
    """
    final = Task(_FINAL, tuple(nights), (), plan.passes, plan.seed)
    *folds, (model, _) = _run([*_fold_tasks(nights, plan), final], plan.jobs, progress)
    validation = _validate([predictions for _, predictions in folds])
    return with_temperature(model, validation.temperature), validation


def _fold_tasks(nights: Sequence[Night], plan: Plan) -> list[Task]:
    return [
        Task(
            f"fold {k + 1}",
            tuple(night for night in nights if night.subject not in held_out),
            tuple(night for night in nights if night.subject in held_out),
            plan.passes,
            plan.seed,
        )
        for k, held_out in enumerate(split_subjects(nights, plan.folds, plan.seed))
    ]


def _validate(folds: Sequence[Predictions]) -> Validation:
    predictions = join_predictions(folds)
    temperature = fit_temperature(predictions)
    tempered = temper(predictions, temperature)
    figures = report(tempered)
    for name, personal in study(tempered).items():
        figures[name]["personal"] = personal
    return Validation(figures, temperature, tempered)


def _run(tasks: Sequence[Task], jobs: int, progress: Progress) -> list[tuple[bytes, Predictions]]:
    """Fit all networks, `jobs` at a time, each in a process of its own."""
    context = get_context("spawn")
    with context.Manager() as manager, ProcessPoolExecutor(jobs, context) as pool:
        told = manager.Queue()
        futures = [pool.submit(_fit_and_predict, task, told) for task in tasks]
        _follow(futures, told, progress)
        return [future.result() for future in futures]


def _follow(
    futures: Sequence[Future[Any]], told: "Queue[tuple[str, float]]", progress: Progress
) -> None:
    """Pass on what the processes tell until all have ended or one has failed."""
    while not all(future.done() for future in futures) or not told.empty():
        for future in futures:
            if future.done():
                future.result()
        try:
            progress(*told.get(timeout=_POLL_S))
        except Empty:
            continue


def _fit_and_predict(task: Task, told: "Queue[tuple[str, float]]") -> tuple[bytes, Predictions]:
    network = fit(task.train, task.passes, task.seed, lambda share: told.put((task.name, share)))
    model = export_onnx(network)
    return model, predict(bundle_of(task.name, model, {}), task.test) if task.test else {}
