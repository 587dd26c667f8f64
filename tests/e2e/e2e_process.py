"""Programs of the project as processes, and clients of theirs written with `websockets` alone."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

ROOT = Path(__file__).parents[2]
DREAMWATCH = ("-c", "from service.cli import main; main()")


def _hear_interrupts() -> None:
    """Let Ctrl-C reach the program, which a shell that runs the tests in its background bars."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Program:
    """A Python program whose output is read as it comes."""

    def __init__(self, *arguments: str) -> None:
        environment = {n: v for n, v in os.environ.items() if not n.startswith("DREAMWATCH_")}
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment | {"PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=_hear_interrupts,
        )
        self.lines: list[str] = []
        self._new: Queue[str | None] = Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._new.put(line)
        self.process.stdout.close()
        self._new.put(None)

    def wait_for(self, pattern: str, within_s: float) -> re.Match[str]:
        """Return the first match in a line not read before."""
        until = time.monotonic() + within_s
        while True:
            try:
                line = self._new.get(timeout=max(0.01, until - time.monotonic()))
            except Empty:
                line = None
            if line is None:
                raise AssertionError(f"no {pattern!r} in time:\n{''.join(self.lines)}")
            self.lines.append(line)
            if found := re.search(pattern, line):
                return found

    def stop(self, number: int = signal.SIGINT, within_s: float = 10.0) -> int:
        """Send a signal, wait for the end, return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=within_s)
        self._reader.join()
        return code

    def kill(self) -> None:
        self.stop(signal.SIGKILL)


def serve(data_dir: Path, *sources: str, port: int = 0) -> tuple[Program, str]:
    """Start the service; return it and the websocket address it prints."""
    given = [part for source in sources for part in ("--source", source)]
    options = ["--port", str(port), "--data-dir", str(data_dir)]
    program = Program(*DREAMWATCH, "serve", *options, *given)
    try:
        return program, program.wait_for(r"ws://\S+", within_s=60)[0]
    except AssertionError:
        program.kill()  # else its reader would wait for ever
        raise


def listen(url: str, enough: Callable[[list[dict]], bool], cursor: dict | None, within_s: float):
    """Return the messages of one connection until there are enough of them, or it is lost."""
    messages: list[dict] = []
    until = time.monotonic() + within_s
    with connect(url, proxy=None, max_size=None, close_timeout=1) as connection:
        connection.send(json.dumps({"cursor": cursor}))
        try:
            while not enough(messages):
                left = until - time.monotonic()
                messages.append(json.loads(connection.recv(timeout=max(0.01, left))))
        except ConnectionClosed:
            return messages
    return messages


def of(messages: list[dict], dreamer: str, kind: str) -> list[dict]:
    """Return the data of a dreamer's entries of one type, in the order they came."""
    return [
        message["data"]
        for message in messages
        if message.get("dreamer") == dreamer and message["type"] == kind
    ]
