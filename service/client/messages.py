"""Messages with types: the shapes are the contract's, the same that the service is checked by."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from service.client.core import Message
from service.contract import DATA
from service.contract import Message as Shape


@dataclass(frozen=True, slots=True)
class Told:
    """A message and what it says.

    Parameters
    ----------
    type : str
        Such as ``alarm``; ``disconnected`` and ``stale`` are the client's own.
    data : Shape or dict
        A shape of `service.contract`, as ``AlarmData``; a dict where this program knows no such
        type, or the service writes another shape by now.
    dreamer : str or None
        Whom it is about; None: everybody.
    seq : int or None
        Number among the dreamer's entries; None: not in the log.
    event_id : str or None
        The entry's own, the same each time that it is sent.
    at : datetime or None
        When it happened, in UTC.
    """

    type: str
    data: Shape | Message
    dreamer: str | None = None
    seq: int | None = None
    event_id: str | None = None
    at: datetime | None = None


def typed(message: Message) -> Told:
    """Give a message its type; fields that this program does not know are left out."""
    kind, at = message["type"], message.get("at")
    return Told(
        kind,
        _data(kind, message["data"]),
        message.get("dreamer"),
        message.get("seq"),
        message.get("event_id"),
        None if at is None else datetime.fromisoformat(at),
    )


def _data(kind: str, data: Message) -> Shape | Message:
    shape = DATA.get(kind)
    if shape is None:
        return data
    try:
        return shape.model_validate(data, extra="ignore")
    except ValidationError:
        return data
