"""The client: one telling of each entry over any number of connections."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.server import ServerConnection, serve

from service.client import LONGEST_WAIT_S, EventClient, stream_address

Script = Callable[[ServerConnection], None]


@contextmanager
def scripted(*scripts: Script) -> Iterator[tuple[str, list[dict]]]:
    """A server that plays one script a connection and then hangs up; yields url and first words."""
    words: list[dict] = []

    def handle(connection: ServerConnection) -> None:
        words.append(json.loads(connection.recv(timeout=5)))
        scripts[min(len(words), len(scripts)) - 1](connection)

    with serve(handle, "127.0.0.1", 0, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}", words
        finally:
            server.shutdown()
            thread.join()


def sends(*messages: dict) -> Script:
    return lambda connection: (
        [connection.send(json.dumps(message)) for message in messages] and None
    )


def entry(seq: int, dreamer: str = "a") -> dict:
    return {"type": "epoch", "dreamer": dreamer, "seq": seq}


def snapshot(**cursor: int) -> dict:
    return {"type": "snapshot", "data": {"cursor": cursor}}


def follow(client: EventClient, n: int) -> list:
    """Return what the next n messages are, entries as their numbers."""
    return [message.get("seq", message["type"]) for message in islice(client.follow(), n)]


def client(url: str, **options) -> EventClient:
    return EventClient(url, sleep=lambda _: None, **options)


def test_after_a_lost_connection_it_goes_on_with_its_cursor():
    first = sends(snapshot(a=4), entry(5), entry(6), entry(1, "b"))
    second = sends(entry(6), entry(7))
    with scripted(first, second) as (url, words):
        seen = follow(client(url), 6)
    assert seen == ["snapshot", 5, 6, 1, "disconnected", 7]
    assert words[:2] == [{"cursor": None}, {"cursor": {"a": 6, "b": 1}}]


def test_a_snapshot_sets_the_cursor_anew():
    with scripted(sends(snapshot(a=2), entry(3))) as (url, words):
        listening = client(url, cursor={"a": 900})
        assert follow(listening, 2) == ["snapshot", 3]
    assert words == [{"cursor": {"a": 900}}]
    assert listening.cursor == {"a": 3}


@pytest.mark.parametrize("code", [1008, 1009])
def test_a_cursor_that_is_refused_is_forgotten(code):
    def refuse(connection: ServerConnection) -> None:
        connection.close(code, "no such cursor")

    with scripted(refuse, sends(snapshot(a=3))) as (url, words):
        assert follow(client(url, cursor={"a": 9}), 2) == ["disconnected", "snapshot"]
    assert words[:2] == [{"cursor": {"a": 9}}, {"cursor": None}]


def test_the_real_service_takes_no_cursor_that_is_too_long(service):
    cursor = {f"a-bed-with-a-long-name-{i}": 1 for i in range(2000)}
    listening = client(service.ws, dreamers=["bed-1"], cursor=cursor)
    assert follow(listening, 2) == ["disconnected", "snapshot"]


def test_the_snapshot_of_500_dreamers_passes():
    beds = {"type": "snapshot", "data": {"cursor": {}, "dreamers": ["x" * 4096] * 500}}
    with scripted(sends(beds)) as (url, _):
        assert follow(client(url), 1) == ["snapshot"]


@pytest.mark.parametrize(
    ("given", "stream"),
    [
        ("http://127.0.0.1:8000/", "ws://127.0.0.1:8000/api/v1/events"),
        ("http://[::1]:8000", "ws://[::1]:8000/api/v1/events"),
        ("https://beds.example/night/events?a=1", "wss://beds.example/night/events?a=1"),
        ("ws://localhost:1/x", "ws://localhost:1/x"),
    ],
)
def test_the_page_s_address_leads_to_the_stream(given, stream):
    assert stream_address(given) == stream


def test_a_service_that_is_away_is_told_once_and_tried_for_ever():
    waits = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 12:
            raise KeyboardInterrupt

    listening = EventClient("ws://127.0.0.1:9/none", sleep=sleep)
    told = []
    with pytest.raises(KeyboardInterrupt):
        told += listening.follow()
    assert waits[0] < 1
    assert waits[-1] > LONGEST_WAIT_S / 2
    assert max(waits) <= LONGEST_WAIT_S


def test_a_connection_without_a_word_counts_as_lost(monkeypatch):
    monkeypatch.setattr("service.client.SILENCE_S", 0.2)
    released = threading.Event()
    with scripted(lambda _: released.wait(10) and None, sends(entry(1))) as (url, _):
        assert follow(client(url), 2) == ["disconnected", 1]
        released.set()


def test_it_follows_the_real_service(service):
    listening = client(service.ws, dreamers=["bed-1"], types=["epoch"], cursor={"bed-1": 0})
    messages = [m for m in islice(listening.follow(), 13) if m["type"] == "epoch"]
    assert [m["data"]["index"] for m in messages][:12] == list(range(len(messages)))


def test_a_request_the_service_refuses_is_not_tried_for_ever(service):
    with pytest.raises(InvalidStatus, match="422"):
        follow(client(service.ws, types=["dreams"]), 1)
