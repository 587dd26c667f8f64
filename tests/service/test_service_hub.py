"""Bounded queues: entries are never dropped, telemetry is, and who is slow is told to go."""

import asyncio
import threading
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st
from service_fakes import epoch

from service.entries import Entry, Telemetry, draft, iso
from service.hub import BATCH, Filter, Hub, Subscription
from service.overview import Overview


def entry(seq: int, dreamer: str = "bed-7") -> Entry:
    made = draft(epoch(seq), "night")
    return Entry(seq, dreamer, seq, made.event_id, made.type, made.at, made.data)


def subscription(wanted: Filter, limit: int) -> Subscription:
    return Subscription(wanted, limit, asyncio.Semaphore())


def take(client: Subscription) -> list[str]:
    """Return what one ring of the bell brings."""
    client.ring()

    async def taken():
        return [message.text for message in await asyncio.wait_for(client.take(), 1)]

    return asyncio.run(taken())


def beat(text: str) -> Telemetry:
    return Telemetry("heartbeat", None, text)


def test_entries_come_in_order_before_the_newest_telemetry():
    client = subscription(Filter(), 10)
    entries = [entry(1), entry(2)]
    client.offer_telemetry(Telemetry("stage", "bed-7", "old"))
    for each in entries:
        client.offer(each)
    client.offer_telemetry(Telemetry("stage", "bed-7", "new"))
    assert take(client) == [entries[0].text, entries[1].text, "new"]


def test_a_heartbeat_keeps_its_place_for_it_says_what_was_told_before_it():
    client = subscription(Filter(), 10)
    client.offer(first := entry(1))
    client.offer_telemetry(beat("up to 1"))
    client.offer(second := entry(2))
    client.offer_telemetry(beat("up to 2"))
    assert take(client) == [first.text, "up to 1", second.text]
    client.offer_telemetry(beat("up to 2"))
    assert take(client) == ["up to 2"]


def test_with_nothing_to_say_a_client_waits():
    client = subscription(Filter(), 10)
    client.ring()
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(client.take(), 0.01))


def test_a_client_waits_for_the_bell():
    client = subscription(Filter(), 10)
    client.offer(entry(1))
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(client.take(), 0.01))
    assert len(take(client)) == 1


def test_what_comes_within_a_breath_goes_together():
    async def scene():
        hub = Hub(Overview(), 10)
        hub.bind(asyncio.get_running_loop())
        with hub.subscribe(Filter()) as client:
            for seq in (1, 2):
                hub.publish([entry(seq)])
                await asyncio.sleep(0)
            return await asyncio.wait_for(client.take(), 5)

    assert [message.seq for message in asyncio.run(scene())] == [1, 2]


def test_who_has_much_to_hear_is_not_told_all_at_once():
    client = subscription(Filter(), 10 * BATCH)
    for seq in range(1, 2 * BATCH + 1):
        client.offer(entry(seq))
    client.offer_telemetry(Telemetry("stage", "bed-7", "stage"))
    assert [len(take(client)) for _ in range(2)] == [BATCH, BATCH + 1]


def test_a_full_queue_loses_the_client_and_says_nothing_of_what_comes_after():
    client = subscription(Filter(), 3)
    entries = [entry(seq) for seq in range(1, 6)]
    for each in entries:
        client.offer(each)
    assert client.overflowed.is_set()
    client.offer_telemetry(beat("up to 5"))
    client.offer_telemetry(Telemetry("stage", "bed-7", "stage"))
    assert take(client) == [each.text for each in entries[:3]]


def test_telemetry_never_fills_a_queue():
    client = subscription(Filter(), 1)
    for i in range(100):
        client.offer_telemetry(beat(str(i)))
        client.offer_telemetry(Telemetry("stage", "bed-7", str(i)))
    client.offer(one := entry(1))
    assert not client.overflowed.is_set()
    assert take(client) == ["0", one.text, "99"]


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
                if client._queue:
                    seen.append((head, [e.seq for e in client._queue]))
            if not publisher.is_alive() and not client._queue:
                break
        publisher.join()
        await asyncio.sleep(0)
        assert hub.overview.heads == {"bed-7": 500}
        assert len(hub) == 0
        return seen

    for head, numbers in asyncio.run(scene()):
        assert numbers == list(range(head + 1, head + 1 + len(numbers)))


@given(
    whose=st.lists(st.sampled_from(["a", "b", "c"]), max_size=30),
    cursor=st.fixed_dictionaries({}, optional={name: st.integers(0, 31) for name in "abc"}),
    scope=st.sampled_from([None, "a", "b"]),
    room=st.integers(0, 30),
)
def test_what_is_remembered_is_all_that_was_missed_or_nothing(whose, cursor, scope, room):
    hub, wanted = Hub(Overview(), 10), Filter(scope=scope)
    hub._remembered = deque(maxlen=room)
    published = [entry(whose[: i + 1].count(name), name) for i, name in enumerate(whose)]

    async def scene():
        hub.bind(asyncio.get_running_loop())
        for each in published:
            hub.publish([each])
        await asyncio.sleep(0)

    asyncio.run(scene())
    missed = [e for e in published if wanted.wants(e) and e.seq > cursor.get(e.dreamer, 0)]
    forgotten = published[: max(0, len(published) - room)]
    assert hub.missed(cursor, wanted) == (None if set(missed) & set(forgotten) else missed)
    hub.forget("a")
    assert "a" not in {e.dreamer for e in hub.missed({"b": 31, "c": 31}, Filter())}


def test_what_the_log_holds_no_more_is_told_to_nobody():
    hub = Hub(Overview(), 10)
    entries = [entry(1), entry(2), entry(3), entry(1, "bed-8")]

    async def scene():
        hub.bind(asyncio.get_running_loop())
        hub.publish(entries)
        await asyncio.sleep(0)

    asyncio.run(scene())
    hub.forget_through({"bed-7": 2})
    assert hub.missed({"bed-7": 2}, Filter()) == entries[2:]
    assert hub.overview.dreamer("bed-7")["stage"] is not None
    hub.forget_through({"bed-7": 3})
    assert hub.missed({"bed-7": 3}, Filter()) == entries[3:]
    assert hub.overview.dreamer("bed-7")["stage"] is None
    assert hub.overview.heads == {"bed-7": 3, "bed-8": 1}


def test_publishing_before_the_loop_is_known_is_a_mistake_that_shows():
    with pytest.raises(RuntimeError, match="bind"):
        Hub(Overview(), 10).publish([entry(1)])


def test_the_text_of_an_entry_is_made_once_for_all_clients():
    one = entry(1)
    assert one.text is one.text
    assert one.frame is one.frame
    assert iso(one.at) in one.text


def test_telemetry_of_each_dreamer_waits_by_itself_and_the_newest_of_it():
    client = subscription(Filter(), 1)
    for dreamer, text in [("a", "1"), ("b", "2"), ("a", "3")]:
        client.offer_telemetry(Telemetry("stage", dreamer, text))
    assert take(client) == ["3", "2"]


@pytest.mark.parametrize(
    ("wanted", "heard"),
    [
        (Filter(), ["beat", "stage a"]),
        (Filter(types=frozenset({"alarm"})), ["beat"]),
        (Filter(types=frozenset({"stage"})), ["beat", "stage a"]),
        (Filter(dreamers=frozenset({"b"})), ["beat"]),
    ],
)
def test_only_heartbeats_come_unasked(wanted, heard):
    client = subscription(wanted, 1)
    client.offer_telemetry(Telemetry("stage", "a", "stage a"))
    client.offer_telemetry(beat("beat"))
    assert take(client) == heard


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


def test_the_signal_itself_comes_to_those_only_who_name_it():
    message = Telemetry("signal", "bed-7", "traces")
    wants = {
        wanted: wanted.wants_telemetry(message)
        for wanted in (
            Filter(),
            Filter(types=frozenset({"stage"})),
            Filter(types=frozenset({"signal"})),
            Filter(frozenset({"bed-1"}), frozenset({"signal"})),
        )
    }
    assert list(wants.values()) == [False, False, True, False]


def test_the_hub_knows_whose_signal_is_looked_at():
    hub = Hub(Overview(), 10)
    looking = Filter(frozenset({"bed-7"}), frozenset({"signal"}))
    with hub.subscribe(Filter()):
        assert not hub.looked_at("bed-7")
        with hub.subscribe(looking):
            assert hub.looked_at("bed-7")
            assert not hub.looked_at("bed-1")
        assert not hub.looked_at("bed-7")
