"""The clock, the background and the chance that a live source borrows."""

import random
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class ThreadHost:
    """A host with one thread, which starts when first needed.

    Parameters
    ----------
    name : str
        Of the thread.
    clock : callable
        Monotonic seconds.
    """

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"{name}-device")

    def start(self, work: Callable[[], T]) -> Future[T]:
        """Have something done in the thread, after what was started before."""
        return self._thread.submit(work)

    def chance(self) -> float:
        """Return a random number from 0 to 1."""
        return random.random()
