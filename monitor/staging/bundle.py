"""The staging model as it is shipped: an ONNX graph and the card that tells what it is."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from monitor.domain.errors import ModelError
from monitor.domain.stage import EPOCH_S, STAGES
from monitor.signal.features import BANDS_HZ, WINDOW_S
from monitor.signal.filter import PASSBAND_HZ
from monitor.staging.context import HORIZONS, N_FEATURES

MODEL_FILE = "stager.onnx"
MAX_MODEL_BYTES = 2 * 1024 * 1024
"""A model that travels with the wheel stays small."""

RECIPE: Mapping[str, Any] = {
    "epoch_s": EPOCH_S,
    "bands_hz": [list(band) for band in BANDS_HZ],
    "filter": "causal Butterworth band-pass, order 4",
    "passband_hz": list(PASSBAND_HZ),
    "spectrum": "Welch, Hamming window, half overlap, median average",
    "window_s": WINDOW_S,
    "power": "trapezoidal integral of each band, natural logarithm",
    "context_horizons_epochs": list(HORIZONS),
}
"""What a model must have been trained on to fit this code."""

_DAMAGED = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NotImplemented,
)

_CARD: Mapping[str, type] = {
    "name": str,
    "version": str,
    "date": str,
    "sha256": str,
    "stages": list,
    "recipe": dict,
    "inputs": dict,
    "outputs": dict,
    "training": dict,
    "cross_validation": dict,
}


@dataclass(frozen=True, slots=True, eq=False)
class ModelBundle:
    """A loaded staging model.

    Parameters
    ----------
    card : dict
        What the model is, what it was trained on, and how well it does.
    session : onnxruntime.InferenceSession
        Runs one epoch of any number of dreamers on one thread.
    channel_units, units : int
        Widths of the recurrent states of a channel and of a dreamer.
    """

    card: Mapping[str, Any]
    session: ort.InferenceSession
    channel_units: int
    units: int

    @property
    def name(self) -> str:
        """Name and version, as results tell them."""
        return f"{self.card['name']} {self.card['version']}"


def load_bundle(path: Path | None = None) -> ModelBundle:
    """Load a model and the card of the same name beside it.

    Parameters
    ----------
    path : Path or None
        The ``.onnx`` file; None for the model that is shipped.

    Raises
    ------
    ModelError
        When a file is missing or damaged, or the model does not fit its card or this code.
    """
    model: Traversable = path if path else files("models") / MODEL_FILE
    card_file: Traversable = (
        path.with_suffix(".json") if path else files("models") / MODEL_FILE.replace("onnx", "json")
    )
    card = _check_card(card_file, _read(card_file))
    content = _read(model)
    digest = hashlib.sha256(content).hexdigest()
    _expect(model, "sha256", digest, card["sha256"])
    bundle = bundle_of(str(model), content, card)
    inputs, outputs = shapes_of(bundle.session)
    _expect(model, "inputs", inputs, card["inputs"])
    _expect(model, "outputs", outputs, card["outputs"])
    return bundle


def bundle_of(name: str, content: bytes, card: Mapping[str, Any]) -> ModelBundle:
    """Open an ONNX model on one thread: many dreamers share a core, never a dreamer many.

    Raises
    ------
    ModelError
        When it is damaged or takes other features than this code makes.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except _DAMAGED as error:
        raise ModelError(f"{name} is no model that onnxruntime can run: {error}") from error
    widths = {put.name: put.shape[-1] for put in session.get_inputs()}
    _expect(name, "width of features", widths["features"], N_FEATURES)
    return ModelBundle(card, session, widths["channel_state"], widths["sleeper_state"])


def shapes_of(session: ort.InferenceSession) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Shapes of the inputs and of the outputs by name; dimensions that vary are words."""
    inputs, outputs = (
        {put.name: put.shape for put in puts}
        for puts in (session.get_inputs(), session.get_outputs())
    )
    return inputs, outputs


def _read(file: Traversable) -> bytes:
    """Read a model or a card, neither longer than a model may be."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_MODEL_BYTES + 1)
    except OSError as error:
        raise ModelError(f"{file} cannot be read: {error}") from error
    if len(content) > MAX_MODEL_BYTES:
        raise ModelError(f"{file} is longer than {MAX_MODEL_BYTES} bytes")
    return content


def _check_card(file: Traversable, content: bytes) -> dict[str, Any]:
    """Return the card when it has every entry and tells of a model for this code."""
    try:
        card = json.loads(content)
    except ValueError as error:
        raise ModelError(f"{file} is not JSON: {error}") from error
    if not isinstance(card, dict):
        raise ModelError(f"{file} holds a {type(card).__name__}, expected an object")
    for name, kind in _CARD.items():
        if not isinstance(card.get(name), kind):
            raise ModelError(f"{file}: {name} is {card.get(name)!r}, expected a {kind.__name__}")
    _expect(file, "stages", card["stages"], list(STAGES))
    for name, value in RECIPE.items():
        _expect(file, f"recipe.{name}", card["recipe"].get(name), value)
    return card


def _expect(file: Traversable | str, name: str, value: object, expected: object) -> None:
    if value != expected:
        raise ModelError(f"{file}: {name} is {value}, expected {expected}")
