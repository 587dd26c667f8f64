"""``dreamwatch calibrate``: fit the probabilities to one wearer from a night of theirs."""

import datetime
import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from models.calibrate import fit_calibration
from monitor.domain.errors import DreamwatchError
from monitor.domain.stage import STAGES, Stage
from monitor.staging.bundle import load_bundle
from service.cli.score import console, stage_recording
from service.hypnograms import read_hypnogram


def calibrate(
    recording: Annotated[Path, typer.Argument(help="EDF, EDF+ or BDF recording of the wearer.")],
    hypnogram: Annotated[
        Path,
        typer.Option(
            help="What a human scored of it: EDF+ annotations, or CSV with onset_s, duration_s "
            "and stage. Onsets count from the start of the recording."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Where the calibration goes.")] = Path("wearer.json"),
    channels: Annotated[
        str, typer.Option(help="Channels to use, separated by commas. Default: all EEG, EOG, EMG.")
    ] = "",
) -> None:
    """Adapt the stager to one wearer from a night that a human scored.

    The model itself stays as it is: a temperature and a bias for each stage are fitted to what it
    says of this night, and written for ``dreamwatch score --calibration``. Use the channels that
    the wearer will wear. MODEL_CARD.md tells what this brings on another night.
    """
    bundle = load_bundle()
    epochs = stage_recording(recording, channels, bundle).epochs
    truth = read_hypnogram(hypnogram, len(epochs))
    calibration = fit_calibration(
        np.array([[epoch.proba.get(stage, np.nan) for stage in STAGES] for epoch in epochs]),
        np.array([-1 if stage is Stage.UNSCORED else STAGES.index(stage) for stage in truth]),
        bundle,
        datetime.datetime.now(datetime.UTC).date(),
    )
    try:
        out.write_text(json.dumps(calibration.to_dict(), indent=2) + "\n")
    except OSError as error:
        raise DreamwatchError(f"{out}: cannot be written: {error.strerror}") from error
    console.print(
        f"wrote {out}: {calibration.n_epochs} epochs, κ within this night "
        f"{calibration.kappa_before} before and {calibration.kappa_after} after",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )
