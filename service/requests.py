"""Commands from any thread, carried out one by one by the thread that watches a dreamer."""

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TypeAlias

from monitor.domain.errors import CommandError
from monitor.domain.inputs import Begin, Command, Health, Recall
from service.entries import Entry
from service.errors import NotWatched

Request: TypeAlias = Command | Health | Recall | Begin
CarryOut: TypeAlias = Callable[[Request], list[Entry]]


@dataclass(frozen=True, slots=True)
class _Asked:
    item: Request
    answer: Future[list[Entry]] = field(default_factory=Future)


class Requests:
    """Commands that wait for their turn; each is answered, come what may.

    Parameters
    ----------
    dreamer : str
        To whose monitor they go.
    """

    def __init__(self, dreamer: str) -> None:
        self._dreamer = dreamer
        self._queue: SimpleQueue[_Asked | None] = SimpleQueue()

    def put(self, item: Request) -> Future[list[Entry]]:
        """Queue a command, or something to be told; the future holds what comes of it."""
        request = _Asked(item)
        self._queue.put(request)
        return request.answer

    def interrupt(self) -> None:
        """End the wait for a command, if there is one."""
        self._queue.put(None)

    def answer(self, carry_out: CarryOut, timeout: float) -> None:
        """Carry out a command; wait for one at most `timeout` seconds."""
        try:
            request = self._queue.get(timeout=timeout)
        except Empty:
            return
        if request is not None and request.answer.set_running_or_notify_cancel():
            self._answer(request, carry_out)

    def refuse(self) -> None:
        """Tell all who wait that nobody is watching any more."""
        with suppress(Empty):
            while True:
                request = self._queue.get_nowait()
                if request is not None and request.answer.set_running_or_notify_cancel():
                    request.answer.set_exception(self._gone())

    def _answer(self, request: _Asked, carry_out: CarryOut) -> None:
        try:
            request.answer.set_result(carry_out(request.item))
        except CommandError as error:
            request.answer.set_exception(error)
        finally:
            if not request.answer.done():
                request.answer.set_exception(self._gone())

    def _gone(self) -> NotWatched:
        return NotWatched(f"{self._dreamer} is no longer monitored")
