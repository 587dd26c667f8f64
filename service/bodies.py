"""The shapes of what the service takes: the bodies of commands."""

from pydantic import Field

from monitor.domain.inputs import MAX_COMMAND_ID, MAX_NOTE, Disposition, Responder
from service.contract import Message


class CommandIn(Message):
    """A command; the sender chooses its id, and sending it again does nothing."""

    command_id: str = Field(min_length=1, max_length=MAX_COMMAND_ID)
    actor: str = Field("technician", min_length=1, max_length=64)


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

    reason: str = Field(min_length=1, max_length=MAX_NOTE)
    duration_s: float = Field(gt=0, allow_inf_nan=False)


class ResolveIn(AcknowledgeIn):
    """Close the alarm after attending to it."""

    disposition: Disposition
    note: str = Field("", max_length=MAX_NOTE)
