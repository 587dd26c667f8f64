"""Another laboratory: wake against deep sleep of patients, in units nobody calibrated.

Run as ``python -m models.transfer FOLDER`` with ``*_wake_n3.npz`` files of the St Vincent's
University Hospital / University College Dublin sleep apnea database (PhysioNet, ODC-By 1.0):
``x (n, samples)`` of one EEG channel, ``epoch (n,)`` the numbers of these epochs in the night,
``stages (n,)`` 0 (W) or 3 (N3), ``sfreq``. Measures the shipped model, which was not trained on
them, through a session: what lies between the epochs is lost signal. Puts the figures into the
card.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from models.card import write_json, write_markdown
from models.figures import rounded
from monitor.domain.config import SessionConfig
from monitor.domain.errors import ModelError
from monitor.domain.events import EpochScored
from monitor.domain.inputs import Chunk, Gap
from monitor.domain.montage import Montage
from monitor.domain.stage import STAGES, Stage
from monitor.session import MonitorSession
from monitor.staging.bundle import MODEL_FILE, ModelBundle, load_bundle

MONTAGE = Montage.from_names(["C3-A2"])
W, N3 = STAGES.index(Stage.W), STAGES.index(Stage.N3)


def watch(bundle: ModelBundle, path: Path) -> tuple[NDArray[np.integer], NDArray[np.str_]]:
    """Return the true stages of a file's epochs, and what a session said of each."""
    with np.load(path) as recording:
        signal, numbers = recording["x"].astype(float), recording["epoch"].tolist()
        truth, sfreq = recording["stages"], float(recording["sfreq"])
    config = SessionConfig("bed", "transfer", 0.0, sfreq, MONTAGE, live=False, watched=False)
    session = MonitorSession(config, bundle)
    events = session.begin()
    for number, epoch in zip(numbers, signal, strict=True):
        if lost := number * signal.shape[1] - session.position:
            events += session.push(Gap(session.position, lost, "not recorded"))
        events += session.push(Chunk(epoch[None], session.position))
    said = [event.epoch.stage for event in events if isinstance(event, EpochScored)]
    return truth, np.array([said[number] for number in numbers])


def measure(bundle: ModelBundle, paths: Sequence[Path]) -> dict[str, Any]:
    """Figures of all files together, as JSON values.

    Returns
    -------
    dict
        ``recordings``, ``epochs``; ``staged``, the share that was given a stage, and of these the
        recall of ``wake``, of deep sleep as any ``sleep`` and as ``n3``; ``balanced``, the mean of
        ``wake`` and ``sleep``.
    """
    truth, said = map(np.concatenate, zip(*(watch(bundle, path) for path in paths), strict=True))
    staged = said != Stage.UNSCORED
    wake, deep = said[staged & (truth == W)], said[staged & (truth == N3)]
    recalls = {
        "wake": np.mean(wake == Stage.W),
        "sleep": np.mean(deep != Stage.W),
        "n3": np.mean(deep == Stage.N3),
    }
    return {
        "recordings": len(paths),
        "epochs": len(truth),
        "staged": rounded(staged.mean()),
        "balanced": rounded((recalls["wake"] + recalls["sleep"]) / 2),
        **{name: rounded(value) for name, value in recalls.items()},
    }


def main(
    source: Annotated[Path, typer.Argument(help="Folder of *_wake_n3.npz files.")],
    folder: Annotated[Path, typer.Option(help="Where the model and its card are.")] = Path(
        "models"
    ),
) -> None:
    """Measure the model in a folder on another laboratory's wake and deep sleep."""
    paths = sorted(source.glob("*_wake_n3.npz"))
    if not paths:
        raise ModelError(f"{source} holds no *_wake_n3.npz")
    figures = measure(load_bundle(folder / MODEL_FILE), paths)
    Console().print_json(json.dumps(figures))
    card = folder / MODEL_FILE.replace("onnx", "json")
    write_json(card, json.loads(card.read_text()) | {"transfer": figures})
    write_markdown(folder)


if __name__ == "__main__":
    typer.run(main)
