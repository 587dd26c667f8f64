"""The parts of the reference about the program: commands, sources, settings, roles, routes."""

import inspect
import re
import tempfile
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer
from fastapi import FastAPI
from pydantic.fields import FieldInfo

from monitor.sources import board, lsl, openbci
from monitor.sources.simulator import settings as simulator
from monitor.sources.spec import LINKS, OPENERS
from service.access.roles import MAY, Action, Needs, Role
from service.app import _STATUS, create_app
from service.cli import app as command_line
from service.contract import DATA
from service.errors import NotPermitted, NotSignedIn, TooMany
from service.metrics import _OfStation
from service.settings import ENV_PREFIX, MIN_SECRET, Settings
from tests.docs.markdown import code, number, sentence, summary, table
from tests.docs.shapes import describe, said, schemas_of

OF_THE_MACHINE = {
    "data_dir": "the platform's folder of user data",
    "time_zone": "this machine's",
}
"""Defaults that are another on each machine."""
COMMON_OPTIONS = {
    "dreamer": "whose session it is: 1 to 64 letters, digits, `.`, `_` or `-`",
    "speed": "times faster than life; 0 is as fast as possible; what is live has none",
    "planned_minutes": "planned length; sleeping past it for longer than the limit starts the "
    "wake protocol",
    "profile": "`adult` or `child`: whose wake protocol",
    "calibration": "the wearer's file, from `dreamwatch calibrate`",
    "record": "`yes` or `no`: whether the session is recorded; left out, what is live is",
}
SOURCE_OPTIONS = {
    "edf": ("channels",),
    "openbci": openbci.OPTIONS,
    "sim": tuple(name for name in simulator.OPTIONS if name not in COMMON_OPTIONS),
    "board": ("channels", "master", *board.OPTIONS),
    "lsl": lsl.OPTIONS,
}


def commands() -> str:
    """Return every command with its arguments and options."""
    parts = []
    for name, command in walk_commands():
        words = [f"### {name}", "", *_paragraphs(command.help)]
        if rows := [_parameter(each) for each in command.params if each.name != "help"]:
            words += ["", table(("argument or option", "default", "meaning"), rows)]
        parts.append("\n".join(words))
    return "\n\n".join(parts)


def walk_commands() -> Iterator[tuple[str, Any]]:
    """Yield every command that does something, by what is typed."""
    group = typer.main.get_command(command_line)
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if not hasattr(command, "list_commands"):
            yield f"dreamwatch {name}", command
            continue
        for inner in command.list_commands(None):
            yield f"dreamwatch {name} {inner}", command.get_command(None, inner)


def _paragraphs(text: str | None) -> list[str]:
    return ["\n\n".join(sentence(part) for part in inspect.cleandoc(text or "").split("\n\n"))]


def _parameter(parameter: Any) -> tuple[str, str, str]:
    opts = (*parameter.opts, *parameter.secondary_opts)
    name = parameter.name.upper() if parameter.param_type_name == "argument" else ", ".join(opts)
    default = parameter.default
    if parameter.required:
        shown = "required"
    else:
        shown = "" if default in (None, "", False) else code(number(default))
    also = f" Environment: {code(parameter.envvar)}." if parameter.envvar else ""
    return code(name), shown, f"{sentence(parameter.help or '')}{_range(parameter)}{also}"


def _range(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return f" One of {', '.join(map(code, kind))}."
    if parameter.min is None and parameter.max is None:
        return ""
    if parameter.max is None:
        return f" At least {number(parameter.min)}."
    return f" From {number(parameter.min)} to {number(parameter.max)}."


def sources() -> str:
    """Return the options of every source, and the kinds of source with those of each."""
    common = [(code(name), meaning) for name, meaning in COMMON_OPTIONS.items()]
    rows = []
    for scheme in (*OPENERS, *LINKS):
        kind = "live" if scheme in LINKS else "any speed"
        rows.append((code(f"{scheme}:"), kind, ", ".join(map(code, SOURCE_OPTIONS[scheme]))))
    kinds = table(("source", "time", "options beside those"), rows)
    return f"{table(('option', 'meaning'), common)}\n\n{kinds}"


def settings() -> str:
    """Return every setting."""
    meanings = parameters_of(Settings)
    schema = Settings.model_json_schema()["properties"]
    rows = []
    for name, field in Settings.model_fields.items():
        shape = said({k: v for k, v in schema[name].items() if k != "default"})
        default = OF_THE_MACHINE.get(name) or _default(field)
        meaning = meanings[name].replace("`MIN_SECRET`", str(MIN_SECRET))
        rows.append((code(name), code(f"{ENV_PREFIX}{name.upper()}"), shape, default, meaning))
    return table(("setting", "environment", "type", "default", "meaning"), rows)


def _default(field: FieldInfo) -> str:
    value = field.get_default()
    plain = getattr(value, "get_secret_value", lambda: value)()
    return "none" if plain in (None, "", ()) else code(number(plain))


def parameters_of(documented: type) -> dict[str, str]:
    """Return what a class's docstring says of its parameters, by their names."""
    text = inspect.cleandoc(documented.__doc__ or "").partition("Parameters\n----------\n")[2]
    found: dict[str, str] = {}
    for names, meaning in re.findall(r"^(\S.*?) : .*\n((?:(?: {4}.*)?\n?)+)", text, re.M):
        found |= dict.fromkeys(names.split(", "), sentence(meaning))
    return found


def roles() -> str:
    """Return who may do what."""
    meanings = _documented_members(Action)
    rows = [
        (code(action), meanings[action], *("yes" if role in MAY[action] else "" for role in Role))
        for action in Action
    ]
    return table(("right", "meaning", *Role), rows)


def _documented_members(enum: type) -> dict[str, str]:
    """Return the string that stands under each member."""
    source = inspect.getsource(enum)
    return {
        value: sentence(text)
        for value, text in re.findall(r' = "(\w+)"\n\s+"""(.+?)"""', source, re.S)
    }


def make_app() -> FastAPI:
    """Return an application without sources, closed again."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder), sources=()))
        app.state.station.stop()
        app.state.gate.close()
    return app


def walk_routes(app: FastAPI) -> list[tuple[str, str, Any]]:
    """Return path, method and route of all there are, in the order of their paths."""
    found, rows = list(app.routes), []
    while found:
        route = found.pop()
        if inner := getattr(route, "original_router", None):
            found += inner.routes
        elif hasattr(route, "endpoint"):
            methods = sorted(getattr(route, "methods", None) or ["WEBSOCKET"])
            rows += [(route.path, method, route) for method in methods if method != "HEAD"]
    return sorted(rows, key=lambda row: row[:2])


def routes(app: FastAPI) -> str:
    """Return every route: what it does, whom it serves, what it takes and gives."""
    paths = app.openapi()["paths"]
    rows = []
    for path, method, route in walk_routes(app):
        shape = paths.get(path.replace(":path}", "}"), {}).get(method.lower(), {})
        calls = [each.call for each in route.dependant.dependencies] if _asks(route) else []
        needs = [code(call.action) for call in calls if isinstance(call, Needs)]
        rows.append(
            (
                code(f"{method} {path.replace(':path}', '}')}"),
                summary(route.endpoint.__doc__),
                ", ".join(needs) or "none",
                _takes(shape),
                _gives(shape),
            )
        )
    return table(("route", "does", "right", "takes", "gives"), rows)


def _asks(route: Any) -> bool:
    return getattr(route, "dependant", None) is not None


def _takes(shape: dict[str, Any]) -> str:
    query = [each for each in shape.get("parameters", ()) if each["in"] == "query"]
    parts = [f"`?{each['name']}=` {said(each['schema'])}" for each in query]
    if body := shape.get("requestBody"):
        parts.append(said(body["content"]["application/json"]["schema"]))
    return "; ".join(parts)


def _gives(shape: dict[str, Any]) -> str:
    given = []
    for status, answer in shape.get("responses", {}).items():
        content = answer.get("content", {}).get("application/json", {}).get("schema")
        if status.startswith("2"):
            given.append(f"{status} {said(content)}" if content else status)
    return ", ".join(given)


def refusals() -> str:
    """Return what a refused request is answered."""
    rows = [(status, code(error), summary(kind.__doc__)) for kind, (status, error) in _refused()]
    return table(("status", "`error`", "why"), sorted(set(rows)))


def _refused() -> Iterator[tuple[type, tuple[int, str]]]:
    yield from _STATUS.items()
    yield NotSignedIn, (401, "not_signed_in")
    yield NotPermitted, (403, "not_permitted")
    yield TooMany, (429, "too_many")


def shapes(app: FastAPI) -> str:
    """Return the shapes of what routes take and give, and messages hold."""
    return describe(schemas_of(DATA.values()) | app.openapi()["components"]["schemas"])


def metrics(app: FastAPI) -> str:
    """Return what ``/metrics`` tells of dreamers and service."""
    rows = [
        (code(family.name), family.type, family.documentation)
        for family in _OfStation(app.state.station).collect()
    ]
    return table(("metric", "type", "meaning"), rows)
