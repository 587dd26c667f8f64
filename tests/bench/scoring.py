"""How long a night takes to score, against YASA's staging of one of its channels.

Times are processor seconds: on one core that does nothing else they are the time on the wall.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import mne
from rich.table import Table

from tests.bench.night import CHANNEL, DREAMWATCH, HOURS, ONE_THREAD, SFREQ, verdict

ROUNDS = 3
"""Of each measurement the best counts: what else the machine does only ever adds."""
MAX_S, MIN_RATIO = 1.0, 10.0
_LAUNCHER = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""
"""A small parent: a process counts the memory of the one it was forked from as its own."""


def scoring_table(night: Path) -> Table:
    """Measure whole processes, first nights and further nights of both."""
    contest = {"all": ("dreamwatch", ""), "one": ("dreamwatch", CHANNEL), "yasa": ("YASA", CHANNEL)}
    runs = {key: _runs(night, *who) for key, who in contest.items()}
    commands = {
        "all": [DREAMWATCH, "score", night, "--out", night.parent],
        "one": [DREAMWATCH, "score", night, "--out", night.parent, "--channels", CHANNEL],
        "yasa": _contestant(night, "YASA", CHANNEL, 1),
    }
    whole = {key: _process(command) for key, command in commands.items()}
    table = Table(
        "processor seconds",
        *(f"{who}\n{channel or '4 channels'}" for who, channel in contest.values()),
        "YASA /\n4 channels",
        "YASA /\none channel",
        "mark",
        title=f"Scoring {HOURS} h at {SFREQ} Hz on one core, best of {ROUNDS}",
        caption="whole process: with all imports, in which YASA's numba compiles; first night: "
        "after the imports; further nights: later ones of the same process",
    )
    _add(table, "whole process", {key: seconds for key, (seconds, _) in whole.items()})
    _add(table, "first night", {key: first for key, (first, _) in runs.items()}, MAX_S)
    _add(table, "further nights", {key: again for key, (_, again) in runs.items()}, MAX_S)
    table.add_row("peak memory", *(f"{peak:.0f} MiB" for _, peak in whole.values()))
    table.add_row("MNE reads the file", f"{_reading(night):.2f}")
    return table


def _add(table: Table, name: str, seconds: dict[str, float], limit: float | None = None) -> None:
    ratio = seconds["yasa"] / seconds["all"]
    marks = [verdict(f"ratio >= {MIN_RATIO:g}", met=ratio >= MIN_RATIO)]
    if limit is not None:
        marks.append(verdict(f"<= {limit:.1f} s", met=seconds["all"] <= limit))
    table.add_row(
        name,
        *(f"{value:.2f}" for value in seconds.values()),
        f"{ratio:.1f}",
        f"{seconds['yasa'] / seconds['one']:.1f}",
        "\n".join(marks),
    )


def _contestant(night: Path, name: str, channel: str, runs: int) -> list[str | Path]:
    module = ["-m", "tests.bench.contestant"]
    return [sys.executable, *module, name, night, channel, str(runs)]


def _runs(night: Path, name: str, channel: str) -> tuple[float, float]:
    """Processor seconds of the first run of a process, and of later ones."""
    told = [
        json.loads(_output(_contestant(night, name, channel, 1 + ROUNDS))) for _ in range(ROUNDS)
    ]
    return min(first for first, *_ in told), min(min(again) for _, *again in told)


def _process(command: Sequence[str | Path]) -> tuple[float, float]:
    """Processor seconds and peak memory (MiB) of a process from its start to its end."""
    launch = [sys.executable, "-I", "-c", _LAUNCHER, *command]
    told = [[float(word) for word in _output(launch).split()] for _ in range(ROUNDS)]
    unit = 1024 if sys.platform == "linux" else 1024**2
    return min(seconds for seconds, _ in told), min(peak for _, peak in told) / unit


def _output(command: Sequence[str | Path]) -> str:
    result = subprocess.run(command, env=ONE_THREAD, check=False, capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(result.stderr)
    return result.stdout


def _reading(night: Path) -> float:
    start = time.process_time()
    mne.io.read_raw_edf(night, preload=True, verbose="error")
    return time.process_time() - start
