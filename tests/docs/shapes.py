"""JSON schemas in words: what a field may be, and the fields of every shape."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service.contract import DATA
from tests.docs.markdown import code, sentence, summary, table

Schema = dict[str, Any]
MESSAGES = {shape.__name__: f"[{name}](#message-{name})" for name, shape in DATA.items()}
"""Shapes that the section of messages describes."""
_TIME = "ISO 8601 UTC"
_WORDS = {"integer": "whole number", "number": "number", "boolean": "true or false", "null": "null"}
_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "minLength": "from",
    "maxLength": "to",
}


def said(schema: Schema) -> str:
    """Say in a few words what a value may be."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return MESSAGES.get(name, f"[{name}](#{name.lower()})")
    if schema.get("description") == _TIME:
        return f"time, {_TIME}"
    if "const" in schema:
        return code(schema["const"])
    if "enum" in schema:
        return ", ".join(map(code, schema["enum"]))
    for several in ("anyOf", "allOf", "oneOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(map(said, schema[several])))
    return _plain(schema)


def _plain(schema: Schema) -> str:
    kind = schema.get("type", "any JSON")
    if kind == "array":
        if "prefixItems" in schema:
            return f"[{', '.join(map(said, schema['prefixItems']))}]"
        return f"list of {said(schema.get('items', {}))}"
    if kind == "object":
        inner = schema.get("additionalProperties")
        return f"object of {said(inner)}" if isinstance(inner, dict) and inner else "object"
    if kind == "string":
        return f"text{_length(schema)}"
    words = [_WORDS.get(kind, kind)]
    words += [f"{word} {schema[name]:g}" for name, word in _BOUNDS.items() if name in schema]
    return ", ".join(words)


def _length(schema: Schema) -> str:
    if schema.get("format") in ("date", "date-time"):
        return f", a {schema['format']}"
    limits = [f"{_BOUNDS[n]} {schema[n]}" for n in ("minLength", "maxLength") if n in schema]
    return f", {' '.join(limits)} characters" if limits else ""


def fields(schema: Schema) -> Iterator[tuple[str, str, str]]:
    """Yield name, type and remark of every field of a shape."""
    needed = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        remark = sentence(inner.get("description", "").removeprefix(_TIME))
        if name not in needed:
            default = inner.get("default")
            left_out = f"{code(default)} if left out" if default not in (None, "", [], {}) else ""
            remark = "; ".join(filter(None, (remark, left_out or "may be left out")))
        yield code(name), said(inner), remark


def describe(schemas: dict[str, Schema]) -> str:
    """Write every shape under its name, but those that are messages."""
    parts = []
    for name in sorted(schemas.keys() - MESSAGES.keys(), key=str.lower):
        schema = schemas[name]
        parts.append(f"### {name}\n\n{summary(schema.get('description'))}")
        if "enum" in schema:
            parts[-1] += f"\n\nOne of {said(schema)}."
        elif rows := list(fields(schema)):
            parts[-1] += "\n\n" + table(("field", "type", ""), rows)
    return "\n\n".join(part.strip() for part in parts)


def schemas_of(shapes: Iterable[type[BaseModel]]) -> dict[str, Schema]:
    """Return the schemas of some shapes and of all that they hold."""
    wanted = [(shape, "serialization") for shape in shapes]
    found: dict[str, Schema] = models_json_schema(wanted)[1]["$defs"]
    return found
