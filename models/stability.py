"""The live stage that people see, beside the truth: false changes, and the delay of true ones.

A change of the published stage is *true* when it matches a change of the truth: to the same stage,
from `EARLY_S` before to `LATE_S` after the onset of its first epoch, each change matched once. All
others are *false*, also those that take an error back. A stage can be known when its first epoch
ends, 30 s after its onset; the window reaches one epoch before the onset, as scorers differ by
that, and three epochs past the end of the first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.figures import kappa, rounded
from models.predict import Staged
from monitor.domain.stage import EPOCH_S, STAGES, Stage
from monitor.staging.published import HOLD_S, MARGIN, PublishedStage

EARLY_S, LATE_S = 30.0, 120.0
"""How far a published change may lie before and after the true one, in seconds."""
LASTING_S = 150.0
"""How long a stage must last after a true change for the change to be called lasting."""
_NONE = -1
_QUANTILES = {"median": 0.5, "p90": 0.9}
_CODES = {stage: code for code, stage in enumerate(STAGES)} | {Stage.UNSCORED: _NONE}


@dataclass(frozen=True, slots=True, eq=False)
class Live:
    """One night as it went by, at steps of any length.

    Parameters
    ----------
    at_s : ndarray, shape (n_steps,)
        End of each step's window, in seconds from the beginning of the truth.
    proba : ndarray, shape (n_steps, 5)
        Probability of each stage; NaN where there was no stage.
    truth : ndarray, shape (n_epochs,)
        True stages of 30-s epochs: 0-4, or -1 where unknown.
    """

    at_s: NDArray[np.float64]
    proba: NDArray[np.float64]
    truth: NDArray[np.integer]


def live(staged: Staged) -> Live:
    """Return a staged night as it goes by epoch after epoch."""
    ends = EPOCH_S * (1.0 + np.arange(len(staged.labels)))
    return Live(ends, staged.proba, staged.labels)


def publish(night: Live, margin: float = MARGIN, hold_s: float = HOLD_S) -> NDArray[np.int64]:
    """Stages to be shown after each step, shape (n_steps,): 0-4, or -1 for none."""
    shown, there = PublishedStage(margin, hold_s), np.isfinite(night.proba).all(axis=1)
    steps = zip(night.at_s.tolist(), night.proba, there.tolist(), strict=True)
    return np.array([_CODES[shown.push(at, row if ok else None)] for at, row, ok in steps], int)


def likeliest(night: Live) -> NDArray[np.int64]:
    """Likeliest stage of each step, shape (n_steps,): what is shown without hysteresis."""
    there = np.isfinite(night.proba).all(axis=1)
    return np.where(there, np.nan_to_num(night.proba).argmax(axis=1), _NONE)


def live_figures(nights: Sequence[Live]) -> dict[str, Any]:
    """Figures of the published stage, and under ``raw`` those of the likeliest, as JSON values."""
    published = stability(nights, [publish(night) for night in nights])
    return published | {"raw": stability(nights, [likeliest(night) for night in nights])}


def stability(nights: Sequence[Live], shown: Sequence[NDArray[np.int64]]) -> dict[str, Any]:
    """How steady and how prompt the stages shown are.

    Parameters
    ----------
    nights : sequence of Live
        The nights.
    shown : sequence of ndarray, shape (n_steps,)
        What was shown after each step: 0-4, or -1 for none.

    Returns
    -------
    dict
        ``hours`` with a true stage; changes an hour: ``true_per_h``, ``shown_per_h`` and
        ``false_per_h``; ``false_ratio``, false changes for each true one; ``found``, the share of
        true changes that was shown, and ``found_lasting``, of those after which the stage lasted
        `LASTING_S`; ``delay_s``, the ``median`` and the ``p90`` of how long after
        the onset of the first epoch those were shown; ``kappa`` of what was shown when each epoch
        ended. None where it is not defined.
    """
    tallies = [_tally(night, stages) for night, stages in zip(nights, shown, strict=True)]
    delays = np.concatenate([np.empty(0), *(t.delays for t in tallies)])
    lasting = np.concatenate([np.empty(0, bool), *(t.lasting for t in tallies)])
    found, n_shown = np.isfinite(delays), sum(t.n_shown for t in tallies)
    confusion = sum((t.confusion for t in tallies), np.zeros((len(STAGES),) * 2, int))
    n_false, hours = n_shown - int(found.sum()), sum(t.n_known for t in tallies) * EPOCH_S / 3600
    rates = {"true_per_h": len(found), "shown_per_h": n_shown, "false_per_h": n_false}
    return {
        "hours": rounded(hours),
        **{name: _ratio(n, hours) for name, n in rates.items()},
        "false_ratio": _ratio(n_false, len(found)),
        "found": _ratio(found.sum(), len(found)),
        "found_lasting": _ratio(found[lasting].sum(), lasting.sum()),
        "delay_s": {name: _quantile(delays[found], q) for name, q in _QUANTILES.items()},
        "kappa": rounded(kappa(confusion)),
    }


def grid(
    nights: Sequence[Live], margins: Iterable[float], holds_s: Iterable[float]
) -> list[dict[str, Any]]:
    """Figures of `stability` for every margin and hold time, from which to choose."""
    choices = [(margin, hold_s) for margin in margins for hold_s in list(holds_s)]
    return [
        {"margin": margin, "hold_s": hold_s}
        | stability(nights, [publish(night, margin, hold_s) for night in nights])
        for margin, hold_s in choices
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Tally:
    """One night: changes shown, known epochs, and of each true change its delay (NaN: missed)."""

    n_shown: int
    n_known: int
    delays: NDArray[np.float64]
    lasting: NDArray[np.bool_]
    confusion: NDArray[np.int64]


def _tally(night: Live, shown: NDArray[np.int64]) -> _Tally:
    onset_s = EPOCH_S * np.arange(len(night.truth), dtype=float)
    true_s, true_to = _changes(onset_s, night.truth)
    at_s, to = _changes(night.at_s, shown)
    known = _truth_at(night, at_s) >= 0
    at_s, to = at_s[known], to[known]
    delays = np.full(len(true_s), np.nan)
    for code in range(len(STAGES)):
        delays[true_to == code] = _delays(true_s[true_to == code], at_s[to == code])
    n_known = int(np.count_nonzero(night.truth >= 0))
    lasting = _lengths_s(night.truth, true_s) >= LASTING_S
    return _Tally(len(at_s), n_known, delays, lasting, _confusion(night, shown))


def _lengths_s(truth: NDArray[np.integer], at_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """How long the stages last that begin at some times."""
    ends_s = EPOCH_S * np.append(1 + np.flatnonzero(np.diff(truth)), len(truth))
    return np.asarray(ends_s[np.searchsorted(ends_s, at_s, side="right")] - at_s)


def _changes(
    at_s: NDArray[np.float64], stages: NDArray[np.integer]
) -> tuple[NDArray[np.float64], NDArray[np.integer]]:
    """When one stage follows another, and which does; from or to no stage is no change."""
    before, after = stages[:-1], stages[1:]
    rows = 1 + np.flatnonzero((before != after) & (before >= 0) & (after >= 0))
    return at_s[rows], stages[rows]


def _truth_at(night: Live, at_s: NDArray[np.float64]) -> NDArray[np.integer]:
    """Return the true stage of the epochs in which windows end; -1 after the last."""
    epoch = np.ceil(at_s / EPOCH_S).astype(int) - 1
    return np.append(night.truth, _NONE)[np.minimum(epoch, len(night.truth))]


def _delays(true_s: NDArray[np.float64], shown_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Delay of each true change to one stage, NaN where it was missed.

    Changes are matched in their order; with windows of one length no matching finds more.
    """
    delays, i, j = np.full(len(true_s), np.nan), 0, 0
    while i < len(true_s) and j < len(shown_s):
        delay = shown_s[j] - true_s[i]
        if -EARLY_S <= delay <= LATE_S:
            delays[i] = delay
        i, j = i + (delay >= -EARLY_S), j + (delay <= LATE_S)
    return delays


def _confusion(night: Live, shown: NDArray[np.int64]) -> NDArray[np.int64]:
    """Truth of each epoch beside what was shown last while it lasted, shape (5, 5)."""
    ends = EPOCH_S * (1.0 + np.arange(len(night.truth)))
    last = np.searchsorted(night.at_s, ends, side="right") - 1
    fresh = (last >= 0) & (night.at_s[last] > ends - EPOCH_S)
    said = np.where(fresh, shown[last], _NONE)
    known, n = (night.truth >= 0) & (said >= 0), len(STAGES)
    cells = night.truth[known].astype(int) * n + said[known]
    return np.bincount(cells, minlength=n * n).reshape(n, n)


def _ratio(part: float, whole: float) -> float | None:
    return rounded(part / whole) if whole else None


def _quantile(values: NDArray[np.float64], q: float) -> float | None:
    return rounded(np.quantile(values, q)) if len(values) else None
