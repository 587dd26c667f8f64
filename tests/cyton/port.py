"""A serial port that can be pulled out: a pseudo-terminal behind a path that stays the same."""

import os
import select
import termios
import time
import tty
from array import array
from fcntl import ioctl
from pathlib import Path

SETTLED_S = 0.03
"""The kernel passes a pseudo-terminal's bytes on in pieces; in between there is nothing to read."""


class Port:
    """The board's end of a port at `path`; the computer opens the other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._master = self._slave = -1
        self._unsent = b""
        self._busy = 0.0

    @property
    def plugged(self) -> bool:
        return self._master >= 0

    @property
    def backlog(self) -> int:
        """Bytes that the computer's end had no room for."""
        return len(self._unsent)

    @property
    def all_read(self) -> bool:
        """Whether the computer has read everything, and was not only waiting for the kernel."""
        if self._unsent or self._readable():
            self._busy = time.monotonic()
        return time.monotonic() - self._busy > SETTLED_S

    def _readable(self) -> int:
        count = array("i", [0])
        if self.plugged:
            ioctl(self._slave, termios.FIONREAD, count)
        return count[0]

    def plug_in(self) -> None:
        """Appear at the path."""
        self._master, self._slave = os.openpty()  # the slave stays open, so that a
        tty.setraw(self._slave)  # computer that closes its end hangs up nothing
        os.set_blocking(self._master, False)
        self.path.symlink_to(os.ttyname(self._slave))

    def pull_out(self) -> None:
        """Vanish from the path and end every connection."""
        self._unsent = b""
        if self.plugged:
            self.path.unlink()
            os.close(self._master)
            os.close(self._slave)
        self._master = self._slave = -1

    def write(self, data: bytes = b"") -> None:
        """Send as much as there is room for; the rest with the next call."""
        self._unsent += data
        if self._unsent and self.plugged:
            self._busy = time.monotonic()
            try:
                self._unsent = self._unsent[os.write(self._master, self._unsent) :]
            except BlockingIOError:
                return

    def read(self) -> bytes:
        """Return what the computer has written since."""
        if not self.plugged or not select.select([self._master], [], [], 0)[0]:
            return b""
        return os.read(self._master, 1024)

    def forget(self) -> None:
        """Leave the computer nothing to read of what was sent."""
        self._unsent = b""
        if self.plugged:
            termios.tcflush(self._slave, termios.TCIFLUSH)

    def wait(self, within_s: float) -> None:
        """Wait until the computer writes, or makes room for the backlog."""
        if not self.plugged:
            time.sleep(within_s)
            return
        master = [self._master]
        select.select(master, master if self._unsent else [], [], within_s)

    def wait_until_read(self, within_s: float = 1.0) -> None:
        """Wait until the computer has read everything, so that it is known what it has."""
        end = time.monotonic() + within_s
        while not self.all_read and time.monotonic() < end:
            self.write()
            time.sleep(0.001)
