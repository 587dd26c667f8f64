"""How late 500 subscribers learn what was committed, with slow and dying ones among them.

The subscribers read websocket frames by hand, for any library would take more of the machine than
the service that is measured.
"""

import asyncio
import json
import random
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from rich.table import Table

from tests.bench.night import verdict

SUBSCRIBERS, SLOW, DYING = 500, 50, 50
RATE, SECONDS = 100, 20
MAX_MS = 250
LIVES_S = (1.0, 4.0)
"""How long a dying subscriber lives before its connection is cut without a word."""
SLEEPS_S = 12.0
"""How long a slow subscriber reads nothing."""
SETTLE_S = 20.0
_TEXT, _CLOSE = 1, 8
_ENTRY = re.compile(rb'{"v":1,"event_id":"[^"]+","seq":(\d+),"dreamer":"([^"]+)"')


@dataclass
class Subscriber:
    """One subscriber over all its connections, and when it heard what."""

    cursor: dict[str, int] | None = None
    heard: dict[tuple[str, int], float] = field(default_factory=dict)
    wrong: int = 0
    connections: int = 0

    def hear(self, text: bytes) -> None:
        if found := _ENTRY.match(text):
            seq, dreamer = int(found[1]), found[2].decode()
            self.wrong += seq != self.cursor.get(dreamer, 0) + 1
            self.cursor[dreamer] = seq
            self.heard[dreamer, seq] = time.monotonic()
        elif self.cursor is None:
            self.cursor = json.loads(text)["data"]["cursor"]


class Connection(asyncio.Protocol):
    """One connection of a subscriber; `ended` is done when it is lost."""

    def __init__(self, subscriber: Subscriber, url: str) -> None:
        self.subscriber, self.url = subscriber, urlsplit(url)
        self.ended = asyncio.get_running_loop().create_future()
        self._buffer = b""
        self._open = False

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.subscriber.connections += 1
        cursor = quote(json.dumps(self.subscriber.cursor))
        transport.write(
            f"GET {self.url.path}?cursor={cursor} HTTP/1.1\r\nHost: {self.url.netloc}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._open:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            self._open, self._buffer = head.startswith(b"HTTP/1.1 101"), rest
        done, buffer = 0, self._buffer
        while (frame := _frame(buffer, done)) is not None:
            opcode, start, done = frame
            if opcode == _TEXT:
                self.subscriber.hear(buffer[start:done])
            elif opcode == _CLOSE:
                self.transport.close()
        self._buffer = buffer[done:]

    def connection_lost(self, _: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


def _frame(buffer: bytes, at: int) -> tuple[int, int, int] | None:
    """Return opcode, start and end of the frame that begins at `at`, None if it is not all there.

    Frames of a server are neither masked nor, here, fragmented (RFC 6455, 5.2).
    """
    if len(buffer) < at + 2:
        return None
    size, start = buffer[at + 1], at + 2
    if size > 125:
        start += 2 if size == 126 else 8
        size = int.from_bytes(buffer[at + 2 : start])
    return (buffer[at] & 15, start, start + size) if len(buffer) >= start + size else None


async def _connect(subscriber: Subscriber, url: str, receive_bytes: int | None = None):
    own = socket.socket()
    if receive_bytes:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    own.setblocking(False)
    loop, address = asyncio.get_running_loop(), urlsplit(url)
    await loop.sock_connect(own, (address.hostname, address.port))
    _, connection = await loop.create_connection(lambda: Connection(subscriber, url), sock=own)
    return connection


async def healthy(subscriber: Subscriber, url: str) -> None:
    """Read; come back after a loss."""
    while True:
        await (await _connect(subscriber, url)).ended
        await asyncio.sleep(random.uniform(0.1, 0.5))


async def dying(subscriber: Subscriber, url: str) -> None:
    """Cut the connection again and again."""
    while True:
        connection = await _connect(subscriber, url)
        await asyncio.sleep(random.uniform(*LIVES_S))
        connection.transport.abort()


async def slow(subscriber: Subscriber, url: str) -> None:
    """Read nothing for a long time; then what is still there, and come back for the rest."""
    connection = await _connect(subscriber, url, receive_bytes=4096)
    while subscriber.cursor is None:
        await asyncio.sleep(0.05)
    connection.transport.pause_reading()
    await asyncio.sleep(SLEEPS_S)
    connection.transport.resume_reading()
    await connection.ended
    await healthy(subscriber, url)


@dataclass(frozen=True)
class Outcome:
    """What came of one run; delays in milliseconds, sorted."""

    delays_ms: list[float]
    n_events: int
    lost: int
    disordered: int
    too_slow: int
    connections: int

    def percentile(self, share: float) -> float:
        return self.delays_ms[min(len(self.delays_ms) - 1, int(share * len(self.delays_ms)))]


async def measure(url: str, service: subprocess.Popen, n: int, n_slow: int, n_dying: int, s: float):
    """Have n subscribers hear what is published for s seconds."""
    groups = [(healthy, n - n_slow - n_dying), (slow, n_slow), (dying, n_dying)]
    kinds = [kind for kind, many in groups for _ in range(many)]
    everybody = [Subscriber() for _ in kinds]
    tasks = [
        asyncio.create_task(kind(one, url)) for kind, one in zip(kinds, everybody, strict=True)
    ]
    while any(one.cursor is None for one in everybody):
        await asyncio.sleep(0.1)
    before = dict(everybody[0].cursor)
    service.stdin.write(f"{RATE} {s}\n")
    service.stdin.flush()
    times = json.loads(await asyncio.to_thread(service.stdout.readline))
    committed = {
        (dreamer, before.get(dreamer, 0) + k): at
        for dreamer, own in times.items()
        for k, at in enumerate(own, 1)
    }
    until = time.monotonic() + SETTLE_S
    while time.monotonic() < until and any(len(one.heard) < len(committed) for one in everybody):
        await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    measured = [one.heard for kind, one in zip(kinds, everybody, strict=True) if kind is healthy]
    delays = [heard[k] - at for heard in measured for k, at in committed.items() if k in heard]
    return Outcome(
        sorted(1e3 * delay for delay in delays),
        len(committed),
        sum(len(committed.keys() - one.heard.keys()) for one in everybody),
        sum(one.wrong for one in everybody),
        sum(
            kind is slow and one.connections > 1 for kind, one in zip(kinds, everybody, strict=True)
        ),
        sum(one.connections for one in everybody),
    )


def subscribers_table(_: Path) -> Table:
    """Measure one subscriber by itself, then all."""
    _allow_files(4 * SUBSCRIBERS)
    with tempfile.TemporaryDirectory() as folder, _service(folder) as service:
        url = service.stdout.readline().strip()
        alone = asyncio.run(measure(url, service, 1, 0, 0, 5))
        crowd = asyncio.run(measure(url, service, SUBSCRIBERS, SLOW, DYING, SECONDS))
        service.stdin.close()
    return _table(alone, crowd)


def _service(folder: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "tests.bench.broadcast", folder]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _allow_files(n: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, n), hard), hard))


def _table(alone: Outcome, crowd: Outcome) -> Table:
    table = Table(
        "subscribers", "events", "p50 ms", "p99 ms", "lost", "out of order", "mark",
        title=f"From commit to client over loopback websockets, {RATE} events/s",
        caption=f"of {SUBSCRIBERS}, {SLOW} did not read for {SLEEPS_S:g} s ({crowd.too_slow} were "
        f"disconnected as too slow and resumed) and {DYING} died again and again "
        f"({crowd.connections} connections in all); delays are those of the others",
    )  # fmt: skip
    ratio = crowd.percentile(0.99) / alone.percentile(0.99)
    marks = [
        verdict(f"p99 <= {MAX_MS} ms", met=crowd.percentile(0.99) <= MAX_MS),
        verdict("none lost", met=crowd.lost + crowd.disordered == 0),
        f"p99 {ratio:.1f}x of one alone",
    ]
    for n, found, mark in ((1, alone, ""), (SUBSCRIBERS, crowd, "; ".join(marks))):
        table.add_row(
            f"{n}",
            f"{found.n_events:,}",
            f"{statistics.median(found.delays_ms):.1f}",
            f"{found.percentile(0.99):.1f}",
            f"{found.lost}",
            f"{found.disordered}",
            mark,
        )
    return table
