"""The simulated night as a source: chunks of a second, losses, and answers to cues."""

from collections.abc import Mapping

import numpy as np

from monitor.domain.errors import SourceError
from monitor.domain.events import Event, WakeStep
from monitor.domain.inputs import Chunk, Gap, Input, Respond, Responder, Tick
from monitor.domain.stage import Stage
from monitor.sources.simulator.hypnogram import stages_of
from monitor.sources.simulator.night import Night
from monitor.sources.simulator.scenario import Fault
from monitor.sources.simulator.settings import Settings, parse_settings

_CUE = 100
"""Stream of chance of the answers to cues."""
_FIRST_CUE_WAKES = 0.7
"""Share of dreamers who wake at the first cue; the others wake at the second. A choice."""
_SOONEST_S, _MEAN_S, _LATEST_S = 2.0, 10.0, 55.0
"""Delay from cue to waking: 95 % within 32 s."""


class SimulatorSource:
    """A simulated night, second by second.

    The signal of any second depends on the settings, and on the cues heard before it; not on how
    or in which order it is read. Only reactions are lost when another source replaces this one.

    Parameters
    ----------
    settings : Settings
        What night it is.
    """

    live = False
    trouble = ""

    def __init__(self, settings: Settings) -> None:
        self.sfreq = float(settings.sfreq)
        self.montage = settings.montage
        self.n_samples: int | None = settings.n_samples
        self._settings = settings
        self._night = Night(settings)
        self._epoch = (-1, np.empty((0, 0)))
        self._sample = 0
        self._delivered = 0
        self._cues = 0
        self._answer_at: int | None = None
        lost = settings.fault_epochs if settings.scenario.fault is Fault.LOSS else range(0)
        self._lost = range(lost.start * settings.epoch_samples, lost.stop * settings.epoch_samples)

    def read(self) -> list[Input] | None:
        """Return what comes until the next full second; None at the end of the recording."""
        begin = self._sample
        if begin >= self._settings.n_samples:
            return None
        self._sample = (begin // self._settings.sfreq + 1) * self._settings.sfreq
        arrived = self._loss() if begin in self._lost else self._signal(begin)
        return [*arrived, *self._answers()]

    def seek(self, sample: int) -> None:
        """Go on from this sample.

        Raises
        ------
        SourceError
            When the sample is negative.
        """
        if sample < 0:
            raise SourceError(f"simulator: cannot go to sample {sample}; the first one is 0")
        self._sample = self._delivered = sample

    def notify(self, event: Event) -> None:
        """Hear a cue, as the dreamer would; every other event passes by."""
        if isinstance(event, WakeStep) and event.step == "CUE":
            self._react()
            if self._settings.scenario.answers:
                self._hear_cue()

    def close(self) -> None:
        """Nothing is held."""

    def truth(self, n_epochs: int | None = None) -> list[Stage]:
        """Return the true stages of the first or all epochs, as planned or as a cue left them."""
        return stages_of(self._night.truth()[:n_epochs])

    def _signal(self, begin: int) -> list[Input]:
        index, offset = divmod(begin, self._settings.epoch_samples)
        if self._epoch[0] != index:
            self._epoch = (index, self._night.epoch(index))
        length = self._sample - begin
        self._delivered = self._sample
        return [Chunk(self._epoch[1][:, offset : offset + length].copy(), begin)]

    def _loss(self) -> list[Input]:
        if self._sample in self._lost:
            return [Tick(self._sample)]
        lost = Gap(self._delivered, self._sample - self._delivered, "simulated loss")
        self._delivered = self._sample
        return [lost]

    def _react(self) -> None:
        reaction = self._settings.scenario.reaction
        if reaction is not None:
            self._night.react(reaction, self._sample)
            self._epoch = (-1, np.empty((0, 0)))

    def _hear_cue(self) -> None:
        if self._answer_at is not None:
            return
        rng = np.random.default_rng([self._settings.seed, _CUE, self._cues])
        self._cues += 1
        if self._cues == 1 and rng.random() > _FIRST_CUE_WAKES:
            return
        delay_s = min(_SOONEST_S + rng.exponential(_MEAN_S), _LATEST_S)
        self._answer_at = self._sample + round(delay_s * self._settings.sfreq)
        if not self._night.awake_for_good:
            self._night.wake(self._answer_at)
            self._epoch = (-1, np.empty((0, 0)))

    def _answers(self) -> list[Input]:
        at = self._answer_at
        if at is None or at > self._sample:
            return []
        self._answer_at = None
        name = f"dreamer-{self._settings.seed}-{at}"
        return [Respond(command_id=name, actor="dreamer", by=Responder.BUTTON)]


def open_simulator(params: Mapping[str, str]) -> SimulatorSource:
    """Open a simulated night.

    Parameters
    ----------
    params : mapping of str to str
        See `monitor.sources.simulator.settings.parse_settings`.

    Raises
    ------
    SourceError
        When a parameter is unknown or out of its limits.
    """
    return SimulatorSource(parse_settings(params))
