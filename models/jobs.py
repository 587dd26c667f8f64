"""Long work in processes side by side, with a bar of progress for each piece of it."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from queue import Empty, Queue
from typing import Any, TypeAlias, TypeVar

from rich.console import Console
from rich.progress import Progress, TaskID

Tell: TypeAlias = Callable[[str, float], None]
"""Told the name of a piece of work and the share of it that is done."""
Told: TypeAlias = "Queue[tuple[str, float]]"
"""Where a process puts the same."""
Task = TypeVar("Task")
Result = TypeVar("Result")

_POLL_S = 0.5


class Bars(Progress):
    """One bar on standard error for each piece of work that has begun; call it to move a bar."""

    def __init__(self) -> None:
        super().__init__(console=Console(stderr=True))
        self._bars: dict[str, TaskID] = {}

    def __call__(self, name: str, share: float) -> None:
        """Move the bar `name` to `share`, 0 to 1."""
        if name not in self._bars:
            self._bars[name] = self.add_task(name, total=1.0)
        self.update(self._bars[name], completed=share)


def run_all(
    work: Callable[[Task, Told], Result], tasks: Sequence[Task], jobs: int, progress: Tell
) -> list[Result]:
    """Do all tasks, `jobs` at a time, each in a process of its own.

    Parameters
    ----------
    work : callable
        Does one task, and puts the task's name and the share done into a queue.
    tasks : sequence
        What there is to do.
    jobs : int
        Processes at a time.
    progress : callable
        Is told what the processes put.
    """
    context = get_context("spawn")
    with context.Manager() as manager, ProcessPoolExecutor(jobs, context) as pool:
        told = manager.Queue()
        futures = [pool.submit(work, task, told) for task in tasks]
        _follow(futures, told, progress)
        return [future.result() for future in futures]


def _follow(futures: Sequence[Future[Any]], told: Told, progress: Tell) -> None:
    """Pass on what the processes tell until all have ended or one has failed."""
    while not all(future.done() for future in futures) or not told.empty():
        for future in futures:
            if future.done():
                future.result()
        try:
            progress(*told.get(timeout=_POLL_S))
        except Empty:
            continue
