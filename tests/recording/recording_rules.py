"""The rules of EDF+ and BDF+ as EDFbrowser checks them when it opens a file.

From the EDF+ specification (https://www.edfplus.info/specs/edfplus.html) and the description of
BDF+ (https://www.teuniz.net/edfbrowser/bdfplus%20format%20description.html).
"""

import re
from datetime import datetime
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

WIDTHS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
NUMBER = re.compile(rb"[+-]?\d+(\.\d+)?")
TAL = re.compile(rb"([+-]\d+(?:\.\d+)?)(?:\x15(\d+(?:\.\d+)?))?((?:\x14[^\x14\x15\x00]*)*)\x14\x00")
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]

Told = list[tuple[Fraction, Fraction, str]]


def check_rules(path: Path) -> Told:
    """Check a whole file; return its annotations in the order in which they stand."""
    data = path.read_bytes()
    is_bdf = data[0] == 0xFF
    name = b"BDF" if is_bdf else b"EDF"
    assert data[:8] == (b"\xffBIOSEMI" if is_bdf else b"0       ")
    n_signals = int(data[252:256])
    header = data[8 : 256 * (n_signals + 1)]
    assert all(32 <= byte <= 126 for byte in header), "header is printable ASCII"
    check_identity(header[:80], header[80:160], header[160:168], header[168:176])
    assert field(data[184:192]) == b"%d" % (256 * (n_signals + 1))
    assert field(data[192:236]) == name + b"+C"
    n_records, record_s = int(field(data[236:244])), Fraction(field(data[244:252]).decode())
    assert 0 < record_s <= 10
    columns = split_columns(data[256 : 256 * (n_signals + 1)], n_signals)
    sizes = check_signals(columns, name, bits=24 if is_bdf else 16)
    record_bytes = sum(sizes)
    assert record_bytes <= 61_440
    assert len(data) == 256 * (n_signals + 1) + n_records * record_bytes
    assert n_records >= 1, "EDFbrowser opens no file without records"
    told: Told = []
    for k in range(n_records):
        end = len(data) - (n_records - k - 1) * record_bytes
        told += check_annotations(data[end - sizes[-1] : end], k * record_s)
    return told


def field(text: bytes) -> bytes:
    """Return a field, which is left-justified and filled with spaces."""
    assert not text.strip() or not text.startswith(b" "), text
    return text.rstrip(b" ")


def split_columns(table: bytes, n_signals: int) -> list[list[bytes]]:
    starts = [0, *accumulate(width * n_signals for width in WIDTHS)]
    return [
        [field(table[start + i * width : start + (i + 1) * width]) for i in range(n_signals)]
        for start, width in zip(starts, WIDTHS, strict=False)
    ]


def check_identity(patient: bytes, recording: bytes, day: bytes, time: bytes) -> None:
    code, sex, born, who, *_ = field(patient).split(b" ")
    assert code
    assert (sex, born, who) == (b"X", b"X", b"X")
    word, date, session, technician, equipment, *_ = field(recording).split(b" ")
    assert (word, technician, equipment) == (b"Startdate", b"X", b"dreamwatch")
    assert session
    at = datetime.strptime(f"{day.decode()} {time.decode()} +0000", "%d.%m.%y %H.%M.%S %z")
    number, month, year = date.decode().split("-")
    assert (int(number), MONTHS.index(month) + 1, int(year) % 100) == (
        at.day,
        at.month,
        at.year % 100,
    )


def check_signals(columns: list[list[bytes]], name: bytes, bits: int) -> list[int]:
    """Return the bytes of each signal in a record."""
    labels, transducers, dimensions, *limits, prefilters, n_samples, reserved = columns
    assert labels[-1] == name + b" Annotations"
    assert (transducers[-1], dimensions[-1], prefilters[-1]) == (b"", b"", b"")
    assert len(set(labels)) == len(labels)
    assert all(labels)
    assert set(dimensions[:-1]) == {b"uV"}
    assert set(reserved) == {b""}
    for low, high, digital_low, digital_high in zip(*limits, strict=True):
        assert all(NUMBER.fullmatch(text) for text in (low, high, digital_low, digital_high))
        assert float(low) < float(high)
        assert -(2 ** (bits - 1)) <= int(digital_low) < int(digital_high) < 2 ** (bits - 1)
    assert limits[2][-1] == b"%d" % -(2 ** (bits - 1))
    return [int(n) * bits // 8 for n in n_samples]


def check_annotations(signal: bytes, onset: Fraction) -> Told:
    """Check a record's annotations, the first of which keeps its time."""
    used = signal.rstrip(b"\0") + b"\0"
    lists = list(TAL.finditer(used))
    assert b"".join(found[0] for found in lists) == used, used
    keeper = lists[0]
    assert Fraction(keeper[1].decode()) == onset
    assert (keeper[2], keeper[3]) == (None, b"\x14")
    return [
        (Fraction(found[1].decode()), Fraction((found[2] or b"0").decode()), text.decode())
        for found in lists[1:]
        for text in found[3].split(b"\x14")[1:]
    ]
