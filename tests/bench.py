"""Speed, memory and agreement, measured in this run: ``make bench``.

Absolute times are those of the machine it runs on; the ratios compare two things of the same run.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import mne
import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.metrics import cohen_kappa_score

from monitor.sources.edf import BLOCK_S, open_edf
from monitor.staging.bundle import load_bundle
from service.scoring import score_night

T = TypeVar("T")
HOURS, SFREQ = 8, 256
DREAMWATCH = Path(sys.executable).with_name("dreamwatch")
ONE_CORE = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Run once and return seconds and result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def simulate(path: Path) -> None:
    """Write the night to be scored."""
    options = ["--hours", str(HOURS), "--sfreq", str(SFREQ), "--seed", "1"]
    subprocess.run([DREAMWATCH, "simulate", path, *options], check=True, stderr=subprocess.DEVNULL)


def score_command(path: Path, out: Path) -> float:
    """Score as a user does, in a process of its own on one core; return its peak memory in MiB."""
    command = [DREAMWATCH, "score", path, "--out", out]
    pin = (lambda: os.sched_setaffinity(0, [0])) if hasattr(os, "sched_setaffinity") else None
    process = subprocess.Popen(command, env=ONE_CORE, stderr=subprocess.DEVNULL, preexec_fn=pin)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


def agreement(path: Path, scored: Path) -> float:
    """Return Cohen's kappa of the scored epochs against the simulated truth."""
    truth = [str(text).removeprefix("Sleep stage ") for text in stages(path)]
    table = np.genfromtxt(scored, delimiter=",", dtype=str, skip_header=1)
    pairs = [(t, s) for t, s in zip(truth, table[:, 2], strict=False) if s != "UNSCORED"]
    return float(cohen_kappa_score(*zip(*pairs, strict=True)))


def stages(path: Path) -> list[str]:
    """Return the stage annotations of an EDF+ file in order, one per epoch."""
    annotations = mne.read_annotations(path)
    keep = [text.startswith("Sleep stage") for text in annotations.description]
    return list(annotations.description[keep])


def main() -> None:
    """Measure and print."""
    table = Table("what", "measured", "ratio", title=f"{HOURS} h, 4 channels, {SFREQ} Hz, one core")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "night.edf"
        seconds, _ = timed(lambda: simulate(path))
        table.add_row("dreamwatch simulate", f"{seconds:.2f} s", _times(seconds))

        reading, _ = timed(lambda: mne.io.read_raw_edf(path, preload=True, verbose="error"))
        table.add_row("MNE reads the file", f"{reading:.2f} s", "1.0")
        seconds, peak = timed(lambda: score_command(path, Path(folder)))
        ratio = f"{seconds / reading:.1f} x reading, {_times(seconds)}"
        table.add_row("dreamwatch score, whole command", f"{seconds:.2f} s", ratio)
        table.add_row("its peak memory", f"{peak:.0f} MiB", "")

        bundle = load_bundle()
        source = open_edf(str(path), {}, chunk_s=BLOCK_S)
        seconds, night = timed(lambda: score_night(source, bundle))
        ratio = f"{seconds / reading:.1f} x reading, {_times(seconds)}"
        table.add_row("scoring after start-up", f"{seconds:.2f} s", ratio)
        table.add_row("epochs", f"{len(night.epochs)}", "")
        kappa = agreement(path, Path(folder) / "night.hypnogram.csv")
        table.add_row("κ against the simulated truth", f"{kappa:.3f}", "")
    Console().print(table)


def _times(seconds: float) -> str:
    return f"{HOURS * 3600 / seconds:,.0f} x real time"


if __name__ == "__main__":
    main()
