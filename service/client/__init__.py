"""Following a service's events, and answering them, from any program.

`EventClient` and `AsyncEventClient` tell each entry of the log once, in order, over any number of
connections; `typed` gives a message its type; `Commands` carries out what a person decides.
"""

from service.client.commands import Commands, RefusedError
from service.client.core import Message
from service.client.keeper import CursorFile, CursorKeeper
from service.client.messages import Told, typed
from service.client.streams import DEFAULT_URL, AsyncEventClient, EventClient, stream_address

__all__ = [
    "DEFAULT_URL",
    "AsyncEventClient",
    "Commands",
    "CursorFile",
    "CursorKeeper",
    "EventClient",
    "Message",
    "RefusedError",
    "Told",
    "stream_address",
    "typed",
]
