"""The card of a model: what it is for machines (JSON) and for people (Markdown)."""

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.data import Night
from models.plan import Plan
from monitor.domain.stage import STAGES
from monitor.staging.bundle import RECIPE, bundle_of, shapes_of

NAME, VERSION = "dreamwatch-stager", "1"
SOURCE = (
    "Sleep-EDF Database Expanded, Sleep Cassette study (Kemp et al. 2000), PhysioNet (Goldberger "
    "et al. 2000), Open Data Commons Attribution License 1.0 (ODC-By)"
)


def make_card(
    model: bytes,
    nights: Sequence[Night],
    plan: Plan,
    temperature: float,
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
    temperature : float
        Which calibrates its probabilities.
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
            "temperature": temperature,
        },
        "cross_validation": dict(figures),
    }


def write_model(out: Path, model: bytes, card: Mapping[str, Any]) -> None:
    """Write ``stager.onnx``, ``stager.json`` and ``MODEL_CARD.md`` into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "stager.onnx").write_bytes(model)
    (out / "stager.json").write_text(json.dumps(card, indent=1) + "\n")
    (out / "MODEL_CARD.md").write_text(render(card))


def render(card: Mapping[str, Any]) -> str:
    """Write the card for people, in Markdown; every figure comes from `card`."""
    figures, recipe = card["cross_validation"], card["recipe"]
    tables = {
        "setups": [_setup_row(name, figures[name]) for name in _TITLES],
        "f1": [_stage_row(name, figures[name]["f1"]) for name in _TITLES],
        "recall": [_stage_row(name, figures[name]["recall"]) for name in _TITLES],
    }
    return _TEMPLATE.format(
        **card | card["training"] | recipe,
        **{name: "\n".join(rows) for name, rows in tables.items()},
        n_subjects=len(card["training"]["subjects"]),
        bands=", ".join(f"{low:g}-{high:g}" for low, high in recipe["bands_hz"]),
        low_hz=recipe["passband_hz"][0],
        high_hz=recipe["passband_hz"][1],
        memories=", ".join(f"{n:g}" for n in recipe["context_horizons_epochs"]),
    )


_TITLES = {
    "fpz": "one EEG channel, Fpz-Cz",
    "pz": "one EEG channel, Pz-Oz",
    "all": "both and EOG",
    "cold_start": "cold start in mid-sleep, Fpz-Cz, first hour",
}


def _setup_row(name: str, figures: Mapping[str, Any]) -> str:
    low, high = figures["interval"]
    return (
        f"| {_TITLES[name]} | {figures['kappa']:.3f} ({low:.3f} to {high:.3f}) "
        f"| {figures['acc']:.3f} | {figures['ece']:.3f} |"
    )


def _stage_row(name: str, values: Mapping[str, float]) -> str:
    return f"| {_TITLES[name]} | " + " | ".join(f"{values[stage]:.2f}" for stage in STAGES) + " |"


_TEMPLATE = """# Model card: {name} {version}

Written by `dreamwatch train` on {date}; `stager.json` holds the same for machines.

## What it does

Stages 30-s epochs of sleep EEG as wake, N1, N2, N3 or REM while they happen: each epoch is scored
from itself and what came before, never from what follows. It sees any number of EEG derivations,
with or without EOG, as the logarithm of the power in five bands. Every input is a difference in
which a constant of the recording and channel cancels, so units and amplifier gain do not matter.
One recurrent unit reads each channel, a second one follows the sleeper from the mean over the
channels that are usable now. It is not a medical device.

## Data

{data}.

{n_subjects} subjects, {nights} nights, {epochs} scored 30-s epochs of Fpz-Cz, Pz-Oz and EOG, each
night from half an hour before sleep to half an hour after. Healthy adults of one study, scored
after Rechtschaffen and Kales with S3 and S4 as N3.

## Recipe

- Signal: {filter}, {low_hz:g} to {high_hz:g} Hz.
- Of each {epoch_s}-s epoch and channel: power in {bands} Hz ({spectrum}, {window_s:g} s; {power}).
- What the network sees: each band minus the mean of bands; minus its running means over the past
  {memories} epochs; the last of these in standard deviations; how much was seen.

Trained on random crops of one to four hours that begin with the recording or anywhere in the
night, some with a piece cut out (a reconnect); half of the batches show one EEG channel only, the
others all three with channels missing throughout or for a while; a random spectral tilt and band
offset per recording and channel; noise on every feature. {passes} passes, seed {seed}, moving
average of the weights, temperature {temperature} fitted on the cross-validation.

## Results

Subject-wise {folds}-fold cross-validation on the same table; no subject is in both halves of a
split. κ is Cohen's, pooled over all epochs, with a 95 % interval by bootstrap over subjects; ECE
is the expected calibration error.

| seen by the model | κ | accuracy | ECE |
| --- | --- | --- | --- |
{setups}

F1 of each stage:

| seen by the model | W | N1 | N2 | N3 | R |
| --- | --- | --- | --- | --- | --- |
{f1}

Recall of each stage:

| seen by the model | W | N1 | N2 | N3 | R |
| --- | --- | --- | --- | --- | --- |
{recall}

Human scorers agree with each other at κ .69 to .76 (N1 .24).

## Limits

- One study of healthy adults. No children, no sleep disorder, no drug that changes the EEG was
  seen.
- N1 is found rarely, as by people. Figures pool all epochs; a single night can be far worse.
- In a recording that begins in mid-sleep it knows nothing of the sleeper's wake; see the cold
  start above.
- It scores what the electrodes deliver; whether a channel is usable must be decided before.
"""
