"""Writes files as OpenBCI's programs and boards write them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

START = 1_700_000_000.0
COUNT_UV = 4.5e6 / 24 / (2**23 - 1)


def counts(n_channels: int, n_samples: int, seed: int = 0) -> NDArray[np.int64]:
    """Return signal in counts of 24 bits, shape (n_channels, n_samples)."""
    return np.random.default_rng(seed).integers(-(2**23), 2**23, (n_channels, n_samples))


def gui(
    path: Path,
    signal: NDArray[np.int64],
    kept: Sequence[int],
    board: str = "CytonSerial",
    sfreq: float = 250.0,
) -> Path:
    """Write what the GUI writes of the samples kept; `sfreq` as the GUI knows it."""
    n = len(signal)
    names = [
        "Sample Index",
        *(f"EXG Channel {k}" for k in range(n)),
        *(f"Accel Channel {k}" for k in range(3)),
        "Other",
        "Timestamp",
        "Other",
        "Timestamp (Formatted)",
    ]
    lines = [
        "%OpenBCI Raw EXG Data",
        f"%Number of channels = {n}",
        f"%Sample Rate = {sfreq:.0f} Hz",
        f"%Board = OpenBCI_GUI$Board{board}",
        ", ".join(names),
    ]
    step = 2 if board.endswith("Daisy") else 1
    for i in kept:
        at = START + i / sfreq
        values = [float(i * step % 256), *(signal[:, i] * COUNT_UV), 0.1, 0.2, 0.9, 192.0, at, 0.0]
        clock = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        lines.append(", ".join([*(repr(float(v)) for v in values), clock]))
    path.write_text("\n".join(lines) + "\n")
    return path


def old_gui(
    path: Path, signal: NDArray[np.int64], kept: Sequence[int], with_ms: bool = True
) -> Path:
    """Write what GUIs before 5 wrote: no line of columns, two decimals."""
    lines = [
        "%OpenBCI Raw EEG Data",
        f"%Number of channels = {len(signal)}",
        "%Sample Rate = 250.0 Hz",
        "%First Column = SampleIndex",
        "%Last Column = Timestamp ",
        "%Other Columns = EEG data in microvolts followed by Accel Data (in G)",
    ]
    for i in kept:
        ms = round((START + i / 250) * 1000)
        fields = [str(i % 256), *(f"{v * COUNT_UV:.2f}" for v in signal[:, i]), "0.00", "0.01"]
        clock = datetime.fromtimestamp(ms / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]
        lines.append(", ".join([*fields, "0.98", clock, *([str(ms)] if with_ms else [])]))
    path.write_text("\n".join(lines) + "\n")
    return path


def sd_lines(signal: NDArray[np.int64], kept: Sequence[int]) -> str:
    """Return a memory card's lines of the samples kept; every tenth has the accelerometer."""
    lines = []
    for i in kept:
        fields = [f"{i % 256:02X}", *(f"{v & 0xFFFFFF:06X}" for v in signal[:, i].tolist())]
        lines.append(",".join([*fields, *(["FF80", "0040", "1000"] if i % 10 == 0 else [])]))
    return "".join(line + "\n" for line in lines)


def brainflow_csv(
    path: Path, signal: NDArray[np.int64], kept: Sequence[int], n_columns: int, time: int
) -> Path:
    """Write what BrainFlow writes of a Cyton's or synthetic board's samples."""
    rows = np.zeros((len(kept), n_columns))
    rows[:, 0] = [i % 256 for i in kept]
    rows[:, 1 : 1 + len(signal)] = signal[:, list(kept)].T * COUNT_UV
    rows[:, time] = START + np.array(kept) / 250
    np.savetxt(path, rows, fmt="%.6f", delimiter="\t")
    return path
