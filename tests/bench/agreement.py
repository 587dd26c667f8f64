"""Does a stager say live what it says of the whole night? And is it right?"""

import csv
import subprocess
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path

import mne
import numpy as np
import yasa
from rich.table import Table
from sklearn.metrics import cohen_kappa_score

from monitor.domain.stage import STAGES
from monitor.sources.edf import open_edf
from monitor.staging.bundle import load_bundle
from service.scoring import score_night
from tests.bench.night import CHANNEL, DREAMWATCH, truth, verdict

FIRST, MOMENTS = 20, 60
"""YASA is asked at this many moments what is now; before 10 min it warns of too little signal."""
CHUNK_S = 1.0
"""Of the live run, in seconds."""


def agreement_table(night: Path) -> Table:
    """Compare live, whole-night and true stages."""
    true, streamed, rows = truth(night), _live(night), _scored(night)
    live, scored = _stages(streamed), _stages(rows)
    single = _stages(_scored(night, "--channels", CHANNEL))
    raw = mne.io.read_raw_edf(night, include=[CHANNEL], preload=True, verbose="error")
    rival = _rival(raw)
    moments = np.linspace(FIRST, len(true) - 1, MOMENTS, dtype=int).tolist()
    past_only, at = [_rival(raw, epoch)[-1] for epoch in moments], itemgetter(*moments)

    table = Table("what", "epochs", "equal", "κ", "mark", title="Agreement")
    same = verdict("identical", met=streamed == rows)
    _add(table, "dreamwatch live, with its own score", live, scored, same)
    _add(table, "YASA on the past only, with its own whole night", past_only, at(rival))
    table.add_section()
    _add(table, "dreamwatch, 4 channels, with the truth", scored, true)
    _add(table, f"dreamwatch, {CHANNEL}, with the truth", single, true)
    _add(table, "the same at the moments", at(single), at(true))
    _add(table, f"YASA on the whole night, {CHANNEL}, with the truth", rival, true)
    _add(table, "the same at the moments", at(rival), at(true))
    _add(table, "YASA on the past only at the moments, with the truth", past_only, at(true))
    table.caption = (
        "live: in chunks of 1 s, stages and probabilities compared. Simulated EEG favours who was "
        "fitted to the simulator's own source: dreamwatch was, YASA was not. The κ that count are "
        "those of models/MODEL_CARD.md"
    )
    return table


def _add(
    table: Table, what: str, some: Sequence[str], other: Sequence[str], mark: str = ""
) -> None:
    equal = sum(a == b for a, b in zip(some, other, strict=True))
    kappa = cohen_kappa_score(some, other)
    table.add_row(what, f"{len(some)}", f"{equal} ({equal / len(some):.1%})", f"{kappa:.3f}", mark)


def _stages(rows: Sequence[Sequence[str]]) -> list[str]:
    return [stage for stage, *_ in rows]


def _live(night: Path) -> list[list[str]]:
    """Stage and probabilities of each epoch, in the form of `_scored`."""
    source = open_edf(str(night), {}, chunk_s=CHUNK_S)
    epochs = score_night(source, load_bundle()).epochs
    source.close()
    return [
        [epoch.stage, *(f"{epoch.proba[s]:.4f}" if epoch.proba else "" for s in STAGES)]
        for epoch in epochs
    ]


def _scored(night: Path, *options: str) -> list[list[str]]:
    """Score with the command; return stage and probabilities of each epoch."""
    command = [DREAMWATCH, "score", night, "--out", night.parent, *options]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    with night.with_suffix(".hypnogram.csv").open(newline="") as file:
        return [row[2:8] for row in csv.reader(file)][1:]


def _rival(raw: mne.io.BaseRaw, last: int | None = None) -> list[str]:
    """What YASA says of the recording, or of as much as there was when epoch `last` ended."""
    if last is not None:
        raw = raw.copy().crop(0, (last + 1) * 30, include_tmax=False)
    hypnogram = yasa.SleepStaging(raw, eeg_name=CHANNEL).predict()
    return [STAGES[code].value for code in hypnogram.as_int()]
