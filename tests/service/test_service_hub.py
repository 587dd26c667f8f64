"""Bounded queues: entries are never dropped, telemetry is, and who is slow is told to go."""

import asyncio
import threading

import pytest
from service_fakes import epoch

from service.entries import Entry, Telemetry, draft, iso
from service.hub import Filter, Hub, Subscription
from service.overview import Overview


def entry(seq: int, dreamer: str = "bed-7") -> Entry:
    made = draft(epoch(seq), "night")
    return Entry(seq, dreamer, seq, made.event_id, made.type, made.at, made.data)


def take(client: Subscription, n: int) -> list[str]:
    async def taken():
        return [await asyncio.wait_for(client.take(), 1) for _ in range(n)]

    return asyncio.run(taken())


def test_entries_come_in_order_before_the_newest_telemetry():
    client = Subscription(Filter(), 10)
    entries = [entry(1), entry(2)]
    client.offer_telemetry(Telemetry("heartbeat", None, "old"))
    for each in entries:
        client.offer(each)
    client.offer_telemetry(Telemetry("heartbeat", None, "new"))
    assert take(client, 3) == [entries[0].text, entries[1].text, "new"]


def test_with_nothing_to_say_a_client_waits():
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(Subscription(Filter(), 10).take(), 0.01))


def test_a_full_queue_loses_the_client_not_an_entry_in_between():
    client = Subscription(Filter(), 3)
    entries = [entry(seq) for seq in range(1, 6)]
    for each in entries:
        client.offer(each)
    assert client.overflowed.is_set()
    assert take(client, 3) == [each.text for each in entries[:3]]
    client.offer(entries[4])
    client.offer_telemetry(Telemetry("heartbeat", None, "last"))
    assert take(client, 1) == ["last"]


def test_telemetry_never_fills_a_queue():
    client = Subscription(Filter(), 1)
    for i in range(100):
        client.offer_telemetry(Telemetry("heartbeat", None, str(i)))
    assert not client.overflowed.is_set()
    assert take(client, 1) == ["99"]


@pytest.mark.parametrize(
    ("wanted", "passes"),
    [
        (Filter(), True),
        (Filter(dreamers=frozenset({"bed-7"})), True),
        (Filter(dreamers=frozenset({"bed-9"})), False),
        (Filter(types=frozenset({"epoch", "alarm"})), True),
        (Filter(types=frozenset({"alarm"})), False),
    ],
)
def test_filters_by_dreamer_and_type(wanted, passes):
    assert wanted.wants(entry(1)) is passes


def test_a_snapshot_and_what_follows_fit_without_hole_or_duplicate():
    """Publishing goes on in a thread while clients come; each sees every number once."""

    async def scene():
        hub = Hub(Overview(), 10_000)
        hub.bind(asyncio.get_running_loop())
        publisher = threading.Thread(
            target=lambda: [hub.publish([entry(seq)]) for seq in range(1, 501)]
        )
        publisher.start()
        seen = []
        while len(seen) < 20:
            with hub.subscribe(Filter()) as client:
                head = hub.overview.heads.get("bed-7", 0)
                await asyncio.sleep(0)
                if client._entries:
                    seen.append((head, [e.seq for e in client._entries]))
            if not publisher.is_alive() and not client._entries:
                break
        publisher.join()
        await asyncio.sleep(0)
        assert hub.overview.heads == {"bed-7": 500}
        assert len(hub) == 0
        return seen

    for head, numbers in asyncio.run(scene()):
        assert numbers == list(range(head + 1, head + 1 + len(numbers)))


def test_publishing_before_the_loop_is_known_is_a_mistake_that_shows():
    with pytest.raises(RuntimeError, match="bind"):
        Hub(Overview(), 10).publish([entry(1)])


def test_the_text_of_an_entry_is_made_once_for_all_clients():
    one = entry(1)
    assert one.text is one.text
    assert iso(one.at) in one.text


def test_telemetry_of_each_dreamer_waits_by_itself_and_the_newest_of_it():
    client = Subscription(Filter(), 1)
    for dreamer, text in [("a", "1"), ("b", "2"), ("a", "3")]:
        client.offer_telemetry(Telemetry("stage", dreamer, text))
    assert take(client, 2) == ["3", "2"]


@pytest.mark.parametrize(
    ("wanted", "heard"),
    [
        (Filter(), ["stage a", "beat"]),
        (Filter(types=frozenset({"alarm"})), ["beat"]),
        (Filter(types=frozenset({"stage"})), ["stage a", "beat"]),
        (Filter(dreamers=frozenset({"b"})), ["beat"]),
    ],
)
def test_only_heartbeats_come_unasked(wanted, heard):
    client = Subscription(wanted, 1)
    client.offer_telemetry(Telemetry("stage", "a", "stage a"))
    client.offer_telemetry(Telemetry("heartbeat", None, "beat"))
    assert take(client, len(heard)) == heard


@pytest.mark.parametrize(
    ("wanted", "sees_to"),
    [
        (Filter(), False),
        (Filter(attends=True), True),
        (Filter(dreamers=frozenset({"bed-8"}), attends=True), False),
        (Filter(types=frozenset({"epoch"}), attends=True), False),
        (Filter(types=frozenset({"alarm", "epoch"}), attends=True), True),
    ],
)
def test_only_who_hears_alarms_and_may_acknowledge_attends(wanted, sees_to):
    hub = Hub(Overview(), 10)
    assert not hub.attended("bed-7")
    with hub.subscribe(wanted):
        assert hub.attended("bed-7") is sees_to
    assert not hub.attended("bed-7")
