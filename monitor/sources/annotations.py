"""Annotations of EDF+ files, as any source or hypnogram has them, and the texts of our own."""

import re
import warnings
from pathlib import Path

from monitor.domain.errors import SourceError
from monitor.domain.inputs import Gap
from monitor.domain.stage import STAGES, Stage
from monitor.sources.edf_header import check_whole, read_layout

STAGE_TEXTS = {stage: f"Sleep stage {stage}" for stage in STAGES} | {
    Stage.UNSCORED: "Sleep stage ?"
}
"""The standard texts of EDF+ for scored epochs."""

END_TEXT = "Recording ends"
"""Marks the first sample after the last, where a recording does not fill its last record."""

_GAP = re.compile(r"Gap: (\d+) samples? lost \((.*?)[)…]")  # a long cause is cut


def gap_text(gap: Gap) -> str:
    """Write a gap as an annotation says it; its onset is that of the first lost sample."""
    return f"Gap: {gap.n_samples} sample{'' if gap.n_samples == 1 else 's'} lost ({gap.cause})"


def parse_gap(text: str, first_sample: int) -> Gap | None:
    """Read what `gap_text` wrote; None for any other text."""
    found = _GAP.fullmatch(text)
    return Gap(first_sample, int(found[1]), found[2]) if found else None


def read_annotations(path: Path) -> list[tuple[float, float, str]]:
    """Onset and duration in seconds and text of every annotation, in order of time.

    Raises
    ------
    SourceError
        When the file cannot be read, or is an EDF or BDF file that lacks its end.
    """
    if path.suffix.lower() in (".edf", ".bdf"):
        check_whole(path, read_layout(path, continuous=False))
    import mne  # takes long, and only who reads a hypnogram needs it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            read = mne.read_annotations(path)
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: MNE cannot read it: {error}") from error
    return list(zip(read.onset.tolist(), read.duration.tolist(), read.description, strict=True))
