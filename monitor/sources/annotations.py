"""Annotations of EDF+ files, as any source or hypnogram has them."""

import warnings
from pathlib import Path

import mne

from monitor.domain.errors import SourceError


def read_annotations(path: Path) -> list[tuple[float, float, str]]:
    """Onset and duration in seconds and text of every annotation, in order of time.

    Raises
    ------
    SourceError
        When the file cannot be read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            read = mne.read_annotations(path)
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: MNE cannot read it: {error}") from error
    return list(zip(read.onset.tolist(), read.duration.tolist(), read.description, strict=True))
