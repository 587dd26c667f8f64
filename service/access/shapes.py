"""The shapes of what the routes of access say and take."""

from pydantic import Field

from service.access.roles import Action, Role
from service.contract import Message


class LoginIn(Message):
    """A token, as `dreamwatch token create` printed it."""

    token: str = Field(min_length=1, max_length=128)


class Nothing(Message):
    """Nothing to say; yet it is JSON, which no page of another site can send."""


class Me(Message):
    """Who asks, and what they may; `csrf` goes with every command of a browser's."""

    name: str
    role: Role
    dreamer: str | None
    anonymous: bool
    csrf: str | None
    may: list[Action]


class TicketOut(Message):
    """Opens one websocket: ``/api/v1/events?ticket=…``."""

    ticket: str
    expires_in_s: float
