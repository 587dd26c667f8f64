"""A link in a process of its own, so that a driver that hangs, blocks or dies harms nobody else.

BrainFlow does one thing at a time in a process: while one board that is off is being waited for, no
other board can be read. And a driver is foreign code, which may crash. So each device has a child
process, ``python -m service.device SPEC``, which writes frames to its standard output: one byte of
kind, four of length, then what the kind holds. The parent writes commands of one line each.
"""

import os
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import BinaryIO
from urllib.parse import parse_qsl, urlencode

import numpy as np
from numpy.typing import NDArray

from monitor.domain.errors import SourceError
from monitor.sources.link import Batch, Link
from monitor.sources.live import LiveSource
from monitor.sources.spec import SourceSpec, open_link, parse_spec
from service.host import ThreadHost

CONNECT_S = 60.0
"""Longest that connecting may take; slow Bluetooth boards take half of it."""

FLUSH_S = 1.0
CLOSE_S = 2.0
"""Longest to wait for a device to give out what it holds, and to be let go, in s."""

POLL_S = 0.02
"""How often the child looks at its device; far below the latency of the devices' own bursts."""

MAX_FRAME = 2**28
CONNECTED, SAMPLES, FLUSHED, FAILED = b"C", b"S", b"F", b"E"
_HEAD = struct.Struct("<cI")
_COUNT = struct.Struct("<I")


class DeviceLink:
    """The link that a spec names, in a process of its own.

    Parameters
    ----------
    spec : str
        Of a live source.

    Raises
    ------
    SourceError
        When it names no device, or what it names cannot be made.
    """

    def __init__(self, spec: str) -> None:
        link = open_link(parse_spec(spec))  # never connected here: it knows rate and channels
        self.sfreq, self.montage, self.once = link.sfreq, link.montage, link.once
        self._spec = _with(spec, link.same)
        self.same = link.same
        self._process: subprocess.Popen[bytes] | None = None
        self._frames: SimpleQueue[tuple[bytes, bytes]] = SimpleQueue()
        self._failure = ""

    def connect(self) -> None:
        """Start the process and wait until its device sends."""
        self.disconnect()
        self._frames, self._failure = SimpleQueue(), ""
        command = [sys.executable, "-m", "service.device", self._spec]
        self._process = process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        Thread(target=_read_frames, args=(process.stdout, self._frames), daemon=True).start()
        try:
            self._await_connection()
        except SourceError:
            self.disconnect()
            raise

    def drain(self) -> Batch:
        """Return what has come since; a failure only after all that came before it."""
        batches: list[Batch] = []
        with suppress(Empty):
            while not self._failure:
                batches += self._hear(*self._frames.get_nowait())
        if self._failure and not batches:
            raise SourceError(self._failure)
        return _join(batches, len(self.montage.channels))

    def flush(self) -> Batch:
        """Return what the device's process holds back, if it still answers."""
        batches: list[Batch] = []
        self._say("flush")
        kind = SAMPLES
        with suppress(Empty):
            while kind != FLUSHED and not self._failure:
                kind, body = self._frames.get(timeout=FLUSH_S)
                batches += self._hear(kind, body)
        return _join(batches, len(self.montage.channels))

    def mark(self, code: float) -> None:
        """Have a marker written, where the device can."""
        self._say(f"mark {code:g}")

    def impedances(self, wait: Callable[[float], object]) -> dict[str, float]:  # noqa: ARG002
        """Refuse: `dreamwatch doctor` asks the device itself."""
        raise SourceError("impedances are measured by dreamwatch doctor only")

    def disconnect(self) -> None:
        """End the process, one way or the other; from any thread."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        try:
            process.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _say(self, line: str) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            with suppress(OSError, ValueError):
                process.stdin.write(f"{line}\n".encode())
                process.stdin.flush()

    def _await_connection(self) -> None:
        try:
            self._hear(*self._frames.get(timeout=CONNECT_S))
        except Empty:
            self._failure = f"the device did not connect within {CONNECT_S:g} s"
        if self._failure:
            raise SourceError(self._failure)

    def _hear(self, kind: bytes, body: bytes) -> list[Batch]:
        """Return the samples in a frame; remember a failure."""
        if kind == FAILED:
            self._failure = body.decode(errors="replace")
        return [_unpack(body, len(self.montage.channels))] if kind in (SAMPLES, FLUSHED) else []


def _with(spec: str, options: Mapping[str, str]) -> str:
    """Add options to a spec, in place of those of the same names."""
    scheme, path = spec.partition("?")[0].split(":", 1)
    query = dict(parse_qsl(spec.partition("?")[2], keep_blank_values=True))
    query |= {name: value for name, value in options.items() if value}
    return f"{scheme}:{path}?{urlencode(query)}" if query else spec


def open_live(spec: SourceSpec) -> LiveSource:
    """Open what is live, in a process of its own."""
    name = f"{spec.dreamer}: {spec.scheme}:{spec.path}"
    return LiveSource(DeviceLink(spec.text), ThreadHost(spec.dreamer), name)


def _read_frames(stream: BinaryIO, frames: "SimpleQueue[tuple[bytes, bytes]]") -> None:
    """Read what a child says until it ends, which is a failure too."""
    with stream:
        while len(head := stream.read(_HEAD.size)) == _HEAD.size:
            kind, length = _HEAD.unpack(head)
            if length > MAX_FRAME or len(body := stream.read(length)) < length:
                break
            frames.put((kind, body))
    frames.put((FAILED, b"the driver's process has ended"))


def _join(batches: list[Batch], n_channels: int) -> Batch:
    if not batches:
        return Batch(np.empty((n_channels, 0)), np.empty(0, np.int64))
    data = np.hstack([batch.data for batch in batches])
    return Batch(data, np.hstack([batch.lost for batch in batches]))


def _pack(batch: Batch) -> bytes:
    lost, data = batch.lost.astype("<i8"), batch.data.astype("<f8")
    return _COUNT.pack(len(lost)) + lost.tobytes() + data.tobytes()


def _unpack(body: bytes, n_channels: int) -> Batch:
    (count,) = _COUNT.unpack_from(body)
    lost = np.frombuffer(body, "<i8", count, _COUNT.size)
    data: NDArray[np.float64] = np.frombuffer(body, "<f8", offset=_COUNT.size + lost.nbytes)
    return Batch(data.reshape(n_channels, count), lost)


def main() -> None:
    """Serve one device to the parent until it closes our standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to act on
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a driver prints must not stand between frames
    try:
        link = open_link(parse_spec(sys.argv[1]))
        link.connect()
        _write(out, CONNECTED, b"")
        with suppress(BrokenPipeError):
            _serve(link, out)
        link.disconnect()
    except SourceError as error:
        _write(out, FAILED, str(error).encode())


def _serve(link: Link, out: BinaryIO) -> None:
    heard = b""
    while True:
        news = os.read(0, 4096) if _is_readable() else None
        if news == b"":
            return
        heard += news or b""
        *lines, heard = heard.split(b"\n")
        _write_drained(link, out)
        for line in lines:
            _obey(link, line.decode(), out)
        time.sleep(POLL_S)


def _write_drained(link: Link, out: BinaryIO) -> None:
    """Write what has come; at a failure, first what was held back."""
    try:
        batch = link.drain()
    except SourceError:
        _write(out, SAMPLES, _pack(link.flush()))
        raise
    if batch.lost.size:
        _write(out, SAMPLES, _pack(batch))


def _is_readable() -> bool:
    return bool(select.select([0], [], [], 0)[0])


def _obey(link: Link, line: str, out: BinaryIO) -> None:
    if line == "flush":
        _write(out, FLUSHED, _pack(link.flush()))
    elif line.startswith("mark "):
        link.mark(float(line.removeprefix("mark ")))


def _write(out: BinaryIO, kind: bytes, body: bytes) -> None:
    out.write(_HEAD.pack(kind, len(body)) + body)
    out.flush()


if __name__ == "__main__":
    main()
