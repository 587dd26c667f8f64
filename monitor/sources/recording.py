"""Recordings of any kind, told apart by what stands in them."""

from collections.abc import Mapping
from pathlib import Path

from monitor.sources.edf import EdfSource, open_edf
from monitor.sources.openbci import OpenBciSource, open_openbci

_EDF_STARTS = (b"0       ", b"\xffBIOSEMI")


def open_recording(
    path: str, params: Mapping[str, str], chunk_s: float = 1.0
) -> EdfSource | OpenBciSource:
    """Open a recording by `open_edf` or, where it begins as no EDF or BDF does, `open_openbci`.

    Raises
    ------
    SourceError
        When neither can read it.
    """
    file = Path(path)
    if file.suffix.lower() in (".edf", ".bdf") or _begins(file) in _EDF_STARTS:
        return open_edf(path, params, chunk_s)
    return open_openbci(path, params, chunk_s)


def _begins(file: Path) -> bytes:
    """Return the first 8 bytes; none of a file that cannot be read, which its opener will say."""
    try:
        with file.open("rb") as stream:
            return stream.read(8)
    except OSError:
        return b""
