"""The signal of a night with its faults, from any sample to any other within one epoch."""

import numpy as np
from numpy.typing import NDArray

from monitor.domain.montage import ChannelKind
from monitor.domain.stage import EPOCH_S
from monitor.sources.simulator import RAIL_UV
from monitor.sources.simulator.night import Night
from monitor.sources.simulator.reactions import Reaction
from service.validation.causes import SFREQ
from service.validation.script import Fault, Script

EPOCH = EPOCH_S * SFREQ
"""Samples of an epoch."""


class Bed:
    """A simulated sleeper under electrodes that may come off.

    Parameters
    ----------
    script : Script
        What happens.
    """

    def __init__(self, script: Script) -> None:
        self._night = Night(script.settings, script.stages)
        self._faults = [fault for fault in script.faults if fault.effect is not None]
        self._eeg = list(script.settings.montage.picks(ChannelKind.EEG))
        self._epoch = (-1, np.empty((0, 0)))

    def signal(self, first: int, last: int) -> NDArray[np.float64]:
        """Return the samples from `first` to before `last`, µV, shape (n_channels, n)."""
        index = first // EPOCH
        if self._epoch[0] != index:
            self._epoch = (index, self._spoilt(index))
        return self._epoch[1][:, first - index * EPOCH : last - index * EPOCH]

    def wake(self, sample: int) -> None:
        """Let the dreamer wake at this sample."""
        if not self._night.awake_for_good:
            self._night.wake(sample)
            self._epoch = (-1, np.empty((0, 0)))

    def doze_off(self, sample: int) -> None:
        """Let the dreamer fall asleep again with the first epoch from this sample on."""
        self._night.doze_off(-(-sample // EPOCH))
        self._epoch = (-1, np.empty((0, 0)))

    def react(self, reaction: Reaction, sample: int) -> None:
        """Let a cue show in the EEG of a dreamer who sleeps on."""
        self._night.react(reaction, sample)
        self._epoch = (-1, np.empty((0, 0)))

    def _spoilt(self, index: int) -> NDArray[np.float64]:
        signal, begin = self._night.epoch(index), index * EPOCH
        for fault in self._faults:
            first, last = max(fault.first, begin), min(fault.last, begin + EPOCH)
            if first < last:
                _strike(signal, fault, slice(first, last), begin, self._eeg)
        return np.clip(signal, -RAIL_UV, RAIL_UV)


def _strike(
    signal: NDArray[np.float64], fault: Fault, struck: slice, begin: int, eeg: list[int]
) -> None:
    """Change some samples of an epoch that starts at `begin`."""
    effect = fault.effect
    if effect is None:
        return
    rows = list(fault.rows)
    scale = effect.swing_uv / _swing_uv(signal[eeg]) if effect.swing_uv else 1.0
    here = slice(struck.start - begin, struck.stop - begin)
    there = slice(struck.start - fault.first, struck.stop - fault.first)
    signal[rows, here] *= scale * effect.gain[there]
    signal[rows, here] += effect.added[:, there]


def _swing_uv(signal: NDArray[np.float64]) -> float:
    """Median peak-to-peak of a second, of the row where it is largest."""
    seconds = signal.reshape(len(signal), -1, SFREQ)
    return float(np.median(np.ptp(seconds, axis=2), axis=1).max())
