"""The card of a model: what it is for machines (JSON) and for people (Markdown).

``python -m models.card [FOLDER]`` writes ``MODEL_CARD.md`` anew from ``stager.json`` and, if it is
there, ``comparison.json``: the words change, the figures stay those that were measured.
"""

import datetime
import hashlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from models.card_text import render
from models.data import Night
from models.plan import Plan
from models.predict import Correction
from monitor.domain.stage import STAGES
from monitor.staging.bundle import MODEL_FILE, RECIPE, bundle_of, shapes_of

NAME, VERSION = "dreamwatch-stager", "2"
SOURCE = (
    "Sleep-EDF Database Expanded, Sleep Cassette study (Kemp et al. 2000), PhysioNet (Goldberger "
    "et al. 2000), Open Data Commons Attribution License 1.0 (ODC-By)"
)


def make_card(
    model: bytes,
    nights: Sequence[Night],
    plan: Plan,
    correction: Correction,
    figures: Mapping[str, Any],
    date: datetime.date,
) -> dict[str, Any]:
    """Describe a model.

    Parameters
    ----------
    model : bytes
        The ONNX file.
    nights : sequence of Night
        What it was trained on.
    plan : Plan
        How it was trained.
    correction : Correction
        Of its probabilities.
    figures : dict
        `models.evaluate.report` of the cross-validation.
    date : datetime.date
        When.
    """
    inputs, outputs = shapes_of(bundle_of(NAME, model, {}).session)
    return {
        "name": NAME,
        "version": VERSION,
        "date": date.isoformat(),
        "sha256": hashlib.sha256(model).hexdigest(),
        "stages": list(STAGES),
        "recipe": dict(RECIPE),
        "inputs": inputs,
        "outputs": outputs,
        "training": {
            "data": SOURCE,
            "channels": ["Fpz-Cz", "Pz-Oz", "EOG"],
            "subjects": sorted({night.subject for night in nights}),
            "nights": len(nights),
            "epochs": int(sum(np.count_nonzero(night.labels >= 0) for night in nights)),
            "folds": plan.folds,
            "passes": plan.passes,
            "seed": plan.seed,
            "members": plan.members,
            "correction": asdict(correction),
        },
        "cross_validation": dict(figures),
    }


def write_model(out: Path, model: bytes, card: Mapping[str, Any]) -> None:
    """Write the model, its card for machines and ``MODEL_CARD.md`` into the folder `out`."""
    path = out / MODEL_FILE
    path.write_bytes(model)
    write_json(path.with_suffix(".json"), card)
    write_markdown(out)


def write_markdown(folder: Path) -> None:
    """Write ``MODEL_CARD.md`` from the measured figures that lie beside it."""
    comparison = folder / "comparison.json"
    text = render(
        json.loads((folder / MODEL_FILE).with_suffix(".json").read_text()),
        json.loads(comparison.read_text()) if comparison.exists() else None,
    )
    (folder / "MODEL_CARD.md").write_text(text)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write figures as people can read and compare them: each innermost list on one line."""
    text = json.dumps(content, indent=1)
    path.write_text(re.sub(r"\[\n[^\[\]{}]*\]", _on_one_line, text) + "\n")


def _on_one_line(values: re.Match[str]) -> str:
    return f"[{' '.join(values[0][1:-1].split())}]"


if __name__ == "__main__":
    write_markdown(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
