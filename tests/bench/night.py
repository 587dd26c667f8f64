"""The night that is scored, its truth, and marks in words."""

import os
import subprocess
import sys
from pathlib import Path

import mne

HOURS, SFREQ = 8, 256
CHANNEL = "EEG Fpz-Cz"
"""The one channel that YASA stages."""
DREAMWATCH = Path(sys.executable).with_name("dreamwatch")
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def simulate(folder: Path) -> Path:
    """Write the night."""
    path = folder / "night.edf"
    options = ["--hours", str(HOURS), "--sfreq", str(SFREQ), "--seed", "1"]
    subprocess.run([DREAMWATCH, "simulate", path, *options], check=True, stderr=subprocess.DEVNULL)
    return path


def truth(path: Path) -> list[str]:
    """Return the simulated stages, one an epoch."""
    texts = mne.read_annotations(path).description
    return [text.removeprefix("Sleep stage ") for text in texts if text.startswith("Sleep stage")]


def verdict(mark: str, *, met: bool) -> str:
    """Return a mark and whether it was met."""
    return f"{mark}: {'met' if met else '[bold]missed'}"
