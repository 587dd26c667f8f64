"""Plots of a report: confusion, reliability, how subjects differ, and one night."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from models.card_text import PLOTS
from models.predict import MAIN, SETUPS, Predictions, Staged
from models.stability import live, publish
from monitor.domain.stage import EPOCH_S, STAGES

_COLOURS = ("#d9a441", "#9ecae1", "#4292c6", "#08519c", "#c44e52")
_DEPTH = np.array([0, 2, 3, 4, 1])
"""Rows of a hypnogram from the top: W, R, N1, N2, N3."""
_DPI = 80


def draw_plots(
    figures: Mapping[str, Any], predictions: Predictions, folder: Path, title: str
) -> list[Path]:
    """Write all `PLOTS` as PNG; those which have nothing to show are empty.

    Parameters
    ----------
    figures : dict
        `models.evaluate.report` of `predictions`.
    predictions : dict
        What was said.
    folder : Path
        Where they go.
    title : str
        Whose figures these are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = (
        _confusions(figures),
        _reliability(figures),
        _subjects(figures),
        _hypnogram(predictions["fpz"], figures["fpz"]["subjects"]),
    )
    named = zip(PLOTS, drawn, strict=True)
    return [_write(figure, folder / f"{name}.png", title) for name, figure in named]


def _write(figure: Figure, path: Path, title: str) -> Path:
    """Without a date or version in the file: the same figures give the same bytes."""
    figure.suptitle(title, fontsize="small")
    FigureCanvasAgg(figure).print_png(str(path), metadata={"Software": None})
    return path


def _figure(columns: int, width: float, height: float) -> tuple[Figure, Sequence[Axes]]:
    figure = Figure(figsize=(width, height), dpi=_DPI, layout="constrained")
    return figure, np.atleast_1d(figure.subplots(1, columns))


def _confusions(figures: Mapping[str, Any]) -> Figure:
    names = (*MAIN, "cold_start")
    figure, axes = _figure(len(names), 12, 3.4)
    for ax, name in zip(axes, names, strict=True):
        counts = np.array(figures[name]["confusion"], float)
        share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        ax.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for (row, column), value in np.ndenumerate(share):
            colour = "white" if value > 0.5 else "black"
            ax.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour, size=8)
        ax.set(title=_short(name), xlabel="said", ylabel="true")
        ax.set_xticks(range(len(STAGES)), STAGES)
        ax.set_yticks(range(len(STAGES)), STAGES)
    return figure


def _reliability(figures: Mapping[str, Any]) -> Figure:
    figure, (curves, counts) = _figure(2, 8, 3.6)
    curves.plot([0, 1], [0, 1], color="grey", linestyle=":")
    for name in MAIN:
        curve = figures[name]["reliability"]
        curves.plot(curve["confidence"], curve["accuracy"], marker="o", ms=3, label=_short(name))
        counts.plot(curve["confidence"], curve["count"], marker="o", ms=3)
    curves.set(xlabel="probability of the likeliest stage", ylabel="share that is right")
    counts.set(xlabel="probability of the likeliest stage", ylabel="epochs")
    curves.legend(fontsize="small")
    return figure


def _subjects(figures: Mapping[str, Any]) -> Figure:
    figure, (ax,) = _figure(1, 8, 3.2)
    for row, name in enumerate(MAIN):
        known = sorted(k for k in figures[name]["subjects"].values() if k is not None)
        spread = row + 0.3 * np.sin(2.4 * np.arange(len(known)))
        ax.scatter(known, spread, s=14, alpha=0.6)
        if known:
            ax.plot([np.median(known)] * 2, [row - 0.4, row + 0.4], color="black")
    ax.set_yticks(range(len(MAIN)), [_short(name) for name in MAIN])
    ax.set(xlabel="κ of a subject; the line is the median")
    ax.invert_yaxis()
    return figure


def _hypnogram(nights: Sequence[Staged], kappas: Mapping[str, float | None]) -> Figure:
    night = _typical(nights, kappas)
    figure = Figure(figsize=(10, 5.6), dpi=_DPI, layout="constrained")
    axes = figure.subplots(4, 1, sharex=True)
    hours = EPOCH_S / 3600 * np.arange(len(night.labels))
    likeliest = np.nan_to_num(night.proba).argmax(axis=1)
    rows = {"true": night.labels, "likeliest": likeliest, "published": publish(live(night))}
    for ax, (name, stages) in zip(axes, rows.items(), strict=False):
        depth = np.where(stages >= 0, _DEPTH[stages], np.nan)
        ax.step(hours, depth, where="post", color="black", linewidth=0.8)
        ax.set_yticks(_DEPTH, STAGES, fontsize="x-small")
        ax.set(ylim=(4.4, -0.4), ylabel=name)
    axes[3].stackplot(hours, night.proba.T, colors=_COLOURS, labels=STAGES)
    axes[3].set(ylim=(0, 1), ylabel="probability", xlabel="hours")
    axes[3].legend(ncols=len(STAGES), fontsize="x-small", loc="lower right")
    return figure


def _typical(nights: Sequence[Staged], kappas: Mapping[str, float | None]) -> Staged:
    """First night of the subject whose κ is nearest the median of all."""
    known = {int(who): value for who, value in kappas.items() if value is not None}
    if not known:
        return nights[0]
    median = float(np.median(list(known.values())))
    typical = min(known, key=lambda who: abs(known[who] - median))
    return next(night for night in nights if night.subject == typical)


def _short(name: str) -> str:
    return SETUPS[name].title.split(", first")[0].removeprefix("one EEG channel, ")
