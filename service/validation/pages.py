"""The report in words and tables, from its JSON alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from monitor.alarm.eeg import STRAY
from monitor.signal.artefacts import OPEN_FOUND_S
from service.sheets import MARK, Report, Sheet, between, mark_row, number
from service.validation.causes import GRACE_S
from service.validation.report import Figures

TITLE = "How the alarms do on simulated nights"
_SOURCES = {
    "simulated": "drawn by the simulator",
    "sleepedfx_sc_bandpower": (
        "scored by humans: Sleep-EDF Database Expanded (Kemp et al. 2000), PhysioNet (Goldberger "
        "et al. 2000), ODC-By 1.0"
    ),
    "dod_five_scorers": "scored by five humans each: Dreem Open Datasets (Guillot et al. 2020)",
}
_SHOWN = 25
"""False and missing alarms listed; the JSON has all."""

_INTRO = """Made by `dreamwatch validate --hours {asked:g} --seed {seed}` from the hypnograms \
named below; the same gives the same figures, in however many processes. {nights} nights, \
{hours:.0f} h, of signal made by the simulator (100 Hz; Fpz-Cz, Pz-Oz, E1-E2), staged and watched \
by the very session that runs at night. Simulated people answer and attend: a cue wakes 70 % of \
adults and half of the children still asleep, 95 % of them within 32 s; some fall asleep again; \
half of those in nights of waking wake at no cue. No real sleeper, electrode or amplifier took \
part, so these figures tell what the program does, not what a night in a bed is like."""

_MATCHING = """An alarm is *found* when it is raised, for every channel that was struck, from 1 s \
before the onset until {grace:g} s after it is due (too long a stage: until it ends). Neither \
found nor false are alarms of the same kind and channel until the tail after the fault's end (30 \
s; 130 s for the EEG's kinds, any finding), and those of kinds that follow from it: ELECTRODE_OFF \
from SIGNAL_LOST and from an EEG without waves, EEG_ABNORMAL from EEG_SUPPRESSED, HARD_TO_WAKE \
from UNRESPONSIVE, UNRESPONSIVE at once of a child who leaves a round unanswered, and both of \
these of a dreamer who answers and falls asleep again. Every other one is *false*, those in \
faults too brief to alarm included, and counts at the highest priority it reached. Monitored time \
is that of coverage MONITORED. Intervals are 95 %: Clopper-Pearson for shares, exact Poisson for \
rates. The 99th percentile of fewer than a hundred is the largest."""

_DUE = """What is due when: an input that opens is found for good within {open_s:g} s, half of \
them in 21. Too long a stage is due when it has been scored for so long, {stray:.0%} of strays \
allowed but for wake: what the stager gets wrong may be missing, but is no delay. The median and \
the 99th percentile of the seconds count from the true onset all the same."""


_LEFT_OUT = """Left out are {kinds}: they come of weeks of dream time and not of a night, and have \
a study of their own, `dreamwatch usage study`."""


def report_of(figures: Figures) -> Report:
    """Return the report of a study."""
    return Report(TITLE, _words(figures), _sheets(figures))


def _sheets(figures: Figures) -> tuple[Sheet, ...]:
    false, missing = figures["false_alarms"], figures["missing_alarms"]
    return (
        Sheet("Marks", MARK, tuple(mark_row(mark, 3) for mark in figures["marks"])),
        Sheet(
            "Kinds",
            _KIND,
            tuple(_kind(*item) for item in figures["kinds"].items()),
        ),
        Sheet(
            "Causes",
            _CAUSE,
            tuple(map(_cause, figures["causes"])),
            "Due: on-delay, and what the condition itself takes, from the onset.",
        ),
        Sheet("Too brief to alarm", ("kind", "cause", "planted", "alarmed"), _brief(figures)),
        Sheet(
            "False alarms",
            ("priority", "false", "per 24 h", "budget"),
            tuple(_budget(*item) for item in figures["false"].items()),
        ),
        Sheet(
            "Coverage",
            ("", "hours", "share"),
            tuple(_share(*i) for i in figures["coverage"].items()),
        ),
        Sheet(
            "Hypnograms",
            ("origin", "nights", "hours"),
            _origins(figures["study"]),
            brief=False,
        ),
        _listed("False", false, ("night", "at_s", "kind", "source", "priority")),
        _listed("Missing", missing, ("night", "onset_s", "kind", "cause")),
    )


_KIND = (
    "kind",
    "priority",
    "planted",
    "found",
    "sensitivity",
    "median s",
    "p99 s",
    "false",
    "false per 24 h",
)
_CAUSE = ("kind", "cause", "onset", "planted", "found", "on-delay s", "due s", "median s", "p99 s")


def _kind(kind: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        kind,
        row["priority"],
        str(row["planted"]),
        str(row["found"]),
        f"{number(row['sensitivity'], 3)} {between(row['interval'], 3)}",
        number(row["median_s"]),
        number(row["p99_s"]),
        str(row["false"]),
        f"{row['per_24_h']:.2f} {between(row['per_24_h_interval'], 2)}",
    )


def _cause(row: Mapping[str, Any]) -> tuple[str, ...]:
    low, high = row["due_s"]
    return (
        row["kind"],
        row["cause"],
        row["onset"],
        str(row["planted"]),
        str(row["found"]),
        number(row["on_delay_s"], 0),
        f"{low:g}" if low == high else f"{low:g}–{high:g}",
        number(row["median_s"]),
        number(row["p99_s"]),
    )


def _brief(figures: Figures) -> tuple[tuple[str, ...], ...]:
    names = ("kind", "cause", "planted", "alarmed")
    return tuple(tuple(str(row[name]) for name in names) for row in figures["brief"])


def _budget(priority: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    rate = f"{row['per_24_h']:.2f} {between(row['per_24_h_interval'], 2)}"
    return priority, str(row["false"]), rate, f"≤ {row['budget']:g}"


def _share(name: str, row: Mapping[str, float]) -> tuple[str, ...]:
    return (
        name.replace("_without_fault", ", nothing planted"),
        number(row["hours"]),
        f"{row['share']:.2%}",
    )


def _origins(study: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (_SOURCES.get(name, name), f"{row['nights']:.0f}", number(row["hours"]))
        for name, row in study["hypnograms"].items()
    )


def _listed(what: str, found: Sequence[Mapping[str, Any]], names: tuple[str, ...]) -> Sheet:
    rows = tuple(tuple(str(row[name]) for name in names) for row in found[:_SHOWN])
    note = f"The first {_SHOWN} of {len(found)}." if len(found) > _SHOWN else ""
    return Sheet(f"{what} alarms, one by one", names, rows, note, brief=False)


def _words(figures: Figures) -> tuple[str, ...]:
    study = figures["study"]
    intro = _INTRO.format(
        asked=study["asked_hours"], seed=study["seed"], nights=study["nights"], hours=study["hours"]
    )
    due = _DUE.format(open_s=OPEN_FOUND_S, stray=STRAY)
    left_out = _LEFT_OUT.format(kinds=" and ".join(study["left_out"]))
    return intro, _MATCHING.format(grace=GRACE_S), due, left_out
