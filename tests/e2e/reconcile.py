"""A service killed again and again, and two programs that follow it and lose nothing.

``python -m tests.e2e.reconcile --events 100000`` prints what they found. The first program lives
all the time; the second dies with the service each time, its cursor saved a while before, so that
it is told things twice. In the end all of it is compared with the log.
"""

import argparse
import asyncio
import json
import random
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from service.client import AsyncEventClient
from service.store import Store
from tests.e2e.e2e_process import Program

FEED = Path(__file__).with_name("e2e_feed.py")
SAVE_EVERY = 200


@dataclass
class Book:
    """What a program was told."""

    entries: dict[tuple[str, int], str] = field(default_factory=dict)
    heads: dict[str, int] = field(default_factory=dict)
    again: int = 0
    changed: int = 0
    out_of_order: int = 0
    disconnected: int = 0
    snapshots: int = 0

    def tell(self, message: dict) -> None:
        self.disconnected += message["type"] == "disconnected"
        self.snapshots += message["type"] == "snapshot"
        if "seq" not in message:
            return
        dreamer, seq, event_id = message["dreamer"], message["seq"], message["event_id"]
        known = self.entries.setdefault((dreamer, seq), event_id)
        self.again += seq <= self.heads.get(dreamer, 0)
        self.changed += known != event_id or message["data"]["index"] != seq
        self.out_of_order += seq > self.heads.get(dreamer, 0) + 1
        self.heads[dreamer] = max(seq, self.heads.get(dreamer, 0))


@dataclass
class LateKeeper:
    """Keeps every so manieth cursor: what came since is told again after a restart."""

    cursor: dict[str, int] = field(default_factory=dict)
    offered: int = 0

    def load(self) -> dict[str, int]:
        return dict(self.cursor)

    def save(self, cursor: dict[str, int]) -> None:
        self.offered += 1
        if self.offered % SAVE_EVERY == 0:
            self.cursor = cursor


@dataclass(frozen=True)
class Findings:
    """What came of it; all but the first six have to be 0."""

    events: int
    dreamers: int
    kills: int
    seconds: float
    reconnections: int
    told_again_to_the_restarted: int
    lost: int
    lost_by_the_restarted: int
    never_committed: int
    out_of_order: int
    told_twice_to_the_steady: int
    duplicates_with_another_id: int
    snapshots: int

    @property
    def faults(self) -> int:
        return sum(list(asdict(self).values())[6:])


async def follow(client: AsyncEventClient, book: Book) -> None:
    async for message in client.follow():
        book.tell(message)


async def reconcile(data_dir: Path, n_events: int, kills: int) -> Findings:
    """Kill the service `kills` times on the way to so many events, then compare."""
    started = time.monotonic()
    steady, restarted, keeper = Book(), Book(), LateKeeper()
    port, first = 0, None
    for life in range(1, kills + 2):
        program = await asyncio.to_thread(Program, str(FEED), str(data_dir), str(port))
        port = int((await asyncio.to_thread(program.wait_for, r"port (\d+)", 30))[1])
        url = f"ws://127.0.0.1:{port}/api/v1/events"
        first = first or asyncio.create_task(follow(AsyncEventClient(url, cursor={}), steady))
        second = asyncio.create_task(
            follow(AsyncEventClient(url, keeper=keeper, cursor={}), restarted)
        )
        try:
            enough = n_events * life / (kills + 1)
            await _until(lambda n=enough: min(len(steady.entries), len(restarted.entries)) >= n)
            await asyncio.sleep(random.uniform(0, 0.2))
        finally:
            last = life == kills + 1
            await asyncio.to_thread(program.kill)
            await _end(second, *([first] if last else []))
    with Store(data_dir) as store:
        log = {
            (entry.dreamer, entry.seq): entry.event_id
            for batch in store.between({}, _heads(store))
            for entry in batch
        }
    return _compare(log, steady, restarted, kills, time.monotonic() - started)


def _heads(store: Store) -> dict[str, int]:
    return {dreamer: store.latest(dreamer)[-1].seq for dreamer in store.dreamers()}


def _compare(log: dict, steady: Book, restarted: Book, kills: int, seconds: float) -> Findings:
    """Both must have been told the log up to where they were when the last service died."""
    missing = [
        sum(key not in book.entries for key in log if key[1] <= book.heads[key[0]])
        for book in (steady, restarted)
    ]
    told = [*steady.entries.items(), *restarted.entries.items()]
    return Findings(
        events=len(steady.entries),
        dreamers=len(steady.heads),
        kills=kills,
        seconds=round(seconds, 1),
        reconnections=steady.disconnected,
        told_again_to_the_restarted=restarted.again,
        lost=missing[0],
        lost_by_the_restarted=missing[1],
        never_committed=sum(log.get(key) != event_id for key, event_id in told),
        out_of_order=steady.out_of_order + restarted.out_of_order,
        told_twice_to_the_steady=steady.again,
        duplicates_with_another_id=steady.changed + restarted.changed,
        snapshots=steady.snapshots + restarted.snapshots,
    )


async def _until(reached, within_s: float = 240.0) -> None:
    async with asyncio.timeout(within_s):
        while not reached():
            await asyncio.sleep(0.02)


async def _end(*tasks: asyncio.Task) -> None:
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(reconcile(Path(folder), given.events, given.kills))
    print(json.dumps(asdict(found), indent=2))  # noqa: T201
    return min(found.faults, 1)


if __name__ == "__main__":
    raise SystemExit(main())
