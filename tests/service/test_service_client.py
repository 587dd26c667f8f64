"""The client: one telling of each entry over any number of connections."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from itertools import count, islice

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.server import ServerConnection, serve

from service.client import AsyncEventClient, CursorFile, EventClient, stream_address, typed
from service.client.core import LONGEST_WAIT_S
from service.contract import EpochData, GapData, HeartbeatData, StageData

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


def beat(**cursor: int) -> dict:
    return {"type": "heartbeat", "data": {"cursor": cursor}}


async def no_sleep(_: float) -> None:
    pass


@pytest.fixture(params=["threads", "event loop"])
def client(request) -> Callable[..., EventClient | AsyncEventClient]:
    """Make either client."""
    if request.param == "threads":
        return lambda url, **options: EventClient(url, sleep=lambda _: None, **options)
    return lambda url, **options: AsyncEventClient(url, sleep=no_sleep, **options)


def messages(client: EventClient | AsyncEventClient, n: int) -> list[dict]:
    if isinstance(client, EventClient):
        return list(islice(client.follow(), n))

    async def taken() -> list[dict]:
        found = []
        async with aclosing(client.follow()) as following:
            async for message in following:
                found.append(message)
                if len(found) == n:
                    break
        return found

    return asyncio.run(taken())


def follow(client: EventClient | AsyncEventClient, n: int) -> list:
    """Return what the next n messages are, entries as their numbers."""
    return [message.get("seq", message["type"]) for message in messages(client, n)]


def test_after_a_lost_connection_it_goes_on_with_its_cursor(client):
    first = sends(snapshot(a=4), entry(5), entry(6), entry(1, "b"))
    second = sends(entry(6), entry(7))
    with scripted(first, second) as (url, words):
        seen = follow(client(url), 6)
    assert seen == ["snapshot", 5, 6, 1, "disconnected", 7]
    assert words[:2] == [{"cursor": None}, {"cursor": {"a": 6, "b": 1}}]


def test_a_snapshot_sets_the_cursor_anew(client):
    with scripted(sends(snapshot(a=2), entry(3))) as (url, words):
        listening = client(url, cursor={"a": 900})
        assert follow(listening, 2) == ["snapshot", 3]
    assert words == [{"cursor": {"a": 900}}]
    assert listening.cursor == {"a": 3}


def test_no_proxy_of_the_environment_is_shown_the_token(client, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.delenv("no_proxy", raising=False)
    with scripted(sends(snapshot(a=2))) as (url, words):
        assert follow(client(url, token="secret"), 1) == ["snapshot"]  # noqa: S106
    assert len(words) == 1


@pytest.mark.parametrize("code", [1008, 1009])
def test_a_cursor_that_is_refused_is_forgotten(client, code):
    def refuse(connection: ServerConnection) -> None:
        connection.close(code, "no such cursor")

    with scripted(refuse, sends(snapshot(a=3))) as (url, words):
        assert follow(client(url, cursor={"a": 9}), 2) == ["disconnected", "snapshot"]
    assert words[:2] == [{"cursor": {"a": 9}}, {"cursor": None}]


def test_the_real_service_takes_no_cursor_that_is_too_long(client, service):
    cursor = {f"a-bed-with-a-long-name-{i}": 1 for i in range(2000)}
    listening = client(service.ws, dreamers=["bed-1"], cursor=cursor)
    assert follow(listening, 2) == ["disconnected", "snapshot"]


def test_the_snapshot_of_500_dreamers_passes(client):
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


def test_a_connection_without_a_word_counts_as_lost(client, monkeypatch):
    monkeypatch.setattr("service.client.core.SILENCE_S", 0.2)
    released = threading.Event()
    with scripted(lambda _: released.wait(10) and None, sends(entry(1))) as (url, _):
        assert follow(client(url), 2) == ["disconnected", 1]
        released.set()


def test_it_follows_the_real_service(client, service):
    listening = client(service.ws, dreamers=["bed-1"], types=["epoch"], cursor={"bed-1": 0})
    epochs = [m for m in messages(listening, 13) if m["type"] == "epoch"]
    assert [m["data"]["index"] for m in epochs][:12] == list(range(len(epochs)))


def test_what_skips_an_entry_is_not_told_but_asked_for_again(client):
    skips = sends(snapshot(a=4), entry(5), entry(7))
    with scripted(skips, sends(entry(6), entry(7))) as (url, words):
        assert follow(client(url), 5) == ["snapshot", 5, "disconnected", 6, 7]
    assert words[1] == {"cursor": {"a": 5}}


def test_what_a_heartbeat_says_was_sent_and_did_not_come_is_asked_for_again(client):
    with scripted(sends(snapshot(a=4), beat(a=5)), sends(entry(5), beat(a=5))) as (url, words):
        assert follow(client(url), 4) == ["snapshot", "disconnected", 5, "heartbeat"]
    assert words[1] == {"cursor": {"a": 4}}


def test_an_entry_that_the_log_does_not_have_costs_a_snapshot_not_the_rest_of_the_night(client):
    skips = sends(entry(7))
    with scripted(skips, skips, sends(snapshot(a=8))) as (url, words):
        assert follow(client(url, cursor={"a": 5}), 2) == ["disconnected", "snapshot"]
    assert words[:3] == [{"cursor": {"a": 5}}, {"cursor": {"a": 5}}, {"cursor": None}]


def test_who_chose_types_skips_numbers_and_moves_on_with_the_heartbeat(client):
    with scripted(sends(snapshot(a=4, b=1), entry(9), beat(a=12, b=1))) as (url, _):
        listening = client(url, types=["epoch"])
        assert follow(listening, 4) == ["snapshot", 9, "heartbeat", "disconnected"]
    assert listening.cursor == {"a": 12, "b": 1}


def test_who_chose_dreamers_misses_nothing_of_others(client):
    with scripted(sends(snapshot(a=4), beat(a=4, b=1))) as (url, _):
        assert follow(client(url, dreamers=["a"]), 2) == ["snapshot", "heartbeat"]


def test_messages_without_a_heartbeat_are_stale_until_one_comes(client):
    """The clock moves two seconds a look at it."""
    now = count(0, 2)
    script = sends(snapshot(), *(entry(seq) for seq in range(1, 7)), beat(a=6), entry(7))
    with scripted(script) as (url, _):
        told = follow(client(url, clock=lambda: next(now)), 10)
    assert told.count("stale") == 1
    assert told[-2:] == ["heartbeat", 7]


def test_a_program_goes_on_where_it_was(client, tmp_path):
    """What was told but not dealt with before the end is told again: at least once."""
    keeper = CursorFile(tmp_path / "cursor.json")
    first, second = sends(snapshot(a=4), entry(5), entry(6)), sends(entry(6), entry(7))
    with scripted(first, second) as (url, words):
        assert follow(client(url, keeper=keeper), 3) == ["snapshot", 5, 6]
        assert keeper.load() == {"a": 5}
        assert follow(client(url, keeper=keeper), 2) == [6, 7]
    assert words == [{"cursor": None}, {"cursor": {"a": 5}}]


def test_a_technician_who_listens_says_so(client, service):
    listening = client(service.ws, role="technician", dreamers=["bed-2"])
    assert follow(listening, 1) == ["snapshot"]
    with pytest.raises(InvalidStatus, match="422"):
        follow(client(service.ws, role="king"), 1)


@pytest.mark.parametrize(
    ("name", "of"), [("stage", StageData), ("epoch", EpochData), ("heartbeat", HeartbeatData)]
)
def test_messages_of_the_real_service_have_types(service, name, of):
    listening = EventClient(service.ws, types=[name], cursor={})
    told = next(t for t in map(typed, listening.follow()) if t.type == name)
    assert isinstance(told.data, of)
    assert told.at.utcoffset().total_seconds() == 0


def test_what_a_program_does_not_know_yet_keeps_it_from_nothing():
    known = {"first_sample": 3, "n_samples": 4, "cause": "cable", "of_tomorrow": 1}
    assert typed({"type": "gap", "data": known}).data == GapData(
        first_sample=3, n_samples=4, cause="cable"
    )
    assert typed({"type": "dream", "data": {"of": "sheep"}}).data == {"of": "sheep"}
    assert typed({"type": "gap", "data": {"renamed": 1}}).data == {"renamed": 1}


def test_a_request_the_service_refuses_is_not_tried_for_ever(client, service):
    with pytest.raises(InvalidStatus, match="422"):
        follow(client(service.ws, types=["dreams"]), 1)
