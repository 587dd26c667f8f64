"""The figures of a night report: the keys of its JSON."""

from typing import Literal

from pydantic import Field

from monitor.domain.events import Coverage, Priority
from monitor.domain.inputs import Profile
from monitor.domain.stage import Stage
from monitor.staging.statistics import SleepStatistics
from service.contract import Message, Reason, StageName, Time
from service.losses import Losses
from service.usage.shapes import Account


class RecordingFigures(Message):
    """How it was recorded; `model` tells the stager, by name or the SHA-256 of its file."""

    source: str
    sfreq: float
    ch_names: list[str]
    planned_min: float | None
    profile: Profile
    model: str | None
    resumed: int = Field(description="times that a stopped service went on with the session")


class NormFigures(Message):
    """What is recommended and usual at the dreamer's age; `rem_share` in percent of sleep."""

    age: int
    group: str
    sleep_min: tuple[float, float]
    rem_share: tuple[float, float]


class CoverageFigures(Message):
    """Minutes between the session's start and end in each coverage, and their shares."""

    minutes: dict[Coverage, float]
    share: dict[Coverage, float | None]
    changes: list["CoverageSpell"]


class CoverageSpell(Message):
    """From when a coverage held, and why."""

    at: Time
    coverage: Coverage
    text: str


class GapFigures(Message):
    """Samples that were lost for good."""

    at: Time
    first_sample: int
    n_samples: int
    seconds: float
    cause: str


class ChannelFigures(Message):
    """How good a channel was over all epochs: mean score, and mean share of each artefact.

    `good`, `fair` and `poor` are the shares of epochs with a score of at least 0.8, at least 0.5,
    and less.
    """

    name: str
    score: float | None
    good: float | None
    fair: float | None
    poor: float | None
    artefacts: dict[str, float]


class AlarmFigures(Message):
    """One alarm from its first entry in this session to its last of all.

    `priority` is the highest it reached; `state` is the last one known.
    """

    alarm_id: str
    kind: str
    source: str
    priority: Priority
    state: str
    reason: str
    raised_at: Time | None
    acked_by: str | None
    acked_at: Time | None
    resolved_at: Time | None
    resolved_by: str | None
    disposition: str | None
    note: str
    escalation_level: int
    inherited: bool = Field(description="raised before this session began")


class WakeFigures(Message):
    """A step of the wake protocol, or the RESPONSE to a cue, whose `reason.code` is the grade."""

    at: Time
    step: str
    round: int
    rounds: int
    level_dba: int | None
    reason: Reason


class ActFigures(Message):
    """What a person did."""

    at: Time
    command: str
    actor: str
    alarm_id: str | None


class EpochFigures(Message):
    """The stage of 30 s, as in the hypnogram."""

    index: int
    onset_s: float
    stage: Stage
    proba: dict[StageName, float]
    quality: float
    channels: list[float] = Field(description="score of each channel, 0 to 1")
    spectrum: list[float]


class SecondOpinion(Message):
    """Another stager's view of the same night, for information.

    `confusion` counts epochs by our stage, then theirs; only epochs that both have staged are
    compared. `kappa` is Cohen's, None where it is not defined.
    """

    by: str
    channel: str
    n_epochs: int
    agreement: float
    kappa: float | None
    confusion: dict[StageName, dict[StageName, int]]
    stages: list[StageName]


class NightReport(Message):
    """A night in figures.

    All shares are 0 to 1 unless they say percent; `usage` is the account of dream use at `until` as
    the usage route tells it, None where none is kept.
    """

    version: Literal[1] = 1
    dreamer: str
    session: str
    status: Literal["running", "ended"]
    complete: bool = Field(description="whether the session's first entries are still there")
    started_at: Time
    until: Time
    made_at: Time
    zone: str
    recording: RecordingFigures
    statistics: SleepStatistics
    norms: NormFigures | None
    coverage: CoverageFigures
    lost: Losses
    gaps: list[GapFigures]
    channels: list[ChannelFigures]
    alarms: list[AlarmFigures]
    wake: list[WakeFigures]
    acts: list[ActFigures]
    usage: Account | None
    second_opinion: SecondOpinion | None = None
    epochs: list[EpochFigures]
