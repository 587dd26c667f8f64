"""Scoring a recording with the live path, as fast as it can be read."""

from collections.abc import Callable
from dataclasses import dataclass

from monitor.domain.config import SessionConfig
from monitor.domain.epoch import ScoredEpoch
from monitor.domain.events import EpochScored, Event, SamplesLost
from monitor.domain.inputs import End
from monitor.session import MonitorSession
from monitor.sources.base import Source
from monitor.staging.bundle import ModelBundle
from monitor.staging.calibration import Calibration


@dataclass(frozen=True, slots=True)
class Night:
    """A recording and everything the live path said of it.

    Parameters
    ----------
    sfreq : float
        Sampling rate in Hz.
    ch_names : tuple of str
        Channels used.
    duration_s : float
        Length of the signal in seconds.
    events : tuple of Event
        In order of time; `at` counts from 0 at the first sample.
    """

    sfreq: float
    ch_names: tuple[str, ...]
    duration_s: float
    events: tuple[Event, ...]

    @property
    def epochs(self) -> list[ScoredEpoch]:
        """The scored epochs in order."""
        return [event.epoch for event in self.events if isinstance(event, EpochScored)]

    @property
    def losses(self) -> list[SamplesLost]:
        """The gaps in order."""
        return [event for event in self.events if isinstance(event, SamplesLost)]


def score_night(
    source: Source,
    bundle: ModelBundle,
    progress: Callable[[int], object] | None = None,
    calibration: Calibration | None = None,
) -> Night:
    """Push a whole recording through a session of its own.

    Parameters
    ----------
    source : Source
        What to read, from its first sample to its end.
    bundle : ModelBundle
        The staging model.
    progress : callable
        Told the number of samples done after each chunk.
    calibration : Calibration or None
        Of the wearer, where there is one.
    """
    config = SessionConfig(
        "recording", "score", 0.0, source.sfreq, source.montage, live=False, watched=False
    )
    session = MonitorSession(config, bundle, calibration)
    events = session.begin()
    while (items := source.read()) is not None:
        for item in items:
            events += session.push(item)
        if progress is not None:
            progress(session.position)
    events += session.push(End(session.position))
    duration_s = session.position / source.sfreq
    return Night(source.sfreq, source.montage.ch_names, duration_s, tuple(events))
