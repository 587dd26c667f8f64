"""What the service wrote of a bed: its log and its recording."""

from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from monitor.domain.inputs import Gap
from service.entries import Entry
from service.store import Store

_LAST = 2**31
_CLOSED = ("NORMAL", "PENDING")


@dataclass(frozen=True, slots=True)
class Log:
    """A dreamer's entries.

    Parameters
    ----------
    entries : list of Entry
        In order.
    """

    entries: list[Entry]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the data of all entries of one type."""
        return [entry.message["data"] for entry in self.entries if entry.type == kind]

    @property
    def gaps(self) -> list[Gap]:
        return [Gap(g["first_sample"], g["n_samples"], g["cause"]) for g in self.of("gap")]

    @property
    def start(self) -> float:
        """Unix time of the session's first sample."""
        entry = next(entry for entry in self.entries if entry.type == "session")
        data = entry.message["data"]
        return float(entry.at - data["sample"] / data["sfreq"])

    @property
    def signal_lost(self) -> tuple[list[float], list[float]]:
        """Seconds of the session at which SIGNAL_LOST was raised, and at which it returned."""
        raised, returned = [], []
        for entry in self.entries:
            data = entry.message["data"]
            if entry.type != "alarm" or data["kind"] != "SIGNAL_LOST":
                continue
            if data["state"] == "ACTIVE_UNACK" and data["previous_state"] in _CLOSED:
                raised.append(entry.at - self.start)
            elif data["state"] == "RESOLVED":
                returned.append(entry.at - self.start)
        return raised, returned


def read_logs(data_dir: Path, dreamers: list[str]) -> list[Log]:
    """Read the log of a service that has ended, one dreamer after the other."""
    with Store(data_dir) as store:
        return [
            Log(list(chain.from_iterable(store.between({}, {dreamer: _LAST}))))
            for dreamer in dreamers
        ]
