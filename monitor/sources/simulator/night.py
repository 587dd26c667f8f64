"""One simulated night: its plan of stages, and the signal of any of its epochs.

Every epoch is drawn from its own random generator, so the signal depends on the settings and on
what woke the dreamer, never on the order in which it is read. A drawn block is 2 s longer than
its epoch and fades into the next one at constant power: there is no seam.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from monitor.domain.stage import EPOCH_S
from monitor.sources.simulator import faults
from monitor.sources.simulator.background import BANDS, N_DERIVATIONS, Background
from monitor.sources.simulator.graphoelements import N_ROWS, draw_events
from monitor.sources.simulator.hypnogram import N3, Habits, R, W, final_awakening, plan_stages
from monitor.sources.simulator.parameters import hypnogram_model, spectrum_model
from monitor.sources.simulator.reactions import Reaction, draw_reaction
from monitor.sources.simulator.scenario import Fault
from monitor.sources.simulator.settings import CH_NAMES, RAIL_UV, Settings

_PLAN, _PERSON, _COURSE, _BLOCK, _FAULT, _REACTION = range(6)
"""Streams of chance within one seed."""

_FADE_S = 2
_WAKING_S = 0.5
"""Seconds in which the EEG changes from sleep to wake."""
_ROUSED = 0.5
"""Share of its peculiarities that the EEG of a woken dreamer keeps: it is wide awake. A choice."""
_LEVEL = np.array([2.7, 2.2, 1.4])[:, None]
"""ln µV² of N2, mean over bands, of frontal EEG, occipital EEG and EOG: common amplitudes."""
_LEAST_NOISE = 0.5
"""Share of an epoch's band power that noise has even where waves make up all of it."""
_MAINS_HZ = 50.0
_MAINS_UV = np.array([1.0, 1.5, 0.7, 2.0])[:, None]
_SLOW_SHARE, _KEEPS = 0.6, 0.95
"""Share of a slow course in the variance of band powers, and how much of it the next epoch keeps:
neighbours then correlate at .57 and epochs 5 min apart at .36, as they do in the fitted nights."""
_TONE_SPREAD = 0.25
_SEARCH = 240
"""Epochs searched for sound sleep in which a recording may begin."""
_UNSCORED = -1


class Night:
    """A simulated night.

    Parameters
    ----------
    settings : Settings
        What night it is.
    plan : ndarray, shape (n_epochs,), or None
        Its stages, positions in `STAGES`; None: they are drawn.
    """

    def __init__(self, settings: Settings, plan: NDArray[np.int8] | None = None) -> None:
        self._settings = settings
        self._plan = _plan(settings) if plan is None else plan.copy()
        self._woken_at: int | None = None
        self._course, self._tone = _course(settings)
        self._own = _own(settings)
        self._rows = [CH_NAMES.index(name) for name in settings.ch_names]
        fade = _FADE_S * settings.sfreq
        self._background = Background(settings.sfreq, settings.epoch_samples + fade)
        self._fade_in = np.sin(np.linspace(0, np.pi / 2, fade, endpoint=False))
        self._fade_out = np.cos(np.linspace(0, np.pi / 2, fade, endpoint=False))
        self._blocks: dict[int, NDArray[np.float64]] = {}
        self._reactions: list[tuple[int, NDArray[np.float64]]] = []

    @property
    def awake_for_good(self) -> bool:
        """Whether something has woken the dreamer."""
        return self._woken_at is not None

    def wake(self, sample: int) -> None:
        """Let the dreamer wake at this sample and stay awake."""
        self._woken_at = sample
        self._blocks.clear()

    def doze_off(self, index: int) -> None:
        """Let a dreamer who was woken sleep on as planned from this epoch."""
        if self._woken_at is not None:
            self._plan[self._woken_at // self._settings.epoch_samples : index] = W
        self._woken_at = None
        self._blocks.clear()

    def react(self, reaction: Reaction, sample: int) -> None:
        """Let a cue at this sample show in the EEG and nowhere else."""
        rng = np.random.default_rng([self._settings.seed, _REACTION, sample])
        self._reactions.append((sample, draw_reaction(rng, reaction, self._settings.sfreq)))

    def truth(self) -> NDArray[np.int8]:
        """Stage of every epoch, as positions in `STAGES`; -1 where no stage exists."""
        truth = self._plan.copy()
        if self._settings.scenario.fault is Fault.SUPPRESSION:
            truth[self._settings.fault_epochs.start :] = _UNSCORED
        if self._woken_at is not None:
            truth = final_awakening(truth, round(self._woken_at / self._settings.epoch_samples))
        return truth

    def epoch(self, index: int) -> NDArray[np.float64]:
        """Return the signal of one epoch in µV, shape (n_channels, n_samples)."""
        n_samples, fade = self._settings.epoch_samples, len(self._fade_in)
        signal = self._block(index)[:, :n_samples].copy()
        if index:
            signal[:, :fade] *= self._fade_in
            signal[:, :fade] += self._block(index - 1)[:, n_samples:] * self._fade_out
        signal += self._mains(index)
        for sample, waves in self._reactions:
            self._add(signal, waves, sample - index * n_samples)
        spoilt = self._spoil(index, signal[self._rows])
        return np.clip(spoilt, -RAIL_UV, RAIL_UV)

    @staticmethod
    def _add(signal: NDArray[np.float64], waves: NDArray[np.float64], at: int) -> None:
        """Add waves that begin at this sample of an epoch, before, or after it."""
        first, end = max(at, 0), min(at + waves.shape[1], signal.shape[1])
        if first < end:
            signal[:, first:end] += waves[:, first - at : end - at]

    def _block(self, index: int) -> NDArray[np.float64]:
        if index not in self._blocks:
            before = {k: block for k, block in self._blocks.items() if k == index - 1}
            self._blocks = {**before, index: self._waking(index)}
        return self._blocks[index]

    def _waking(self, index: int) -> NDArray[np.float64]:
        """Draw a block in which the dreamer may wake."""
        asleep = self._draw(index, int(self._plan[index]))
        if self._woken_at is None:
            return asleep
        since = np.arange(asleep.shape[1]) + index * self._settings.epoch_samples - self._woken_at
        turn = np.clip(since / (_WAKING_S * self._settings.sfreq), 0, 1) * np.pi / 2
        return np.asarray(np.cos(turn) * asleep + np.sin(turn) * self._draw(index, W, _ROUSED))

    def _draw(self, index: int, stage: int, own: float = 1.0) -> NDArray[np.float64]:
        """Draw a block of one stage, shape (4, n_samples + fade)."""
        rng = np.random.default_rng([self._settings.seed, _BLOCK, index, stage])
        n_samples = self._settings.epoch_samples + len(self._fade_in)
        waves = draw_events(rng, stage, self._settings.sfreq, n_samples)
        wanted = self._band_powers(index, stage, own)
        left = wanted - self._background.band_powers(waves[:N_DERIVATIONS])
        left = np.maximum(left, _LEAST_NOISE * wanted)
        return waves + self._background.noise(rng, stage, left, float(self._tone[index]))

    def _band_powers(self, index: int, stage: int, own: float) -> NDArray[np.float64]:
        """Return the powers in µV² that this epoch should have, shape (3, 5)."""
        model = spectrum_model()
        peculiar = self._own[stage] + model.spread[stage] @ self._course[index]
        logs = model.mean[stage] + own * peculiar
        return np.asarray(np.exp(_LEVEL + logs.reshape(N_DERIVATIONS, len(BANDS))))

    def _mains(self, index: int) -> NDArray[np.float64]:
        if self._settings.sfreq <= 2 * _MAINS_HZ:
            return np.zeros((N_ROWS, 1))
        seconds = np.arange(self._settings.epoch_samples) / self._settings.sfreq + index * EPOCH_S
        return np.asarray(_MAINS_UV * np.sin(2 * np.pi * _MAINS_HZ * seconds))

    def _spoil(self, index: int, signal: NDArray[np.float64]) -> NDArray[np.float64]:
        settings = self._settings
        if index not in settings.fault_epochs:
            return signal
        if settings.scenario.fault is Fault.ELECTRODE:
            return faults.railed(signal, settings.montage)
        if settings.scenario.fault is Fault.SUPPRESSION:
            rng = np.random.default_rng([settings.seed, _FAULT, index])
            return faults.suppressed(rng, signal, settings.montage, settings.sfreq)
        return signal


def _plan(settings: Settings) -> NDArray[np.int8]:
    """Draw the stages of the night, positions in `STAGES`, as they would be without any cue."""
    scenario, planned = settings.scenario, settings.planned_epochs
    asleep_by, sound_from = (planned // 4, planned // 2) if scenario.sleeps_on else (None, None)
    habits = Habits(settings.age, scenario.rem_stretch, asleep_by, sound_from)
    begin = scenario.begins_at_min * 60 // EPOCH_S
    length = begin + settings.n_epochs + (_SEARCH if begin else 0)
    rngs = (np.random.default_rng([settings.seed, _PLAN, k]) for k in range(scenario.draws))
    plans = [plan_stages(rng, length, hypnogram_model(), habits) for rng in rngs]
    plan = max(plans, key=lambda plan: int((plan[: settings.n_epochs] == R).sum()))
    plan = plan[_mid_sleep(plan, begin) :][: settings.n_epochs]
    if scenario.fault is Fault.SUPPRESSION:
        plan[settings.fault_epochs.start :] = N3
    if scenario.sleeps_on:
        return plan
    early = np.random.default_rng([settings.seed, _PLAN, scenario.draws]).integers(
        planned // 24 + 1
    )
    return final_awakening(plan, planned - int(early))


def _mid_sleep(plan: NDArray[np.int8], begin: int) -> int:
    """Return the first epoch from `begin` on which is followed by five minutes of sleep."""
    if not begin:
        return 0
    sound = [bool((plan[k : k + 10] != W).all()) for k in range(begin, begin + _SEARCH - 10)]
    return begin + sound.index(True) if True in sound else begin


def _own(settings: Settings) -> NDArray[np.float64]:
    """Return what sets this sleeper's log band powers apart in each stage, shape (5, 15)."""
    person, rng = spectrum_model().person, np.random.default_rng([settings.seed, _PERSON])
    return np.asarray(person @ rng.standard_normal(person.shape[-1]))


def _course(settings: Settings) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return random courses: 15 of unit variance for the band powers, and the chin's tone."""
    rng = np.random.default_rng([settings.seed, _COURSE])
    draws = rng.standard_normal((settings.n_epochs, 2, N_DERIVATIONS * len(BANDS) + 1))
    slow, fast = draws[:, 0], draws[:, 1]
    slow[1:] *= np.sqrt(1 - _KEEPS**2)
    slow = lfilter([1.0], [1.0, -_KEEPS], slow, axis=0)
    course = np.sqrt(_SLOW_SHARE) * slow + np.sqrt(1 - _SLOW_SHARE) * fast
    return course[:, :-1], np.exp(_TONE_SPREAD * course[:, -1])
