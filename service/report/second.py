"""A second opinion: the finished night staged by YASA, which sees all of it at once.

YASA (Vallat and Walker, eLife 10 (2021) e70092) comes with the ``bench`` extra. It reads the
recording that the service wrote, or the file that it replayed, after the night and never live.
"""

import warnings
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from monitor.domain.inputs import Chunk, Gap
from monitor.domain.montage import ChannelKind
from monitor.sources.base import Source
from monitor.sources.edf import open_edf
from monitor.sources.recording import open_recording
from monitor.sources.spec import SourceSpec, parse_spec
from service.contract import StageName
from service.errors import ServiceError
from service.report.night import Night
from service.report.shapes import NightReport, SecondOpinion

NAMES: tuple[StageName, ...] = get_args(StageName)
"""In the order of YASA's numbers too: 0 for wake to 4 for REM."""

LEAST_S = 300
"""YASA stages no recording shorter than five minutes."""


def with_second_opinion(report: NightReport, night: Night, data_dir: Path) -> NightReport:
    """Add what YASA says of the channel that was best over the night.

    Raises
    ------
    ServiceError
        When YASA or the signal is missing, or there is too little of it.
    SourceError
        When the signal cannot be read.
    """
    if find_spec("yasa") is None:
        raise ServiceError("a second opinion needs YASA: pip install 'dreamwatch[bench]'")
    source = _open(night, data_dir)
    try:
        row = _best(report, source)
        channel, signal = source.montage.ch_names[row], _read(source, row)
    finally:
        source.close()
    if len(signal) < LEAST_S * source.sfreq:
        had = len(signal) / source.sfreq
        raise ServiceError(f"a second opinion needs {LEAST_S} s of signal, there are {had:.0f} s")
    theirs = _yasa(signal, source.sfreq, channel)
    opinion = compare(report, theirs, f"YASA {version('yasa')}", channel)
    return report.model_copy(update={"second_opinion": opinion})


def compare(
    report: NightReport, theirs: Sequence[StageName], by: str, channel: str
) -> SecondOpinion:
    """Hold other stages of the same epochs against ours.

    Parameters
    ----------
    theirs : sequence of str
        Stage of each epoch from the session's first.
    by, channel : str
        Who says so, and of what.
    """
    ours = {epoch.index: epoch.stage.value for epoch in report.epochs if epoch.proba}
    pairs = Counter((ours[i], other) for i, other in enumerate(theirs) if i in ours)
    n_epochs = pairs.total()
    if not n_epochs:
        raise ServiceError("there is no epoch that both have staged")
    agreement = sum(pairs[name, name] for name in NAMES) / n_epochs
    return SecondOpinion(
        by=by,
        channel=channel,
        n_epochs=n_epochs,
        agreement=agreement,
        kappa=_kappa(pairs, agreement),
        confusion={a: {b: pairs[a, b] for b in NAMES} for a in NAMES},
        stages=list(theirs),
    )


def _kappa(pairs: Counter[tuple[str, StageName]], agreement: float) -> float | None:
    """Cohen's kappa (Educational and Psychological Measurement 20 (1960) 37-46)."""
    n_epochs = pairs.total()
    ours = Counter[str]()
    theirs = Counter[str]()
    for (one, other), count in pairs.items():
        ours[one] += count
        theirs[other] += count
    chance = sum(ours[name] * theirs[name] for name in NAMES) / n_epochs**2
    return (agreement - chance) / (1 - chance) if chance < 1 else None


def _open(night: Night, data_dir: Path) -> Source:
    """Open the recording of a night or the file that it was."""
    folder = data_dir / "recordings" / night.dreamer
    parts = sorted(folder.glob(f"{night.session}.*"))
    if len(parts) > 1:
        raise ServiceError(
            f"the recording in {folder} has {len(parts)} parts: a second opinion needs one"
        )
    if parts:
        return open_edf(str(parts[0]), {}, chunk_s=LEAST_S)
    return _replayed(parse_spec(night.spec))


def _replayed(spec: SourceSpec) -> Source:
    if spec.scheme not in ("edf", "openbci") or not Path(spec.path).is_file():
        raise ServiceError(
            "a second opinion needs the signal: the session was not recorded, and "
            f"{spec.text!r} is no file that is still there"
        )
    return open_recording(spec.path, spec.params, chunk_s=LEAST_S)


def _best(report: NightReport, source: Source) -> int:
    """Return the row of the EEG channel with the best mean score; rows are those of the session."""
    scores = dict(enumerate(channel.score or 0.0 for channel in report.channels))
    rows = source.montage.picks(ChannelKind.EEG)
    return max(rows, key=lambda row: scores.get(row, -1.0))


def _read(source: Source, row: int) -> NDArray[np.float64]:
    """Return one channel in µV; what is lost is zero, for YASA takes no gaps."""
    pieces: list[NDArray[np.float64]] = []
    while (items := source.read()) is not None:
        for item in items:
            if isinstance(item, Chunk):
                pieces.append(item.data[row])
            elif isinstance(item, Gap):
                pieces.append(np.zeros(item.n_samples))
    return np.nan_to_num(np.concatenate(pieces)) if pieces else np.zeros(0)


def _yasa(signal: NDArray[np.float64], sfreq: float, channel: str) -> list[StageName]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what its dependencies deprecate is not our user's concern
        import mne

        yasa = import_module("yasa")  # has no types
        info = mne.create_info([channel], sfreq, "eeg")
        raw = mne.io.RawArray(signal[None] * 1e-6, info, verbose="error")
        hypnogram = yasa.SleepStaging(raw, eeg_name=channel).predict()
    return [NAMES[code] for code in hypnogram.as_int()]
