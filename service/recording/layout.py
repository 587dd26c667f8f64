"""The bytes of an EDF+ or BDF+ file: header, data records, annotations. Pure functions, no file.

Rules: Kemp and Olivan 2003, "European data format 'plus' (EDF+)", https://www.edfplus.info/specs;
BDF+ is the same with three bytes a sample and "BIOSEMI" in its first field
(https://www.teuniz.net/edfbrowser/bdfplus%20format%20description.html).
"""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from monitor.domain.errors import InputError
from monitor.domain.montage import ChannelKind, Montage
from monitor.sources.edf_header import EQUIPMENT, full_scale_text

Bits: TypeAlias = Literal[16, 24]

RANGES_UV = {16: 3276.7, 24: 187_500.0}
"""Physical range where an amplifier's full scale is not known: 0.1 µV a step in 16 bits, and that
of a Cyton at gain 24, whose count is one step, in 24 bits. With 16 bits it is the widest range."""

RECORD_BYTES = 61_440
"""Largest data record that EDF advises; kept for BDF too."""

LENGTHS_S = (*map(Fraction, range(1, 11)), *(Fraction(1, n) for n in (2, 4, 5, 8, 10, 20)))
"""Lengths of a data record, the first that fits is taken: one second if possible, at most ten of
them, and shorter only where a second is too large; each is exact in the header's 8 characters."""

ROOM_BYTES = 360
"""Room for annotations in a data record: its time, and four or five annotations."""

COUNT_AT = 236
"""Offset of the number of data records in the header."""

_MONTHS = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"  # in English whatever the locale
_LABEL, _FIELD, _NUMBER = 16, 80, 8


@dataclass(frozen=True, slots=True)
class Layout:
    """How one file is laid out.

    Parameters
    ----------
    montage : Montage
        The rows of the signal.
    sfreq : float
        Sampling rate in Hz.
    bits : {16, 24}
        EDF+ or BDF+.
    record_s : Fraction
        Length of a data record in seconds.
    n_samples : int
        Samples of each channel in a data record.
    """

    montage: Montage
    sfreq: float
    bits: Bits
    record_s: Fraction
    n_samples: int

    @property
    def suffix(self) -> str:
        """Ending of the file's name."""
        return ".edf" if self.bits == 16 else ".bdf"

    @property
    def steps(self) -> int:
        """Digital maximum; its negative, the minimum, stands where a sample is missing."""
        return int(2 ** (self.bits - 1) - 1)

    @property
    def record_bytes(self) -> int:
        """Size of a data record."""
        return self.n_samples * len(self.montage.channels) * self.bits // 8 + ROOM_BYTES

    @property
    def ranges_uv(self) -> list[float]:
        """Physical maximum of each channel in µV, as its header field can hold it."""
        known = [channel.rail_uv or RANGES_UV[self.bits] for channel in self.montage.channels]
        widest = RANGES_UV[16] if self.bits == 16 else np.inf
        return [float(_number(min(rail, widest))) for rail in known]

    def digitise(self, data: NDArray[np.float64]) -> NDArray[np.int32]:
        """Turn µV, shape (n_channels, n), into steps; what is no number becomes the lowest."""
        scale = self.steps / np.array(self.ranges_uv)[:, np.newaxis]
        finite = np.isfinite(data)
        steps = np.rint(np.where(finite, data, 0.0) * scale)
        return np.where(finite, np.clip(steps, 1 - self.steps, self.steps), -self.steps).astype(
            np.int32
        )

    def record(self, samples: NDArray[np.int32], annotations: bytes) -> bytes:
        """Return a data record: every channel's samples in turn, then the annotations."""
        little = np.ascontiguousarray(samples, dtype="<i4").view(np.uint8)
        kept = little.reshape(-1, 4)[:, : self.bits // 8]
        return kept.tobytes() + annotations.ljust(ROOM_BYTES, b"\0")

    def header(self, start: float, dreamer: str, session: str) -> bytes:
        """Return the header of a file that holds no record yet.

        Parameters
        ----------
        start : float
            Time of the first sample in seconds of Unix time. EDF tells it in local time and, here,
            in whole seconds: the fraction stands behind the name of the equipment, for readers that
            overlook a fraction in the first annotation would shift all others by it.
        dreamer, session : str
            Names, of which the fields hold what fits in ASCII.
        """
        fixed = [*self._identity(start, dreamer, session), *self._shape()]
        signals = [self._signal(i) for i in range(len(self.montage.channels))]
        columns = zip(*signals, self._annotation_signal(), strict=True)
        fields = [*fixed, *(cell for column in columns for cell in column)]
        version = b"0       " if self.bits == 16 else b"\xffBIOSEMI"
        return version + "".join(fields).encode("ascii")

    def _identity(self, start: float, dreamer: str, session: str) -> list[str]:
        at = datetime.fromtimestamp(int(start), UTC).astimezone()
        day = f"{at:%d}-{_MONTHS[3 * at.month - 3 : 3 * at.month]}-{at:%Y}"
        who = f"{_subfield(dreamer, _FIELD - 6)} X X X"
        end = f" X {EQUIPMENT} UTC{at:%z} +{start % 1:.6f}s"
        what = f"Startdate {day} "
        what += _subfield(session, _FIELD - len(what) - len(end)) + end
        return [_pad(who, _FIELD), _pad(what, _FIELD), f"{at:%d.%m.%y}", f"{at:%H.%M.%S}"]

    def _shape(self) -> list[str]:
        n_signals = len(self.montage.channels) + 1
        return [
            _pad(256 * (n_signals + 1), _NUMBER),
            _pad("EDF+C" if self.bits == 16 else "BDF+C", 44),
            _pad(-1, _NUMBER),
            _pad(_number(float(self.record_s)), _NUMBER),
            _pad(n_signals, 4),
        ]

    def _signal(self, row: int) -> list[str]:
        rail, limit = self.montage.channels[row].rail_uv, _number(self.ranges_uv[row])
        full_scale = full_scale_text(None if rail is None else self.ranges_uv[row])
        texts = labels(self.montage)[row], full_scale, "uV", f"-{limit}", limit
        return _cells(*texts, -self.steps, self.steps, self.n_samples)

    def _annotation_signal(self) -> list[str]:
        label = "EDF Annotations" if self.bits == 16 else "BDF Annotations"
        n_samples = ROOM_BYTES // (self.bits // 8)
        return _cells(label, "", "", -1, 1, -self.steps - 1, self.steps, n_samples)


def plan_layout(montage: Montage, sfreq: float, bits: Bits) -> Layout:
    """Choose the length of a data record.

    Raises
    ------
    InputError
        When no length up to ten seconds holds a whole number of samples and is small enough.
    """
    for record_s in LENGTHS_S:
        n_samples = round(sfreq * record_s)
        whole = n_samples > 0 and abs(n_samples - sfreq * record_s) < 1e-6 * n_samples
        layout = Layout(montage, sfreq, bits, record_s, n_samples)
        if whole and layout.record_bytes <= RECORD_BYTES:
            return layout
    raise InputError(
        f"sampling rate {sfreq:.10g} Hz with {len(montage.channels)} channels cannot be recorded: "
        f"no data record of 0.05 to 10 s holds whole samples in at most {RECORD_BYTES} bytes"
    )


def labels(montage: Montage) -> list[str]:
    """Name the channels as EDF+ does, "EEG C3-M2", in 16 ASCII characters, each once.

    Whatever kind was guessed from the name, but OTHER, is guessed from the label too.
    """
    taken: list[str] = []
    for channel in montage.channels:
        label = plain = _ascii(_with_kind(channel.name, channel.kind))[:_LABEL].strip()
        while label in taken or not label:
            mark = f"~{len(taken) + 1}"
            label = plain[: _LABEL - len(mark)] + mark
        taken.append(label)
    return taken


def tal(onset: str, duration: str, text: str) -> bytes:
    """Return a time-stamped annotation list of one text; empty, it keeps a record's time."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    lasting = f"\x15{duration}" if duration else ""
    return f"{onset}{lasting}\x14{clean}\x14\0".encode()


def seconds(value: float | Fraction) -> str:
    """Write seconds as annotations do, to 100 ns: finer than a sample, and EDFbrowser's grain."""
    return f"{float(value):.7f}".rstrip("0").rstrip(".")


def _with_kind(name: str, kind: ChannelKind) -> str:
    known = kind is ChannelKind.OTHER or name.upper().startswith(kind)
    return name if known else f"{kind} {name}"


def _cells(*cells: str | int) -> list[str]:
    """Lay out label, transducer, dimension, the four limits, no prefilter, samples, reserved."""
    widths = (_LABEL, _FIELD, *5 * (_NUMBER,), _FIELD, _NUMBER, 32)
    *first, n_samples = cells
    return [_pad(c, w) for c, w in zip((*first, "", n_samples, ""), widths, strict=True)]


def _pad(value: object, width: int) -> str:
    return str(value).ljust(width)


def _number(value: float) -> str:
    """Write a positive number in 7 characters, which leaves one for a sign."""
    return next(text for n in range(10, 0, -1) if len(text := f"{value:.{n}g}") < _NUMBER)


def _subfield(text: str, width: int) -> str:
    return _ascii(text).strip().replace(" ", "_")[:width] or "X"


def _ascii(text: str) -> str:
    """Write without accents; what is still not printable ASCII becomes "?"."""
    plain = unicodedata.normalize("NFKD", text)
    kept = (c for c in plain if not unicodedata.combining(c))
    return "".join(c if " " <= c <= "~" else "?" for c in kept)
