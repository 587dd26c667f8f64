"""The card of a model in words and tables; every figure comes from its JSON."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from models.card_words import CARD, COMPARISON, PERSONAL, SIMULATED, TRANSFER
from models.predict import MAIN, SETUPS
from models.stability import EARLY_S, LASTING_S, LATE_S
from monitor.domain.stage import STAGES
from monitor.staging.published import HOLD_S, LEAD, MARGIN

Find: TypeAlias = Callable[[Mapping[str, Any]], float | None]
"""Finds a figure in a card."""


def _kappa_of(name: str) -> Find:
    return lambda card: card["cross_validation"][name]["kappa"]


def _false_ratio(figures: Mapping[str, Any]) -> float | None:
    return _worst(values["live"]["false_ratio"] for values in _with_live(figures))


def _median_delay(figures: Mapping[str, Any]) -> float | None:
    return _worst(values["live"]["delay_s"]["median"] for values in _with_live(figures))


def _with_live(figures: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [values for values in figures.values() if isinstance(values, dict) and "live" in values]


def _worst(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


MARKS: Mapping[str, tuple[Find, str, float]] = {
    "κ, one EEG channel, Fpz-Cz": (_kappa_of("fpz"), ">=", 0.75),
    "κ, one EEG channel, Pz-Oz": (_kappa_of("pz"), ">=", 0.75),
    "κ, both and EOG": (_kappa_of("all"), ">=", 0.785),
    "κ, cold start in mid-sleep, Fpz-Cz": (_kappa_of("cold_start"), ">=", 0.63),
    "expected calibration error, worst": (lambda card: card["cross_validation"]["ece"], "<=", 0.03),
    "false changes for each true one, worst, steps of 30 s": (
        lambda card: _false_ratio(card["cross_validation"]),
        "<=",
        1.5,
    ),
    "median delay in s of the true changes that were shown, worst, steps of 30 s": (
        lambda card: _median_delay(card["cross_validation"]),
        "<=",
        45.0,
    ),
    "false changes for each true one, worst, steps of 5 s, simulated": (
        lambda card: _false_ratio(card.get("simulated", {})),
        "<=",
        1.5,
    ),
    "median delay in s of the true changes that were shown, worst, steps of 5 s, simulated": (
        lambda card: _median_delay(card.get("simulated", {})),
        "<=",
        45.0,
    ),
    "wake against N3 of another laboratory, balanced accuracy": (
        lambda card: card.get("transfer", {}).get("balanced"),
        ">=",
        0.88,
    ),
}
"""What was to be reached: where the figure lies, which way, how far."""

PLOTS = {
    "confusion": "What was said of each true stage.",
    "reliability": "How often the likeliest stage is right, by its probability.",
    "subjects": "κ of each subject.",
    "hypnogram": "A night of a subject of median κ, Fpz-Cz: true, likeliest and published stage.",
}
"""Name of each plot beside the card, and what it shows."""


def render(card: Mapping[str, Any], comparison: Mapping[str, Any] | None = None) -> str:
    """Write the card for people, in Markdown.

    Parameters
    ----------
    card : dict
        `models.card.make_card`.
    comparison : dict or None
        `models.compare.compare`: how other models did.
    """
    figures, recipe = card["cross_validation"], card["recipe"]
    return CARD.format(
        **card | card["training"] | recipe,
        temperature=card["training"]["correction"]["temperature"],
        bias=_biases(card["training"]["correction"]["bias"]),
        n_subjects=len(card["training"]["subjects"]),
        bands=", ".join(f"{low:g}-{high:g}" for low, high in recipe["bands_hz"]),
        low_hz=recipe["passband_hz"][0],
        high_hz=recipe["passband_hz"][1],
        memories=", ".join(f"{n:g}" for n in recipe["context_horizons_epochs"]),
        marks=_marks(card),
        setups=_setups(figures),
        per_stage=_stages(figures),
        confusion=_confusion(figures["fpz"]["confusion"]),
        live=_live(figures),
        simulation=_simulated(card["simulated"]) if "simulated" in card else "",
        early=EARLY_S,
        late=LATE_S,
        lasting=LASTING_S,
        margin=MARGIN,
        hold=HOLD_S,
        lead=LEAD,
        plots="\n\n".join(f"{text}\n\n![{text}](plots/{name}.png)" for name, text in PLOTS.items()),
        comparison=_comparison(comparison) if comparison else "",
        other_laboratory=TRANSFER.format(**card["transfer"]) if "transfer" in card else "",
        personal=_personal(figures),
    )


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = [list(headings)]
    cells += [["---"] * len(cells[0]), *map(list, rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _number(value: float | None, places: int = 3) -> str:
    return "–" if value is None else f"{value:.{places}f}"


def _kappa(figures: Mapping[str, Any]) -> str:
    interval = figures["interval"]
    spread = f" ({_number(interval[0])} to {_number(interval[1])})" if interval else ""
    return _number(figures["kappa"]) + spread


def _marks(card: Mapping[str, Any]) -> str:
    rows = []
    for title, (find, way, mark) in MARKS.items():
        value = find(card)
        rows.append((title, f"{way} {mark:g}", _number(value), _met(value, way, mark)))
    return _table(("", "mark", "measured", "met"), rows)


def _met(value: float | None, way: str, mark: float) -> str:
    if value is None:
        return "not measured"
    return "yes" if value == mark or (value > mark) == (way == ">=") else "**missed**"


def _setups(figures: Mapping[str, Any]) -> str:
    rows = (
        (
            setup.title,
            _kappa(figures[name]),
            *(_number(figures[name][entry]) for entry in ("acc", "ece", "staged")),
        )
        for name, setup in SETUPS.items()
    )
    return _table(("seen by the model", "κ", "accuracy", "ECE", "staged"), rows)


def _stages(figures: Mapping[str, Any]) -> str:
    rows = (
        (SETUPS[name].title, *(_stage_cell(figures[name], stage) for stage in STAGES))
        for name in (*MAIN, "cold_start")
    )
    return _table(("seen by the model", *STAGES), rows)


def _stage_cell(figures: Mapping[str, Any], stage: str) -> str:
    return " / ".join(_number(figures[name][stage], 2) for name in ("precision", "recall", "f1"))


def _confusion(counts: Iterable[Iterable[float | None]]) -> str:
    named = zip(STAGES, counts, strict=True)
    rows = ((stage, *(_number(n, 0) for n in row)) for stage, row in named)
    return _table(("true, down; said, across", *STAGES), rows)


def _live(figures: Mapping[str, Any]) -> str:
    shown = {
        f"{SETUPS[name].title}, {kind}": live
        for name in MAIN
        if name in figures
        for kind, live in (
            ("published", figures[name]["live"]),
            ("likeliest", figures[name]["live"]["raw"]),
        )
    }
    headings = ("true / h", "shown / h", "false / h", "false : true", "found", "lasting")
    delays = ("median s", "90 % s")
    rows = (
        (
            title,
            *(_number(live[name], 1) for name in ("true_per_h", "shown_per_h", "false_per_h")),
            *(_number(live[name], 2) for name in ("false_ratio", "found", "found_lasting")),
            *(_number(live["delay_s"][name], 0) for name in ("median", "p90")),
            _number(live["kappa"]),
        )
        for title, live in shown.items()
    )
    return _table(("seen by the model, stage shown", *headings, *delays, "κ"), rows)


def _simulated(figures: Mapping[str, Any]) -> str:
    return SIMULATED.format(table=_live(figures), **figures)


def _personal(figures: Mapping[str, Any]) -> str:
    measured = {name: figures[name]["personal"] for name in MAIN if "personal" in figures[name]}
    rows = [
        (SETUPS[name].title, method, *_change(values))
        for name, methods in measured.items()
        for method, values in methods.items()
        if values["subjects"]
    ]
    headings = ("seen by the model", "method", "subjects", "κ without", "κ with", "change")
    table = _table((*headings, "worse / better", "ECE without", "ECE with"), rows)
    return PERSONAL.format(table=table) if rows else ""


def _change(values: Mapping[str, Any]) -> Iterable[str]:
    low, high = values["interval"]
    yield str(values["subjects"])
    yield from map(_number, values["kappa"])
    yield f"{values['change']:+.3f} ({low:+.3f} to {high:+.3f})"
    yield f"{values['worse']:.0%} / {values['better']:.0%}"
    yield from map(_number, values["ece"])


def _comparison(comparison: Mapping[str, Any]) -> str:
    columns = (*MAIN, "cold_start", "fpz_lost")
    rows = (
        (row["title"], *(_kappa(row[name]) for name in columns), _number(row["ece"]))
        for row in comparison["models"].values()
    )
    headings = (SETUPS[name].title for name in columns)
    table = _table(("model", *headings, "ECE"), rows)
    return COMPARISON.format(table=table, **comparison["protocol"])


def _biases(values: Sequence[float]) -> str:
    return ", ".join(f"{stage} {value:+.2f}" for stage, value in zip(STAGES, values, strict=True))
