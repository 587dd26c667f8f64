"""A Cyton, with or without Daisy, and its dongle, on a pseudo-terminal."""

import tempfile
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tests.cyton import protocol
from tests.cyton.faults import LOST, Radio
from tests.cyton.port import Port
from tests.cyton.script import STATES, Fault, parse_script
from tests.cyton.signal import Signal, numbered

WAKE_S = 0.01
"""How often the board sends what is due, about the latency of the dongle's USB chip."""

CHUNK = 250
"""Samples at most in one go, so that commands are heard at any speed."""


class CytonEmulator:
    """A board at `port`, which stays the same when it is unplugged and plugged in again.

    Parameters
    ----------
    signal : Signal, optional
        What it plays, from sample 0 of its life on; without end and numbered by default.
    script : str
        Faults at numbers of samples; see `tests.cyton.script`.
    daisy : bool
        16 channels at 125 Hz.
    speed : float
        Times real time. It never sends faster than it is read.
    slow_start_s : float
        Seconds between a reset and the banner.

    Attributes
    ----------
    sfreq, speed : float
        Samples a second of the board's time, and how much faster that passes.
    sent, dropped : int
        Samples the board took while it streamed, and those of them that never arrived whole:
        `sent - dropped` is what a driver that reads to the end has received.
    duplicated : int
        Packets' worth of samples that arrived a second time.
    commands : bytes
        Everything the computer has written.
    """

    def __init__(
        self,
        signal: Signal | None = None,
        script: str = "",
        *,
        daisy: bool = False,
        speed: float = 1.0,
        slow_start_s: float = 0.0,
    ) -> None:
        self.sfreq = 125.0 if daisy else 250.0
        self.speed = speed
        self.sent = self.dropped = self.duplicated = 0
        self.commands = b""
        self._signal = signal or numbered(16 if daisy else 8, 2**60)
        self._ahead = parse_script(script, self.sfreq)
        self._active: list[Fault] = []
        self._daisy, self._rate, self._slow_start_s = daisy, self.sfreq * speed, slow_start_s
        self._radio = Radio(daisy=daisy)
        self._streaming, self._base, self._began = False, 0, 0.0
        self._state, self._until = "", 0.0
        self._held = b""
        self._later: tuple[float, bytes] | None = None
        self._orders: SimpleQueue[tuple[str, int, threading.Event]] = SimpleQueue()
        self._lock, self._over = threading.RLock(), threading.Event()

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="cyton-")
        self.port = Path(self._folder.name) / "ttyUSB0"
        self._line = Port(self.port)
        self._line.plug_in()
        self._executor = ThreadPoolExecutor(1, "cyton-emulator")
        self._running: Future[None] = self._executor.submit(self._run)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._executor.shutdown()
        self._line.pull_out()
        self._folder.cleanup()
        self._running.result()

    def inject(self, fault: str, samples: int | None = None) -> None:
        """Have a fault happen now, for so many samples of the board's time, or until `restore`."""
        begun = threading.Event()
        self._orders.put((fault, 2**60 if samples is None else samples, begun))
        if not begun.wait(2):
            raise RuntimeError("the emulator has died; leaving it tells why")

    def restore(self) -> None:
        """End every fault and the script: the board is plugged in and has power."""
        with self._lock:
            self._ahead, self._active, self._until = [], [], 0.0

    @property
    def finished(self) -> bool:
        """Whether the signal has ended and everything of it was read."""
        with self._lock:
            silent = self._signal(self.sent, self.sent + 1).shape[1] == 0
            return silent and self._line.all_read

    def finish(self) -> None:
        """End the signal here."""
        with self._lock:
            end, signal = self.sent, self._signal
            self._signal = lambda start, stop: signal(start, min(stop, end))

    def _run(self) -> None:
        while not self._over.is_set():
            with self._lock:
                self._power()
                self._take_orders()
                self._listen()
                self._stream()
                self._line.write()
            self._line.wait(0 if self._behind() else WAKE_S)

    def _behind(self) -> bool:
        return self._streaming and not self._line.backlog and self._due() >= CHUNK

    def _take_orders(self) -> None:
        while not self._orders.empty():
            kind, samples, begun = self._orders.get()
            self._begin(Fault(kind, self.sent, samples))
            begun.set()

    def _power(self) -> None:
        if self._state and time.monotonic() >= self._until:
            if self._state == "unplug":
                self._line.plug_in()
            self._state = ""
        if self._later and time.monotonic() >= self._later[0]:
            self._line.write(self._later[1])
            self._later = None

    def _listen(self) -> None:
        heard = self._line.read()
        self.commands += heard
        for command in heard:
            self._obey(bytes([command]))

    def _obey(self, command: bytes) -> None:
        if self._state == "away":
            self._line.write(protocol.DONGLE_ALONE)
        elif self._state == "off":
            return
        elif command == b"v":
            if not self._streaming:  # a dongle just opened tells nothing of before
                self._line.forget()
            self._start_anew()
        elif command == b"b":
            self._streaming, self._base, self._began = True, self.sent, time.monotonic()
        elif command == b"s":
            self._streaming = False
        else:
            self._line.write(protocol.answer(command, daisy=self._daisy))

    def _start_anew(self) -> None:
        self._streaming, self._held = False, b""
        banner = protocol.banner(daisy=self._daisy)
        self._later = time.monotonic() + self._slow_start_s, banner

    def _due(self) -> int:
        return self._base + int((time.monotonic() - self._began) * self._rate) - self.sent

    def _stream(self) -> None:
        """Send what is due; nothing while the computer has not read what was sent."""
        left = min(self._due(), CHUNK) if self._streaming else 0
        while left > 0 and self._streaming and not self._line.backlog:
            self._turn()
            if not self._streaming:
                return
            ends = [fault.at for fault in self._ahead[:1]] + [f.end for f in self._active]
            n = min([left, *(end - self.sent for end in ends)])
            counts = protocol.to_counts(self._signal(self.sent, self.sent + n))
            self._send(counts)
            left = left - n if counts.shape[1] == n else 0

    def _turn(self) -> None:
        """Begin and end the faults whose time has come."""
        self._active = [fault for fault in self._active if fault.end > self.sent]
        while self._ahead and self._ahead[0].at <= self.sent:
            self._begin(self._ahead.pop(0))

    def _begin(self, fault: Fault) -> None:
        if fault.kind not in STATES:
            self._active.append(fault)
            return
        self._pass_on()
        if fault.kind == "reset":
            self._start_anew()
            return
        if fault.kind == "unplug":
            self._line.wait_until_read()
            self._line.pull_out()
        self._streaming, self._later = False, None
        self._state, self._until = fault.kind, time.monotonic() + fault.samples / self._rate

    def _send(self, counts: NDArray[np.int64]) -> None:
        n, kinds = counts.shape[1], {fault.kind for fault in self._active}
        if not n:
            return
        sent = self._radio.send(self.sent - self._base, counts, self._active)
        self.sent += n
        self.dropped += n if kinds & LOST else 0
        self.duplicated += (
            n if kinds & {"duplicate", "stuck"} and not kinds & {"drop", "mute"} else 0
        )
        self._held += sent
        if "burst" not in kinds:
            self._pass_on()

    def _pass_on(self) -> None:
        self._line.write(self._held)
        self._held = b""
