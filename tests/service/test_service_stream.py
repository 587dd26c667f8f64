"""The websocket: snapshot or resume, no hole, no duplicate, bounds, and who is shown the door."""

import json
from collections import deque
from urllib.parse import quote

import pytest
from service_server import eventually, served
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from service.contract import Dreamer, LogEntry, Signal
from service.cursors import MAX_CURSOR
from service.entries import Entry

TOO_LONG = "x" * (MAX_CURSOR + 1)


def opened(url: str, **query: str):
    text = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    return connect(f"{url}?{text}", proxy=None, max_size=None, close_timeout=1)


def receive(connection) -> dict:
    return json.loads(connection.recv(timeout=10))


def until_closed(connection) -> ConnectionClosed:
    """Read to the end; the end must come."""
    try:
        while True:
            receive(connection)
    except ConnectionClosed as closed:
        return closed


def entries(connection, n: int) -> list[dict]:
    """Return the next n entries; heartbeats come in between."""
    found = []
    while len(found) < n:
        message = receive(connection)
        if "seq" in message:
            found.append(message)
    return found


def numbers(messages: list[dict], dreamer: str) -> list[int]:
    return [message["seq"] for message in messages if message["dreamer"] == dreamer]


def test_without_a_cursor_a_snapshot_comes_first_then_what_follows_it(service):
    with opened(service.ws, cursor="null") as connection:
        first = receive(connection)
        assert first["type"] == "snapshot"
        for dreamer in first["data"]["dreamers"]:
            Dreamer.model_validate(dreamer)
        live = entries(connection, 5)
    head = first["data"]["cursor"]["bed-2"]
    found = numbers(live, "bed-2")
    assert found == list(range(head + 1, head + 1 + len(found)))
    for message in live:
        LogEntry.model_validate(message)


def test_a_client_that_says_nothing_gets_the_snapshot_after_a_second(service):
    with opened(service.ws) as connection:
        assert receive(connection)["type"] == "snapshot"


@pytest.fixture
def forgetful(service, monkeypatch):
    """Have the log alone know what was published, as after a restart."""
    monkeypatch.setattr(service.station.hub, "_remembered", deque(maxlen=0))


def check_resuming(service, where):
    cursor = {"bed-1": 3, "bed-2": 0}
    query = {"cursor": json.dumps(cursor)} if where == "query" else {}
    with opened(service.ws, **query) as connection:
        if where != "query":
            connection.send(json.dumps({"cursor": cursor} if where == "named" else cursor))
        head = service.station.hub.overview.heads["bed-2"]
        found = entries(connection, 20)
        while numbers(found, "bed-2")[-1:] < [head + 3]:
            found += entries(connection, 1)
    first, second = numbers(found, "bed-1"), numbers(found, "bed-2")
    assert first == list(range(4, 4 + len(first)))
    assert second == list(range(1, 1 + len(second)))


@pytest.mark.parametrize("where", ["query", "message", "named"])
def test_a_cursor_brings_what_was_missed_then_live_without_hole_or_duplicate(service, where):
    check_resuming(service, where)


@pytest.mark.usefixtures("forgetful")
def test_so_does_one_from_which_on_the_log_must_be_read(service):
    check_resuming(service, "query")


@pytest.mark.parametrize("word", ["null", '{"cursor": null}', '{"cursor": 999999}'])
def test_no_cursor_and_that_of_a_dreamer_called_cursor_are_told_apart(service, word):
    with opened(service.ws) as connection:
        connection.send(word)
        assert receive(connection)["type"] == "snapshot"


@pytest.mark.usefixtures("forgetful")
def test_who_wants_one_dreamer_has_only_those_entries_looked_up(service, monkeypatch):
    asked, between = [], service.station.store.between

    def look_up(cursor, heads):
        asked.append(set(heads))
        return between(cursor, heads)

    monkeypatch.setattr(service.station.store, "between", look_up)
    with opened(service.ws, cursor='{"bed-1": 3, "bed-2": 0}', dreamer="bed-1") as connection:
        assert entries(connection, 1)[0]["seq"] == 4
    assert asked == [{"bed-1"}]


def test_a_cursor_of_another_log_gets_a_snapshot(service):
    with opened(service.ws, cursor='{"bed-1": 999999}') as connection:
        assert receive(connection)["type"] == "snapshot"


@pytest.mark.parametrize(
    ("cursor", "first"), [({"bed-1": 4}, "snapshot"), ({}, "snapshot"), ({"bed-1": 5}, "epoch")]
)
def test_a_cursor_that_leads_to_forgotten_entries_gets_a_snapshot(
    service, monkeypatch, cursor, first
):
    monkeypatch.setattr(service.station.store, "forgotten", lambda: {"bed-1": 5, "bed-2": 0})
    with opened(service.ws, cursor=json.dumps(cursor), dreamer="bed-1") as connection:
        assert receive(connection)["type"] == first


def test_who_chose_another_dreamer_misses_nothing_forgotten(service, monkeypatch):
    monkeypatch.setattr(service.station.store, "forgotten", lambda: {"bed-1": 5})
    with opened(service.ws, cursor='{"bed-2": 0}', dreamer="bed-2") as connection:
        assert receive(connection)["seq"] == 1


def test_a_heartbeat_comes_after_all_entries_up_to_its_cursor(service):
    """Bed 2 goes on meanwhile, a hundred times faster than life."""
    seen: dict[str, int] = {}
    beats = 0
    with opened(service.ws, cursor="{}") as connection:
        while beats < 3:
            message = receive(connection)
            if "seq" in message:
                seen[message["dreamer"]] = message["seq"]
            elif message["type"] == "heartbeat":
                beats += 1
                assert seen == {**seen, **message["data"]["cursor"]}


@pytest.mark.parametrize("types", ["alarm", "heartbeat", "alarm,stage,signal"])
def test_a_heartbeat_each_second_tells_the_coverage_of_all_whatever_is_asked_for(service, types):
    with opened(service.ws, cursor="null", types=types, dreamer="bed-1") as connection:
        receive(connection)
        beats = [receive(connection) for _ in range(2)]
    for beat in beats:
        assert beat["type"] == "heartbeat"
        assert "seq" not in beat
        assert set(beat["data"]["coverage"]) == {"bed-1", "bed-2"}
        assert beat["data"]["coverage"]["bed-1"] == "NOT_MONITORED"


def test_filters_by_dreamer_and_type(service):
    cursor = json.dumps({"bed-2": 0, "bed-1": 0})
    with opened(service.ws, cursor=cursor, dreamer="bed-1", types="epoch,session") as connection:
        found = entries(connection, 13)
    assert {message["dreamer"] for message in found} == {"bed-1"}
    assert [message["type"] for message in found] == ["session", *["epoch"] * 12]


@pytest.mark.parametrize(
    "query",
    [
        {"types": "epoch,dream"},
        {"cursor": "not json"},
        {"cursor": '{"bed-1": "2"}'},
    ],
    ids=["type", "no json", "no number"],
)
def test_a_request_that_makes_no_sense_is_refused_before_it_is_opened(service, query):
    with pytest.raises(InvalidStatus, match="422"), opened(service.ws, **query):
        pass


def test_a_query_that_is_too_long_is_refused_not_left_hanging(service):
    with pytest.raises(InvalidStatus, match="414"), opened(service.ws, cursor="x" * 10_000):
        pass


def test_a_cursor_of_many_dreamers_passes_as_a_message(service):
    cursor = {f"a-rather-long-name-of-a-bed-{i}": 0 for i in range(800)} | {"bed-1": 2}
    with opened(service.ws, dreamer="bed-1") as connection:
        connection.send(json.dumps({"cursor": cursor}))
        assert entries(connection, 1)[0]["seq"] == 3


@pytest.mark.parametrize(
    "word",
    [
        "hello",
        "[]",
        '{"a": "5"}',
        '{"cursor": {"a": -1}}',
        '{"cursor": null, "x": 1}',
        b"bytes",
        "x" * (MAX_CURSOR + 1),
    ],
    ids=lambda word: str(word[:10]),
)
def test_a_first_word_that_is_no_cursor_ends_the_connection(service, word):
    with opened(service.ws) as connection:
        connection.send(word)
        with pytest.raises(ConnectionClosed) as closed:
            receive(connection)
    assert closed.value.rcvd.code == 1008


def test_who_talks_out_of_turn_is_disconnected(service):
    with opened(service.ws, cursor="null") as connection:
        receive(connection)
        connection.send('{"cursor": {}}')
        assert until_closed(connection).rcvd.code == 1008


def test_who_has_left_is_forgotten(service):
    with opened(service.ws, cursor="null") as connection:
        receive(connection)
        assert eventually(lambda: len(service.station.hub) > 0)
    assert eventually(lambda: len(service.station.hub) == 0)


BATCH = 1000


def flood(hub, first: int) -> None:
    text = f'"{"x" * 2000}"'
    numbers = range(first, first + BATCH)
    hub.publish([Entry(i, "ghost", i, f"id-{i}", "epoch", 0.0, text) for i in numbers])


def test_who_does_not_read_is_disconnected_and_holds_nobody_up(tmp_path):
    """A client that reads gets every entry of a flood; the idle one beside it has to go."""
    with (
        served(tmp_path, client_queue=2 * BATCH) as service,
        opened(service.ws, cursor="null") as reads,
        opened(service.ws, cursor="null") as idle,
    ):
        assert receive(reads)["type"] == receive(idle)["type"] == "snapshot"
        first = 1
        while len(service.station.hub) == 2:
            assert first < 60 * BATCH, "the idle client was never too slow"
            flood(service.station.hub, first)
            found = numbers(entries(reads, BATCH), "ghost")
            assert found == list(range(first, first + BATCH))
            first += BATCH
        until_closed(idle)


def test_clients_are_bounded(tmp_path):
    with served(tmp_path, max_clients=1) as service, opened(service.ws, cursor="null") as only:
        receive(only)
        with pytest.raises(InvalidStatus, match="503"), opened(service.ws, cursor="null"):
            pass


def test_who_asks_for_the_signal_gets_the_newest_of_it_and_not_more_than_once_a_second(service):
    with opened(service.ws, cursor="null", types="signal", dreamer="bed-2") as connection:
        told = []
        while len(told) < 2:
            message = receive(connection)
            if message["type"] == "signal":
                told.append(Signal.model_validate(message))
    first, second = (message.data for message in told)
    assert len(first.data) == len(first.ch_names) > 1
    passed_s = (second.first_sample - first.first_sample) / second.samples_per_value / second.sfreq
    assert passed_s >= 50, "the replay runs at a hundred times life"
    assert len(second.data[0]) <= 10 * second.sfreq
