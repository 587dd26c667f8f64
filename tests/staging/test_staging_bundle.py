"""The shipped model, and what is said of damaged ones."""

import dataclasses
import hashlib
import json

import pytest

from monitor.domain.errors import ModelError
from monitor.domain.stage import STAGES
from monitor.staging.bundle import MAX_MODEL_BYTES, load_bundle


@pytest.fixture
def copy(tmp_path):
    """Write the shipped model to a folder where it can be damaged; return (model, card)."""
    from importlib.resources import files

    model, card = tmp_path / "stager.onnx", tmp_path / "stager.json"
    model.write_bytes((files("models") / "stager.onnx").read_bytes())
    card.write_bytes((files("models") / "stager.json").read_bytes())
    return model, card


def change_card(card, **changes):
    content = json.loads(card.read_text())
    for path, value in changes.items():
        *parents, name = path.split("__")
        part = content
        for parent in parents:
            part = part[parent]
        part[name] = value
    card.write_text(json.dumps(content))


def test_the_shipped_model_is_what_its_card_says(copy):
    bundle = load_bundle()
    assert bundle.card["stages"] == list(STAGES)
    assert bundle.name == f"{bundle.card['name']} {bundle.card['version']}"
    assert copy[0].stat().st_size <= MAX_MODEL_BYTES
    assert load_bundle(copy[0]).card == bundle.card
    with pytest.raises(dataclasses.FrozenInstanceError):
        bundle.card = {}


@pytest.mark.parametrize("name", ["stager.onnx", "stager.json"])
def test_a_missing_file_is_named(copy, name):
    (copy[0].parent / name).unlink()
    with pytest.raises(ModelError, match=f"{name} cannot be read"):
        load_bundle(copy[0])


@pytest.mark.parametrize("name", ["stager.onnx", "stager.json"])
def test_a_file_beyond_the_bound_is_refused(copy, name):
    (copy[0].parent / name).write_bytes(b" " * (MAX_MODEL_BYTES + 1))
    with pytest.raises(ModelError, match=rf"{name} is longer than {MAX_MODEL_BYTES} bytes"):
        load_bundle(copy[0])


def test_a_changed_byte_is_found(copy):
    content = bytearray(copy[0].read_bytes())
    content[len(content) // 2] ^= 1
    copy[0].write_bytes(content)
    with pytest.raises(ModelError, match=r"stager\.onnx: sha256 is .*, expected "):
        load_bundle(copy[0])


@pytest.mark.parametrize("content", [b"", b"no model", b"\x08\x08"])
def test_what_is_no_model_is_refused_even_with_its_own_digest(copy, content):
    copy[0].write_bytes(content)
    change_card(copy[1], sha256=hashlib.sha256(content).hexdigest())
    with pytest.raises(ModelError, match=r"stager\.onnx is no model that onnxruntime can run"):
        load_bundle(copy[0])


@pytest.mark.parametrize("content", ["", "{", "[]", '"card"', "{}"])
def test_what_is_no_card_is_refused(copy, content):
    copy[1].write_text(content)
    with pytest.raises(ModelError, match=r"stager\.json"):
        load_bundle(copy[0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sha256": "0" * 64}, "sha256 is .*, expected 0000"),
        ({"stages": ["W", "N1", "N2", "R", "N3"]}, "stages is .*'R', 'N3'.*, expected"),
        ({"training": None}, "training is None, expected a dict"),
        ({"recipe__window_s": 2.0}, r"recipe\.window_s is 2\.0, expected 4\.0"),
        ({"recipe__bands_hz": [[0.5, 4]]}, r"recipe\.bands_hz is .*, expected"),
        ({"inputs__features": ["dreamers", "channels", 3]}, "inputs is .*, expected .*3"),
        ({"outputs__proba": ["dreamers", 4]}, "outputs is .*, expected"),
    ],
)
def test_a_card_of_another_model_is_refused(copy, changes, message):
    change_card(copy[1], **changes)
    with pytest.raises(ModelError, match=message):
        load_bundle(copy[0])
