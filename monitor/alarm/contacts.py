"""Since when each electrode has been on or off, and since when there is signal at all."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.alarm.times import ms
from monitor.domain.contact import Contact
from monitor.domain.montage import ChannelKind, Montage

SECOND_S = 1.0


class Contacts:
    """What the seconds of signal so far say about every channel.

    ``MISSING`` says nothing about an electrode: the channel is unknown until it is seen again. It
    does not break a spell of being off, and it always breaks a spell of being on. There is signal
    while any EEG channel delivers a valid sample: the others cannot show sleep.

    Parameters
    ----------
    montage : Montage
        The channels.
    start : float
        Start of the session in Unix s; nothing is known of any channel yet.
    """

    def __init__(self, montage: Montage, start: float) -> None:
        self.montage = montage
        self._eeg = list(montage.picks(ChannelKind.EEG))
        self.seen_until = start
        self.valid_until = start
        self.valid_since: float | None = None
        self.off: list[Contact | None] = [None] * len(montage.channels)
        self.known = [False] * len(montage.channels)
        self.since = [start] * len(montage.channels)
        self._raw = b""

    def push_same(self, at: float, contact: NDArray[np.int8], count: int = 1) -> bool:
        """Take `count` seconds up to `at` if they follow on and are like the last; else False."""
        follows = 0 < at - self.seen_until < count * SECOND_S + 1e-3
        if not follows or contact.tobytes() != self._raw:
            return False
        if self.valid_until == self.seen_until:
            self.valid_until = at
        self.seen_until = at
        return True

    def push(self, at: float, contact: NDArray[np.int8]) -> None:
        """Take the second that ends at `at`."""
        begin = ms(at - SECOND_S)
        unseen = begin > self.seen_until
        valid = bool(np.any(contact[self._eeg] != Contact.MISSING))
        if valid and (unseen or self.valid_since is None or self.valid_until != self.seen_until):
            self.valid_since = begin
        for channel, value in enumerate(contact.tolist()):
            self._push_channel(channel, Contact(value), begin, unseen)
        self.seen_until = at
        self.valid_until = at if valid else self.valid_until
        self._raw = contact.tobytes()

    def _push_channel(self, channel: int, contact: Contact, begin: float, unseen: bool) -> None:
        was_known, was_off = self.known[channel] and not unseen, self.off[channel] is not None
        self.known[channel] = contact is not Contact.MISSING
        if contact is Contact.MISSING:
            return
        off = contact is not Contact.GOOD
        if off != was_off or not (off or was_known):
            self.since[channel] = begin
        self.off[channel] = contact if off else None

    def is_current(self, at: float) -> bool:
        """Whether the newest second that can be complete at `at` has been seen."""
        return at < ms(self.seen_until + SECOND_S)

    @property
    def lost_at(self) -> float:
        """When time alone, without a valid sample, makes the signal count as gone."""
        return ms(self.valid_until + SECOND_S)

    def snapshot(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "ch_names": list(self.montage.ch_names),
            "seen_until": self.seen_until,
            "valid_until": self.valid_until,
            "valid_since": self.valid_since,
            "off": [None if contact is None else int(contact) for contact in self.off],
            "known": list(self.known),
            "since": list(self.since),
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take a `snapshot` of the same montage; ValueError when it is another's."""
        if tuple(saved["ch_names"]) != self.montage.ch_names:
            raise ValueError(f"channels are {self.montage.ch_names}, saved {saved['ch_names']}")
        self.seen_until = float(saved["seen_until"])
        self.valid_until = float(saved["valid_until"])
        self.valid_since = saved["valid_since"]
        self.off = [None if value is None else Contact(value) for value in saved["off"]]
        self.known = [bool(value) for value in saved["known"]]
        self.since = [float(value) for value in saved["since"]]
        self._raw = b""
