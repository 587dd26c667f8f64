"""The AsyncAPI document: all that is sent is described, and nothing is sent that is not."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from service.asyncapi import asyncapi, sent
from service.client import EventClient
from service.contract import DATA, ENTRIES
from service.entries import DURABLE_TYPES, TYPES


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def resolve(reference: str) -> dict:
    node = asyncapi()
    for name in reference.removeprefix("#/").split("/"):
        node = node[name]
    return node


def test_every_type_that_is_sent_is_described():
    assert set(ENTRIES) == set(DURABLE_TYPES)
    assert set(sent()) == set(DATA) == {*TYPES, "snapshot"}
    told = asyncapi()["operations"]["tell"]["messages"]
    described = {each["$ref"].rsplit("/")[-1] for each in told}
    assert described == set(sent())


def test_every_reference_leads_somewhere():
    found = set(references(asyncapi()))
    assert len(found) > 30
    assert all(resolve(reference) for reference in found)
    assert not any("$defs" in reference for reference in found)


@pytest.mark.parametrize("name", sorted(sent()))
def test_each_message_names_its_type_and_what_it_says(name):
    schema = resolve(resolve(f"#/components/messages/{name}")["payload"]["$ref"])
    assert schema["properties"]["type"]["const"] == name
    assert schema["additionalProperties"] is False
    data = resolve(schema["properties"]["data"]["$ref"])
    assert set(data["properties"]) == set(DATA[name].model_fields)
    assert ("seq" in schema["required"]) == (name in DURABLE_TYPES)


def test_what_the_real_service_sends_is_as_described(service, unresponsive):
    """From the beginning of the log; until each type that this service tells came."""
    unresponsive()
    shapes, seen = sent(), set()
    listening = EventClient(service.ws, cursor={})
    for n, message in enumerate(listening.follow()):
        shapes[message["type"]].model_validate(message)
        seen.add(message["type"])
        if {"session", "epoch", "alarm", "wake", "command", "heartbeat", "stage"} <= seen:
            break
        assert n < 20_000
    first = next(EventClient(service.ws).follow())
    assert shapes[first["type"]].model_validate(first).type == "snapshot"


def test_what_a_client_may_say_is_described():
    named, cursor, nothing = resolve("#/components/schemas/FirstMessage")["anyOf"]
    assert set(resolve(named["$ref"])["properties"]) == {"cursor"}
    assert cursor["additionalProperties"]["type"] == "integer"
    assert nothing == {"type": "null"}


def test_the_service_and_the_command_tell_the_same(service):
    answer = service.http.get("/api/v1/asyncapi.json")
    command = [sys.executable, "-m", "service.asyncapi"]
    printed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert answer.json() == json.loads(printed) == asyncapi()
