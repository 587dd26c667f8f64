"""``dreamwatch simulate``: a synthetic night with its true stages."""

import csv
import datetime
from pathlib import Path
from typing import Annotated

import edfio
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from monitor.domain.errors import DreamwatchError
from monitor.domain.inputs import Chunk, Gap
from monitor.domain.stage import EPOCH_S
from monitor.sources.annotations import STAGE_TEXTS
from monitor.sources.simulator import RAIL_UV, SCENARIOS, SimulatorSource, open_simulator

RECORD_S = 5
"""Length of a data record: below the 61,440 bytes that EDF advises at up to 1 kHz and 6 rows."""
STARTED = datetime.date(2000, 1, 1), datetime.time(22)
"""Start written into every file: no clock is looked at, so equal nights are equal files."""
STEP_UV = RAIL_UV / np.iinfo(np.int16).max
"""One step of the 16-bit samples: 0.1 µV."""

console = Console(stderr=True)


def simulate(
    out: Annotated[Path, typer.Argument(help="The EDF+ file to write.")],
    hours: Annotated[float, typer.Option(help="Length, 0.1 to 24 h.")] = 8.0,
    seed: Annotated[int, typer.Option(help="Equal seeds make equal nights.")] = 1,
    scenario: Annotated[str, typer.Option(help=f"One of {', '.join(SCENARIOS)}.")] = "normal",
    sfreq: Annotated[int, typer.Option(help="Sampling rate, 64 to 1000 Hz.")] = 250,
    age: Annotated[float, typer.Option(help="Age of the sleeper, 5 to 95 years.")] = 30.0,
    planned_minutes: Annotated[
        float | None, typer.Option(help="Planned end, to which scenarios are timed.")
    ] = None,
    channels: Annotated[
        str, typer.Option(help="Channels to write, separated by commas. Default: all.")
    ] = "",
    hypnogram: Annotated[
        Path | None,
        typer.Option(help="Also write the true stages as CSV: onset_s,duration_s,stage."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
) -> None:
    """Write a synthetic night as EDF+ with its true stages as annotations.

    EDF+ has no holes: where the scenario loses the signal there are zeros, under an annotation
    "Signal lost".
    """
    options = {
        "hours": hours,
        "seed": seed,
        "scenario": scenario,
        "sfreq": sfreq,
        "age": age,
        "planned_minutes": planned_minutes,
        "channels": channels,
    }
    source = open_simulator({k: str(v) for k, v in options.items() if v not in (None, "")})
    targets = [out] if hypnogram is None else [out, hypnogram]
    if hypnogram is not None and hypnogram.resolve() == out.resolve():
        raise DreamwatchError(f"{out}: the night and its hypnogram need two names")
    for target in targets:
        _check_writable(target, force)
    samples, lost = _read(source)
    recording = _recording(source, samples, lost, ("sim", scenario, f"seed_{seed}"))
    try:
        recording.write(out)
        if hypnogram is not None:
            _write_hypnogram(hypnogram, source)
    except OSError as error:
        path, why = error.filename or out, error.strerror or error
        raise DreamwatchError(f"{path}: cannot be written: {why}") from error
    console.print(f"{out}: {hours:g} h, {', '.join(source.montage.ch_names)}", highlight=False)


def _check_writable(out: Path, force: bool) -> None:
    """Say that a file cannot be written before the night is made, not after."""
    is_new = not out.exists()
    if not (is_new or force):
        raise DreamwatchError(f"{out}: is there already; --force overwrites it")
    try:
        out.open("ab").close()
        if is_new:
            out.unlink()
    except OSError as error:
        raise DreamwatchError(f"{out}: cannot be written: {error.strerror}") from error


def _read(source: SimulatorSource) -> tuple[NDArray[np.int16], list[Gap]]:
    """Read a night whole, in steps of `STEP_UV`; lost samples are zero."""
    n_samples = source.n_samples or 0
    samples = np.zeros((len(source.montage.channels), n_samples), dtype=np.int16)
    lost = []
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("simulating", total=n_samples)
        while (inputs := source.read()) is not None:
            for item in inputs:
                if isinstance(item, Chunk):
                    end = item.first_sample + item.n_samples
                    samples[:, item.first_sample : end] = np.rint(item.data / STEP_UV)
                    progress.update(task, completed=end)
                elif isinstance(item, Gap):
                    lost.append(item)
    return samples, lost


def _recording(
    source: SimulatorSource, samples: NDArray[np.int16], lost: list[Gap], about: tuple[str, ...]
) -> edfio.Edf:
    limit = np.iinfo(np.int16).max
    signals = [
        edfio.EdfSignal.from_digital(
            row,
            source.sfreq,
            label=f"{channel.kind} {channel.name}",
            physical_dimension="uV",
            physical_range=(-limit * STEP_UV, limit * STEP_UV),
            digital_range=(-limit, limit),
        )
        for channel, row in zip(source.montage.channels, samples, strict=True)
    ]
    return edfio.Edf(
        signals,
        recording=edfio.Recording(startdate=STARTED[0], additional=about),
        starttime=STARTED[1],
        data_record_duration=RECORD_S,
        annotations=[*_stages(source), *_losses(source, lost)],
    )


def _stages(source: SimulatorSource) -> list[edfio.EdfAnnotation]:
    """Return the true stages in the standard texts of EDF+."""
    return [
        edfio.EdfAnnotation(index * EPOCH_S, EPOCH_S, STAGE_TEXTS[stage])
        for index, stage in enumerate(source.truth())
    ]


def _write_hypnogram(path: Path, source: SimulatorSource) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["onset_s", "duration_s", "stage"])
        writer.writerows(
            [index * EPOCH_S, EPOCH_S, stage] for index, stage in enumerate(source.truth())
        )


def _losses(source: SimulatorSource, lost: list[Gap]) -> list[edfio.EdfAnnotation]:
    return [
        edfio.EdfAnnotation(
            gap.first_sample / source.sfreq, gap.n_samples / source.sfreq, "Signal lost"
        )
        for gap in lost
    ]
