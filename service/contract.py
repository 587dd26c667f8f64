"""The shapes of everything the service says, for OpenAPI and its users."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from monitor.domain.events import Coverage, Priority
from monitor.domain.inputs import Profile
from monitor.domain.stage import Stage
from monitor.staging.statistics import SleepStatistics
from service.losses import Losses

Time = Annotated[str, Field(description="ISO 8601 UTC", examples=["2026-01-31T23:59:59.123Z"])]
StageName = Literal["W", "N1", "N2", "N3", "R"]
Type = Literal["session", "epoch", "coverage", "gap", "alarm", "wake", "usage", "command"]


class Message(BaseModel):
    """What all shapes share: fields that are not described are refused."""

    model_config = ConfigDict(extra="forbid")


class Reason(Message):
    """Why something changed: a stable code, a sentence, and what was compared with what."""

    code: str
    text: str
    value: float | None
    limit: float | None
    unit: str
    actor: str | None


class SessionData(Message):
    """A session started, was resumed after a restart, or ended."""

    session: str
    status: Literal["started", "resumed", "ended"]
    sfreq: float
    ch_names: list[str]
    planned_s: float | None
    profile: Profile
    sample: int


class ChannelQuality(Message):
    """How good a channel was: 1 is clean; and the share of seconds with each artefact."""

    score: float
    artefacts: dict[str, float]


class EpochData(Message):
    """The stage of 30 s; no probabilities where the signal did not allow a stage.

    Channels are in the order of the session's ``ch_names``. The spectrum is that of the best EEG
    channel in bins of 1 Hz around 1 to 30 Hz, in dB re 1 µV²/Hz: empty when unscored, and missing
    from entries of older versions.
    """

    index: int
    onset_s: float
    stage: Stage
    proba: dict[StageName, float]
    quality: float
    channels: list[ChannelQuality]
    session: str
    spectrum: list[float] = []


class StageData(Message):
    """The stage now, every 5 s: published with hysteresis, beside the raw probabilities."""

    session: str
    stage: Stage
    since: Time | None
    proba: dict[StageName, float]
    quality: float
    channels: list[ChannelQuality]


class Live(Message):
    """Telemetry ``stage`` of the websocket: not in the log, and dropped for a newer one."""

    v: Literal[1]
    dreamer: str
    type: Literal["stage"]
    at: Time
    data: StageData


class SignalData(Message):
    """The newest signal, at most 10 s: means in µV of `samples_per_value` samples as they came.

    ``data`` has a row for each channel; null where a sample is missing. ``first_sample`` counts the
    session's samples, ``sfreq`` is the rate of the means in Hz.
    """

    session: str
    first_sample: int
    samples_per_value: int
    sfreq: float
    ch_names: list[str]
    data: list[list[float | None]]


class Signal(Message):
    """Telemetry ``signal``, at most once a second, for those only who ask for this type."""

    v: Literal[1]
    dreamer: str
    type: Literal["signal"]
    at: Time
    data: SignalData


class CoverageData(Message):
    """The dreamer is now watched more, or less, than before."""

    coverage: Coverage
    reason: Reason


class GapData(Message):
    """Samples were lost for good."""

    first_sample: int
    n_samples: int
    cause: str


class AlarmData(Message):
    """An alarm made a transition; the whole alarm as it now stands.

    `reason` says why it made this one, `finding` what the alarm is about.
    """

    alarm_id: str
    kind: str
    source: str
    priority: Priority
    state: str
    previous_state: str
    reason: Reason
    version: int
    present: bool
    raised_at: Time | None
    acked_by: str | None
    acked_at: Time | None
    latched: bool
    shelved_until: Time | None
    inhibited_by: str | None
    escalation_level: int
    disposition: str | None
    recurrence: int
    audio_paused_until: Time | None = None
    finding: str = ""


class WakeData(Message):
    """The wake protocol made a step."""

    step: str
    round: int
    rounds: int
    level_dba: int | None
    until: Time | None
    reason: Reason


class Breach(Message):
    """A limit of dream use that is broken."""

    limit: str
    severity: Literal["soft", "hard"]
    value: float
    bound: float
    unit: str
    text: str = ""


class UsageData(Message):
    """The account of the running session, and of dream use with the sessions before it.

    Over the last 24 h time that could not be scored counts as sleep: it is use. `level` is that of
    overuse, 0 to 3; `checks` tells of each budget of a day the highest of 50, 80 and 100 % that is
    used up, `budgets` its minutes.
    """

    session: str
    recorded_min: float
    sleep_min: float
    rem_min: float
    unscored_min: float
    overrun_min: float
    sleep_24h_min: float = 0.0
    rem_24h_min: float = 0.0
    sessions_24h: int = 0
    level: int = 0
    breaches: list[Breach] = []
    checks: dict[str, int] = {}
    budgets: dict[str, float] = {}


class CommandData(Message):
    """A command was carried out."""

    command_id: str
    command: str
    actor: str
    detail: dict[str, Any]


class LogEntry(Message):
    """One entry of the durable log, as the websocket sends it too."""

    v: Literal[1]
    event_id: str
    seq: int
    dreamer: str
    type: Type
    at: Time
    data: (
        SessionData
        | EpochData
        | CoverageData
        | GapData
        | AlarmData
        | WakeData
        | UsageData
        | CommandData
    )


class _Now(Message):
    dreamer: str
    at: Time


class Session(SessionData, _Now):
    """The session under way, or the last one."""

    started_at: Time


class Epoch(EpochData, _Now):
    """The latest scored epoch."""


class Alarm(AlarmData, _Now):
    """An open alarm."""


class WakeStep(WakeData, _Now):
    """Where the wake protocol stands."""


class Usage(UsageData, _Now):
    """The account of the session under way."""


class Dreamer(Message):
    """How a dreamer is now, as of entry `seq`; only the coverage MONITORED may look calm."""

    dreamer: str
    seq: int
    coverage: Coverage
    coverage_reason: Reason | None
    session: Session | None
    stage: Epoch | None
    wake: WakeStep | None
    usage: Usage | None
    alarms: list[Alarm]


class HeartbeatData(Message):
    """Everybody's coverage; and how far the log was sent before, so that a loss shows at once."""

    cursor: dict[str, int]
    coverage: dict[str, Coverage]
    reasons: dict[str, Reason]


class Heartbeat(Message):
    """Telemetry ``heartbeat``, every second; without one for 5 s nobody counts as monitored."""

    v: Literal[1]
    type: Literal["heartbeat"]
    at: Time
    data: HeartbeatData


class SnapshotData(Message):
    """How everybody is now, and the cursor that asks for what comes after."""

    cursor: dict[str, int]
    dreamers: list[Dreamer]


class Snapshot(Message):
    """What stands in for all before it, for a client without a cursor or with one too old."""

    v: Literal[1]
    type: Literal["snapshot"]
    at: Time
    data: SnapshotData


class Hypnogram(Message):
    """The scored epochs of a session in order, what they come to so far, and what was lost."""

    dreamer: str
    session: str
    epochs: list[EpochData]
    statistics: SleepStatistics
    lost: Losses


class PolicyInForce(Message):
    """The numbers of alarms and wake protocol, and where a policy file made them differ."""

    policy: dict[str, Any]
    digest: str
    differs: dict[str, Any]


class EventPage(Message):
    """Entries of the log, and the cursor that asks for those after them."""

    events: list[LogEntry]
    cursor: dict[str, int]


class Done(Message):
    """What came of a command; nothing new when its `command_id` was carried out before."""

    command_id: str
    repeated: bool
    events: list[LogEntry]


class Problem(BaseModel):
    """Why a request was refused."""

    error: str
    detail: str
    current_version: int | None = None
    until: Time | None = None


class Health(Message):
    """Whether every source is read; why not, for those that are not."""

    status: Literal["ok", "failed"]
    dreamers: dict[str, Coverage]
    failures: dict[str, str]


ENTRIES: dict[str, type[Message]] = {
    "session": SessionData,
    "epoch": EpochData,
    "coverage": CoverageData,
    "gap": GapData,
    "alarm": AlarmData,
    "wake": WakeData,
    "usage": UsageData,
    "command": CommandData,
}
"""What each type of the log says."""
TELEMETRY: dict[str, type[Message]] = {
    "stage": Live,
    "signal": Signal,
    "heartbeat": Heartbeat,
    "snapshot": Snapshot,
}
"""What is not in the log, whole."""
DATA: dict[str, type[Message]] = ENTRIES | {
    "stage": StageData,
    "signal": SignalData,
    "heartbeat": HeartbeatData,
    "snapshot": SnapshotData,
}
"""What each message of the stream says."""
