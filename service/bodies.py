"""The shapes of what the service takes: the bodies of commands."""

from typing import Annotated

from pydantic import Field

from monitor.domain.inputs import MAX_COMMAND_ID, MAX_NOTE, Disposition, Responder
from service.contract import Message

_HIDDEN = r"\x7f-\x9f\u2028-\u202e\u2066-\u2069"
"""Characters that end a line, change its direction or command a terminal, above the space."""
Line = Annotated[str, Field(pattern=rf"^[^\x00-\x1f{_HIDDEN}]*$")]
"""Text that is seen as it is, on one line."""
Lines = Annotated[str, Field(pattern=rf"^[^\x00-\x09\x0b-\x1f{_HIDDEN}]*$")]
"""Text that is seen as it is, on any number of lines."""


class CommandIn(Message):
    """A command; the sender chooses its id, and sending it again does nothing."""

    command_id: Line = Field(min_length=1, max_length=MAX_COMMAND_ID)
    actor: Line = Field("technician", min_length=1, max_length=64)


class RespondIn(CommandIn):
    """The dreamer showed a behavioural response."""

    by: Responder


class AcknowledgeIn(CommandIn):
    """A person takes the alarm on; `expected_version` is the version they saw."""

    expected_version: int


class SilenceIn(AcknowledgeIn):
    """Silence the alarm's sound for a moment."""

    duration_s: float = Field(gt=0, allow_inf_nan=False)


class ShelveIn(AcknowledgeIn):
    """Put the alarm aside for a while."""

    reason: Lines = Field(min_length=1, max_length=MAX_NOTE)
    duration_s: float = Field(gt=0, allow_inf_nan=False)


class ResolveIn(AcknowledgeIn):
    """Close the alarm after attending to it."""

    disposition: Disposition
    note: Lines = Field("", max_length=MAX_NOTE)
