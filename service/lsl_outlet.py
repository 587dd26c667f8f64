"""What happens to the dreamers, as a stream of the lab streaming layer (LSL).

One stream of markers, ``dreamwatch-events``, of irregular rate and one channel of text. Each
sample is a message as the service's clients receive it (JSON with ``dreamer``, ``type``, ``at`` and
``data``): the stage now every 5 s, each scored epoch, alarms, steps of the wake protocol, changes
of coverage, gaps, and begin and end of a session. LSL stamps a sample when it is sent; ``at`` is
when it happened. Nothing is kept for a receiver that comes later.
"""

import logging
import socket
from collections.abc import Sequence

from monitor.sources.lsl import load_lsl
from service.entries import Entry, Telemetry

logger = logging.getLogger(__name__)

STREAM = "dreamwatch-events"
TYPES = ("session", "epoch", "stage", "alarm", "wake", "coverage", "gap")
"""Types of message that are sent; commands and accounts of usage are nobody else's concern."""

_BUFFER_S = 60


class LslOutlet:
    """Sends entries and telemetry to whoever listens; a `service.runner.Publisher`.

    Sending copies the text and returns. What cannot be sent is logged and gone: it is in the log
    of entries all the same.

    Parameters
    ----------
    name : str
        Of the stream.

    Raises
    ------
    SourceError
        When LSL is not installed.
    """

    def __init__(self, name: str = STREAM) -> None:
        lsl = load_lsl()
        info = lsl.StreamInfo(name, "Markers", 1, 0.0, "string", f"{name}@{socket.gethostname()}")
        info.set_channel_names(["message"])
        self._outlet = lsl.StreamOutlet(info, max_buffered=_BUFFER_S)

    def publish(self, entries: Sequence[Entry], /) -> None:
        """Send entries that are committed."""
        for entry in entries:
            self._send(entry.type, entry.text)

    def tell(self, message: Telemetry, /) -> None:
        """Send the stage now."""
        self._send(message.type, message.text)

    def _send(self, kind: str, text: str) -> None:
        if kind not in TYPES:
            return
        try:
            self._outlet.push_sample([text])
        except (RuntimeError, OSError, ValueError) as error:
            logger.warning("a message of type %s was not sent by LSL: %s", kind, error)
