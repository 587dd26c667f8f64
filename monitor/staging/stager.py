"""The causal stager: one 30-s epoch in, the probability of each stage out.

Live, a window of 30 s ends every 5 s. A step of the model is an epoch of 30 s, so six states take
turns: each sees every sixth window, epochs of its own that begin 5 s after those of the one before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.domain.errors import InputError, SnapshotError
from monitor.domain.montage import STAGED, ChannelKind
from monitor.staging.bundle import ModelBundle
from monitor.staging.calibration import Calibration
from monitor.staging.context import N_BANDS, ContextState, step_context

MIN_WEIGHT = 1e-3
"""Weight below which a channel counts as unusable."""


@dataclass(frozen=True, slots=True, eq=False)
class StagerState:
    """All that is remembered of some dreamers who wear the same number of channels.

    Parameters
    ----------
    context : ContextState
        Leading shape (n_dreamers, n_channels).
    channel : ndarray, shape (n_dreamers, n_channels, channel_units)
    sleeper : ndarray, shape (n_dreamers, units)
    """

    context: ContextState
    channel: NDArray[np.float32]
    sleeper: NDArray[np.float32]

    @classmethod
    def empty(cls, bundle: ModelBundle, n_dreamers: int, n_channels: int) -> "StagerState":
        """State of dreamers of whom nothing was seen."""
        return cls(
            ContextState.empty(n_dreamers, n_channels),
            np.zeros((n_dreamers, n_channels, bundle.channel_units), np.float32),
            np.zeros((n_dreamers, bundle.units), np.float32),
        )


def step_stager(
    bundle: ModelBundle,
    state: StagerState,
    log_power: NDArray[np.floating],
    is_eog: NDArray[np.bool_],
    weight: NDArray[np.floating] | None = None,
) -> tuple[StagerState, NDArray[np.float32]]:
    """Take one epoch of many dreamers, or of many phases, at once.

    Parameters
    ----------
    bundle : ModelBundle
        The model.
    state : StagerState
        Before this epoch.
    log_power : ndarray, shape (n_dreamers, n_channels, 5)
        ln band powers in any unit; a row with NaN is a channel that is unusable in this epoch.
    is_eog : ndarray of bool, shape (n_dreamers, n_channels)
        Which channels are EOG; the others are EEG.
    weight : ndarray, shape (n_dreamers, n_channels), or None
        How much each channel counts, 0 to 1; None: all the same.

    Returns
    -------
    state : StagerState
        After this epoch.
    proba : ndarray, shape (n_dreamers, 5)
        Probability of W, N1, N2, N3, R; NaN for a dreamer without a usable EEG channel.
    """
    if weight is None:
        weight = np.ones(is_eog.shape, np.float32)
    log_power = np.where(weight[..., None] < MIN_WEIGHT, np.nan, log_power)
    context, features, usable = step_context(state.context, log_power)
    feed = {
        "features": features,
        "weight": (usable * weight).astype(np.float32),
        "is_eog": is_eog.astype(np.float32),
        "channel_state": state.channel,
        "sleeper_state": state.sleeper,
    }
    names = ["proba", "next_channel_state", "next_sleeper_state"]
    proba, channel, sleeper = bundle.session.run(names, feed)
    proba[~(usable & ~is_eog).any(axis=1)] = np.nan
    return StagerState(context, channel, sleeper), proba


class Stager:
    """Stages one dreamer.

    Parameters
    ----------
    bundle : ModelBundle
        The model.
    kinds : sequence of ChannelKind
        Of every channel; those that are neither EEG nor EOG are ignored.
    phases : int
        States that take turns: 1 for epochs only, 6 for a window every 5 s.
    calibration : Calibration or None
        Of the wearer, where there is one.
    """

    def __init__(
        self,
        bundle: ModelBundle,
        kinds: Sequence[ChannelKind],
        phases: int = 1,
        calibration: Calibration | None = None,
    ) -> None:
        self._bundle = bundle
        self._calibration = calibration
        self._n_channels = len(kinds)
        self._rows = [i for i, kind in enumerate(kinds) if kind in STAGED]
        self._is_eog = np.array([[kinds[i] is ChannelKind.EOG for i in self._rows]], dtype=bool)
        self._states = [StagerState.empty(bundle, 1, len(self._rows)) for _ in range(phases)]

    def push(
        self,
        log_power: NDArray[np.floating],
        weight: NDArray[np.floating] | None = None,
        phase: int = 0,
    ) -> NDArray[np.float64] | None:
        """Take one epoch of a phase.

        Parameters
        ----------
        log_power : ndarray, shape (n_channels, 5)
            ln band powers in any unit; a row with NaN is a channel that is unusable in this epoch.
        weight : ndarray, shape (n_channels,), or None
            How much each channel counts, 0 to 1; None: all the same.
        phase : int
            Whose epoch it is.

        Returns
        -------
        ndarray, shape (5,), or None
            Probability of W, N1, N2, N3, R, summing to 1; None when no EEG channel is usable.

        Raises
        ------
        InputError
            When the shape does not fit the channels.
        """
        if log_power.shape != (self._n_channels, N_BANDS):
            raise InputError(
                f"log_power has shape {log_power.shape}, expected ({self._n_channels}, {N_BANDS})"
            )
        rows = log_power[None, self._rows]
        weights = None if weight is None else weight[None, self._rows]
        state = self._states[phase]
        self._states[phase], proba = step_stager(self._bundle, state, rows, self._is_eog, weights)
        if np.isnan(proba).any():
            return None
        said = proba[0].astype(np.float64)
        return self._calibration.apply(said) if self._calibration else said

    def snapshot(self) -> dict[str, Any]:
        """All that is remembered, as arrays whose first axis is the phase."""
        phases = [_arrays(state) for state in self._states]
        return {name: np.concatenate([phase[name] for phase in phases]) for name in phases[0]}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Continue from a snapshot.

        Raises
        ------
        SnapshotError
            When the snapshot is of other channels or another model.
        """
        for name, value in self.snapshot().items():
            shape = np.shape(snapshot.get(name, ()))
            if shape != value.shape:
                raise SnapshotError(f"stager: {name} has shape {shape}, expected {value.shape}")
        arrays = {name: np.array(snapshot[name]) for name in _arrays(self._states[0])}
        self._states = [
            _state({name: value[phase : phase + 1] for name, value in arrays.items()})
            for phase in range(len(self._states))
        ]


def _arrays(state: StagerState) -> dict[str, NDArray[np.floating]]:
    return {
        "seen": state.context.seen,
        "means": state.context.means,
        "variance": state.context.variance,
        "channel": state.channel,
        "sleeper": state.sleeper,
    }


def _state(arrays: Mapping[str, NDArray[Any]]) -> StagerState:
    context = ContextState(arrays["seen"], arrays["means"], arrays["variance"])
    return StagerState(context, arrays["channel"], arrays["sleeper"])
