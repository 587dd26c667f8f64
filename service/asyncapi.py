"""The AsyncAPI 3.0 document of the stream, made from the contract's types.

``python -m service.asyncapi`` prints it; the service has it at ``/api/v1/asyncapi.json``.
"""

import json
import sys
from functools import cache
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field, TypeAdapter, create_model
from pydantic.json_schema import models_json_schema

from service.contract import ENTRIES, TELEMETRY, LogEntry
from service.cursors import First
from service.entries import TYPES
from service.stream import PATH, ROLES

_SCHEMAS = "#/components/schemas/{model}"
_QUERY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "cursor": {
            "type": "string",
            "description": "JSON of a cursor, or null; without it, the first message is awaited",
        },
        "dreamer": {"type": "array", "items": {"type": "string"}},
        "types": {
            "type": "string",
            "description": f"comma-separated, of {', '.join(TYPES)}; heartbeats come anyway",
        },
        "role": {"enum": list(ROLES), "default": ROLES[0]},
        "ticket": {"type": "string", "description": "of POST /api/v1/tickets, for one connection"},
    },
}
router = APIRouter()


@router.get("/api/v1/asyncapi.json", include_in_schema=False)
async def show_asyncapi() -> dict[str, Any]:
    """Return the description of the stream."""
    return asyncapi()


@cache
def asyncapi() -> dict[str, Any]:
    """Describe every message that the stream sends, and what a client may say."""
    shapes = sent()
    references, schemas = models_json_schema(
        [(shape, "serialization") for shape in shapes.values()], ref_template=_SCHEMAS
    )
    payloads = {name: references[shape, "serialization"] for name, shape in shapes.items()}
    first = TypeAdapter(First).json_schema(ref_template=_SCHEMAS)
    named = first.pop("$defs", {}) | {"FirstMessage": first}
    messages = {name: _message(name, payload) for name, payload in payloads.items()}
    messages["first"] = _message("first", {"$ref": _SCHEMAS.format(model="FirstMessage")})
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "dreamwatch events", "version": "1", "description": _rules()},
        "defaultContentType": "application/json",
        "channels": {"events": _channel(messages)},
        "operations": {
            "tell": _operation("send", "What happens, and what was missed.", list(payloads)),
            "resume": _operation("receive", "Only at the start, within a second.", ["first"]),
        },
        "components": {"messages": messages, "schemas": schemas["$defs"] | named},
    }


def sent() -> dict[str, type[BaseModel]]:
    """Return the shape of every message that the stream sends, by its type."""
    return {name: _entry(name, data) for name, data in ENTRIES.items()} | TELEMETRY


def _entry(name: str, data: type[BaseModel]) -> type[BaseModel]:
    fields: dict[str, Any] = {"type": (Literal[name], ...), "data": (data, Field())}
    shape = create_model(f"{name.capitalize()}Entry", __base__=LogEntry, **fields)
    shape.__doc__ = data.__doc__
    return shape


def _message(name: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "payload": payload}


def _channel(messages: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": PATH,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"ws": {"method": "GET", "query": _QUERY, "bindingVersion": "0.1.0"}},
    }


def _operation(action: str, summary: str, names: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": "#/channels/events"},
        "messages": [{"$ref": f"#/channels/events/messages/{name}"} for name in names],
    }


def _rules() -> str:
    return (
        "Entries of the log have a seq, gap-free and rising per dreamer; each comes at least once "
        "and in order, and keeps its event_id. A client resumes with its cursor, the last seq of "
        "each dreamer; without one, or with one that this log cannot continue, it gets a snapshot "
        "first. A heartbeat comes each second, after all entries up to its cursor; without one for "
        "5 s nobody counts as monitored. Who is too slow is disconnected with 1013 and resumes. "
        "A program shows its token, Authorization: Bearer, a browser a ticket; whose token holds "
        "no longer is disconnected with 4401. A dreamer's or guardian's token hears of that "
        "dreamer only."
    )


if __name__ == "__main__":
    json.dump(asyncapi(), sys.stdout, indent=2)
    sys.stdout.write("\n")
