"""The service as a process over the boards of some beds, for a while, and what it used."""

import signal
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.cyton.driver import until
from tests.e2e.e2e_process import serve
from tests.soak.bed import Bed

WARM_S = 60.0
"""Seconds after which the process has loaded what it needs and is measured; sooner in short runs:
a third of the time."""

CALM_S = 10.0
"""Seconds of signal without faults at the end, so that nothing is left undecided: SIGNAL_LOST
returns after 5 s of signal."""

_LONGEST_AWAY_S = 120.0
_LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What the service's process used while it was warm.

    Parameters
    ----------
    seconds : float
        From the service's readiness to its end.
    cpu : float
        Share of one core.
    rss_warm, rss_end : int
        Resident memory in bytes, when warm and at the end.
    warm_s : float
        When it was warm.
    status : int
        Of the process when it was told to end.
    """

    seconds: float
    cpu: float
    rss_warm: int
    rss_end: int
    warm_s: float
    status: int


def soak(
    beds: Sequence[Bed], seconds: float, data_dir: Path, tell: Callable[[float], object]
) -> Usage:
    """Serve all beds for so many seconds and until every board is well again; then end in order.

    Parameters
    ----------
    data_dir : Path
        Where the service keeps log and recordings.
    tell : callable
        Told about each second how many have passed.

    Raises
    ------
    TimeoutError
        When a board that is well again is not connected.
    """
    with ExitStack() as stack:
        for bed in beds:
            stack.enter_context(bed.board)
        program, _ = serve(data_dir, *(bed.spec for bed in beds))
        stack.callback(program.kill)
        process, start = psutil.Process(program.process.pid), time.monotonic()
        warm_s = min(WARM_S, seconds / 3)
        _pass(warm_s, start, tell)
        cpu, rss, at = _cpu_s(process), process.memory_info().rss, time.monotonic()
        _pass(seconds, start, tell)
        _calm(beds)
        share = (_cpu_s(process) - cpu) / (time.monotonic() - at)
        rss_end, lasted = process.memory_info().rss, time.monotonic() - start
        return Usage(lasted, share, rss, rss_end, warm_s, program.stop(signal.SIGTERM))


def _pass(seconds: float, start: float, tell: Callable[[float], object]) -> None:
    while (passed := time.monotonic() - start) < seconds:
        tell(passed)
        time.sleep(min(_LOOK_S, seconds - passed))


def _cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def _calm(beds: Sequence[Bed]) -> None:
    """End all faults, have every board send for a while, and the service read all of it."""
    for bed in beds:
        bed.board.restore()
    ends = [bed.board.sent + CALM_S * bed.board.sfreq for bed in beds]
    for bed, end in zip(beds, ends, strict=True):
        _wait_for(bed, end)
    for bed in beds:
        bed.board.finish()
    until(lambda: all(bed.board.finished for bed in beds))
    time.sleep(_LOOK_S)


def _wait_for(bed: Bed, end: float) -> None:
    try:
        until(lambda: bed.board.sent >= end, _LONGEST_AWAY_S)
    except TimeoutError as error:
        raise TimeoutError(f"{bed.dreamer} has not been asked to send again {error}") from error
