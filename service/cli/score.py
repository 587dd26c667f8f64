"""``dreamwatch score``: stage recordings as they would have been staged live."""

import csv
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import edfio
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from monitor.domain.epoch import ScoredEpoch
from monitor.domain.errors import DreamwatchError
from monitor.domain.stage import EPOCH_S, STAGES
from monitor.sources.annotations import STAGE_TEXTS
from monitor.sources.edf import BLOCK_S, EdfSource
from monitor.sources.openbci import OpenBciSource
from monitor.sources.recording import open_recording
from monitor.staging.bundle import ModelBundle, load_bundle
from monitor.staging.calibration import Calibration, load_calibration
from monitor.staging.statistics import sleep_statistics
from service.losses import count_losses
from service.scoring import Night, score_night

COLUMNS = ["onset_s", "duration_s", "stage", "p_w", "p_n1", "p_n2", "p_n3", "p_r", "quality"]

console = Console(stderr=True)


def score(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Recordings: EDF, EDF+, BDF, OpenBCI GUI text or SD card, BrainFlow CSV."
        ),
    ],
    channels: Annotated[
        str,
        typer.Option(
            help="Labels separated by commas; of OpenBCI files 1:Fpz-M2,2:C3-M2. Default: all."
        ),
    ] = "",
    out: Annotated[Path, typer.Option(help="Where the results go.")] = Path(),
    calibration: Annotated[
        Path | None,
        typer.Option(help="Of the wearer, as dreamwatch calibrate wrote it."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Also print the summary, one JSON object a file.")
    ] = False,
) -> None:
    """Stage recordings with the live, strictly causal path.

    Writes NAME.hypnogram.csv, NAME.hypnogram.edf (EDF+ annotations) and NAME.summary.json for each
    recording. A recording that cannot be read is named and left out; the exit status is then 1.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DreamwatchError(f"{out}: cannot be made: {error.strerror}") from error
    _check_names(files)
    bundle = load_bundle()
    wearer = load_calibration(calibration, bundle) if calibration else None
    failed = 0
    for file in files:
        try:
            summary = _score_file(file, channels, out, bundle, wearer)
        except DreamwatchError as error:
            console.print(Text.assemble(("not scored: ", "red"), str(error)), soft_wrap=True)
            failed += 1
            continue
        if as_json:
            typer.echo(json.dumps(summary))
    raise typer.Exit(1 if failed else 0)


def _check_names(files: list[Path]) -> None:
    """Refuse recordings whose results would overwrite each other."""
    stems = [file.stem for file in files]
    for file in files:
        if stems.count(file.stem) > 1:
            raise DreamwatchError(f"several recordings are named {file.stem}: score them apart")


def _score_file(
    file: Path, channels: str, out: Path, bundle: ModelBundle, calibration: Calibration | None
) -> dict[str, Any]:
    night = stage_recording(file, channels, bundle, calibration)
    summary = summarise(file, night, bundle, calibration)
    try:
        write_csv(out / f"{file.stem}.hypnogram.csv", night.epochs)
        write_annotations(out / f"{file.stem}.hypnogram.edf", night.epochs)
        (out / f"{file.stem}.summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    except OSError as error:
        raise DreamwatchError(f"{error.filename}: cannot be written: {error.strerror}") from error
    _say(file, summary)
    return summary


def stage_recording(
    file: Path, channels: str, bundle: ModelBundle, calibration: Calibration | None = None
) -> Night:
    """Stage a recording with the live path, showing how far it is.

    Raises
    ------
    DreamwatchError
        When it cannot be read or is shorter than an epoch.
    """
    source = open_recording(str(file), {"channels": channels} if channels else {}, chunk_s=BLOCK_S)
    try:
        night = _with_progress(source, bundle, calibration)
    finally:
        source.close()
    if not night.epochs:
        raise DreamwatchError(
            f"{file}: {night.duration_s:g} s of signal are less than one epoch of {EPOCH_S} s"
        )
    return night


def _with_progress(
    source: EdfSource | OpenBciSource, bundle: ModelBundle, calibration: Calibration | None
) -> Night:
    columns = TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(source.path.name, total=source.n_samples)
        return score_night(
            source, bundle, lambda done: progress.update(task, completed=done), calibration
        )


def summarise(
    file: Path, night: Night, bundle: ModelBundle, calibration: Calibration | None
) -> dict[str, Any]:
    """Return what is said of a night: how it was recorded, staged, and slept."""
    return {
        "file": str(file),
        "sfreq": night.sfreq,
        "ch_names": list(night.ch_names),
        "duration_s": night.duration_s,
        "n_epochs": len(night.epochs),
        "model": bundle.name,
        "calibration": calibration.to_dict() if calibration else None,
        "lost": asdict(
            count_losses(((g.n_samples, g.cause) for g in night.losses), night.sfreq),
        ),
        "statistics": sleep_statistics([epoch.stage for epoch in night.epochs]).to_dict(),
    }


def write_csv(path: Path, epochs: list[ScoredEpoch]) -> None:
    """Write one line an epoch, `COLUMNS`; probabilities are empty where it is unscored."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for epoch in epochs:
            proba = [f"{epoch.proba[s]:.4f}" if epoch.proba else "" for s in STAGES]
            row = [f"{epoch.onset_s:g}", EPOCH_S, epoch.stage, *proba, f"{epoch.quality:.3f}"]
            writer.writerow(row)


def write_annotations(path: Path, epochs: list[ScoredEpoch]) -> None:
    """Write the stages as EDF+ annotations in the words of the EDF+ standard texts."""
    annotations = [
        edfio.EdfAnnotation(epoch.onset_s, EPOCH_S, STAGE_TEXTS[epoch.stage]) for epoch in epochs
    ]
    edfio.Edf([], annotations=annotations).write(path)


def _say(file: Path, summary: dict[str, Any]) -> None:
    night = summary["statistics"]
    minutes = ", ".join(f"{stage} {night['stage_min'][stage]:g}" for stage in STAGES)
    text = (
        f"{file.name}: {summary['n_epochs']} epochs, minutes {minutes}; "
        f"asleep {night['total_sleep_min']:g} min ({night['sleep_efficiency']:.0%}), "
        f"{_count(night['awakenings'], 'awakening')}, {_count(len(night['cycles']), 'cycle')}"
    )
    console.print(Text(text), highlight=False, soft_wrap=True)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
