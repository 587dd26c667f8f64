"""What a stager says of nights: the same causal steps as live, many recordings side by side.

A set-up is what the stager is shown of a night: which channels, from when, and what is lost.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.data import IGNORED, KINDS, Night
from monitor.domain.montage import ChannelKind
from monitor.domain.stage import STAGES
from monitor.staging.bundle import ModelBundle
from monitor.staging.calibration import correct
from monitor.staging.context import ContextState
from monitor.staging.stager import StagerState, step_stager

FPZ, PZ, EOG = range(3)
"""Columns of the table."""
COLD_STARTS, COLD_EPOCHS, COLD_SEED = 4, 120, 0
"""Cold starts: crops a night, their length (one hour), and the seed of where they begin."""
OUTAGE_EPOCHS = 120
"""For how long the set-up ``outage`` has no EEG: one hour."""


def whole(night: Night) -> list[Night]:
    """Show the night as it is."""
    return [night]


def cold_starts(night: Night) -> list[Night]:
    """Show pieces that begin in mid-sleep; none of a night without sleep."""
    asleep = np.flatnonzero(night.labels > 0)
    if not len(asleep):
        return []
    rng = np.random.default_rng([COLD_SEED, night.subject, night.night])
    starts = rng.choice(asleep, COLD_STARTS)
    return [_piece(night, slice(start, start + COLD_EPOCHS)) for start in starts.tolist()]


def cut(night: Night, epochs: int) -> list[Night]:
    """Show a night as if the stager forgot everything every `epochs`."""
    starts = range(0, len(night.labels), epochs)
    return [_piece(night, slice(start, start + epochs)) for start in starts]


def second_half(night: Night, lost: Sequence[int] = (), epochs: int | None = None) -> list[Night]:
    """Show all of a night, but count its second half only, in which channels may be lost.

    Parameters
    ----------
    night : Night
        The night.
    lost : sequence of int
        Columns that are lost from the middle of the night.
    epochs : int or None
        For how long; None for good.
    """
    middle = len(night.labels) // 2
    end = None if epochs is None else middle + epochs
    power, labels = night.log_power.copy(), night.labels.copy()
    power[middle:end, list(lost)] = np.nan
    labels[:middle] = IGNORED
    return [replace(night, log_power=power, labels=labels)]


@dataclass(frozen=True, slots=True)
class Setup:
    """What a stager is shown of a night.

    Parameters
    ----------
    title : str
        In words.
    columns : tuple of int
        Of the table.
    view : callable
        Turns a night into the recordings that are staged.
    """

    title: str
    columns: tuple[int, ...]
    view: Callable[[Night], list[Night]] = whole


MAIN = ("fpz", "pz", "all")
"""Whole nights from the set-ups that the marks are for; the correction is fitted on them."""

SETUPS: Mapping[str, Setup] = {
    "fpz": Setup("one EEG channel, Fpz-Cz", (FPZ,)),
    "pz": Setup("one EEG channel, Pz-Oz", (PZ,)),
    "all": Setup("both and EOG", (FPZ, PZ, EOG)),
    "cold_start": Setup("cold start in mid-sleep, Fpz-Cz, first hour", (FPZ,), cold_starts),
    "fpz_eog": Setup("Fpz-Cz and EOG", (FPZ, EOG)),
    "eeg": Setup("both, no EOG", (FPZ, PZ)),
    "second_half": Setup("both and EOG, second half of the night", (FPZ, PZ, EOG), second_half),
    "fpz_lost": Setup(
        "the same, Fpz-Cz lost in the middle", (FPZ, PZ, EOG), partial(second_half, lost=(FPZ,))
    ),
    "eog_lost": Setup(
        "the same, EOG lost in the middle", (FPZ, PZ, EOG), partial(second_half, lost=(EOG,))
    ),
    "outage": Setup(
        "the same, EOG alone for an hour",
        (FPZ, PZ, EOG),
        partial(second_half, lost=(FPZ, PZ), epochs=OUTAGE_EPOCHS),
    ),
    "memory_60_min": Setup("Fpz-Cz, all forgotten every hour", (FPZ,), partial(cut, epochs=120)),
    "memory_10_min": Setup("Fpz-Cz, all forgotten every 10 min", (FPZ,), partial(cut, epochs=20)),
}


@dataclass(frozen=True, slots=True, eq=False)
class Staged:
    """A recording and what was said of it.

    Parameters
    ----------
    subject : int
        Whose it is.
    labels : ndarray, shape (n_epochs,)
        The truth: 0-4, or -1 for epochs that no figure counts.
    proba : ndarray, shape (n_epochs, 5)
        Probability of W, N1, N2, N3, R; NaN where there is no stage.
    """

    subject: int
    labels: NDArray[np.int8]
    proba: NDArray[np.float64]

    def corrected(self, correction: "Correction") -> "Staged":
        """As if the model had been corrected."""
        bias = np.array(correction.bias)
        return replace(self, proba=correct(self.proba, correction.temperature, bias))


@dataclass(frozen=True, slots=True)
class Correction:
    """What makes the probabilities of a model true: part of the model, fitted after training.

    Parameters
    ----------
    temperature : float
        What the logits are divided by.
    bias : tuple of float
        What is then added for W, N1, N2, N3 and R.
    """

    temperature: float
    bias: tuple[float, ...]


Predictions: TypeAlias = dict[str, list[Staged]]
"""What was said in each of `SETUPS`."""
StageAll: TypeAlias = Callable[[Sequence[Night], tuple[int, ...]], list[NDArray[np.float64]]]
"""Stages recordings from some columns; one array of probabilities ``(n_epochs, 5)`` each."""


def predict(
    bundle: ModelBundle, nights: Sequence[Night], progress: Callable[[float], None] = lambda _: None
) -> Predictions:
    """Stage every night in every set-up; `progress` is told the share that is done."""
    return predict_with(partial(stage_all, bundle), nights, progress)


def predict_with(
    stage: StageAll,
    nights: Sequence[Night],
    progress: Callable[[float], None] = lambda _: None,
    setups: Mapping[str, Setup] = SETUPS,
) -> Predictions:
    """Stage every night in some set-ups by any stager."""
    predictions: Predictions = {}
    for name, setup in setups.items():
        shown = [recording for night in nights for recording in setup.view(night)]
        said = stage(shown, setup.columns) if shown else []
        predictions[name] = [
            Staged(recording.subject, recording.labels, proba)
            for recording, proba in zip(shown, said, strict=True)
        ]
        progress(len(predictions) / len(setups))
    return predictions


def join_predictions(parts: Sequence[Predictions]) -> Predictions:
    """Predictions of several folds as one."""
    return {name: [staged for part in parts for staged in part[name]] for name in parts[0]}


def correct_all(predictions: Predictions, correction: Correction) -> Predictions:
    """As if the model had been corrected."""
    return {
        name: [staged.corrected(correction) for staged in recordings]
        for name, recordings in predictions.items()
    }


def stage_all(
    bundle: ModelBundle, recordings: Sequence[Night], columns: tuple[int, ...]
) -> list[NDArray[np.float64]]:
    """Step through all recordings side by side, the longest first: fewer and fewer go on."""
    order = sorted(range(len(recordings)), key=lambda i: -len(recordings[i].labels))
    power = side_by_side([recordings[i] for i in order], columns)
    is_eog = np.tile([KINDS[i] is ChannelKind.EOG for i in columns], (len(order), 1))
    state = StagerState.empty(bundle, len(order), len(columns))
    proba = np.full((len(order), len(power), len(STAGES)), np.nan)
    lengths = np.array([len(recordings[i].labels) for i in order])
    for k, epoch in enumerate(power):
        n = int(np.count_nonzero(lengths > k))
        state, proba[:n, k] = step_stager(bundle, _first(state, n), epoch[:n], is_eog[:n])
    return [proba[order.index(i), : len(night.labels)] for i, night in enumerate(recordings)]


def side_by_side(recordings: Sequence[Night], columns: tuple[int, ...]) -> NDArray[np.float64]:
    """Band powers ``(n_epochs, n_recordings, n_columns, 5)``; one that has ended is unusable."""
    n_epochs = max(len(night.labels) for night in recordings)
    power = np.full((n_epochs, len(recordings), len(columns), 5), np.nan)
    for i, night in enumerate(recordings):
        power[: len(night.labels), i] = night.log_power[:, columns]
    return power


def _first(state: StagerState, n: int) -> StagerState:
    """State of the first `n` dreamers."""
    context = state.context
    kept = ContextState(context.seen[:n], context.means[:n], context.variance[:n])
    return StagerState(kept, state.channel[:n], state.sleeper[:n])


def _piece(night: Night, rows: slice) -> Night:
    return replace(night, log_power=night.log_power[rows], labels=night.labels[rows])
