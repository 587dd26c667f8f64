"""A table of numbers as a small PNG picture, one pixel a number.

Written here because the library that could takes seconds to load, in the process that watches.
PNG (W3C, third edition), colour type 3: a palette, of which one place is transparent.
"""

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_VIRIDIS = (
    (68, 1, 84), (71, 44, 122), (59, 81, 139), (44, 113, 142), (33, 144, 141), (39, 173, 129),
    (92, 200, 99), (170, 220, 50), (253, 231, 37),
)  # fmt: skip
"""Evenly spaced colours of viridis (van der Walt and Smith 2015, CC0): its lightness rises evenly,
so that it reads alike in grey and with any colour vision."""

_SHADES = 255
_NOTHING = _SHADES
"""Place in the palette of what is no number."""


def picture(levels: NDArray[np.float64], low: float, high: float) -> str:
    """Write numbers as a PNG in base64, the first row at the bottom.

    Parameters
    ----------
    levels : ndarray, shape (n_rows, n_columns)
        NaN is transparent.
    low, high : float
        What the darkest and the brightest colour stand for, the latter more.
    """
    shades = np.round((np.clip(levels, low, high) - low) / (high - low) * (_SHADES - 1))
    pixels = np.where(np.isnan(shades), _NOTHING, shades).astype(np.uint8)[::-1]
    rows = np.hstack([np.zeros((len(pixels), 1), np.uint8), pixels])  # each begins with "no filter"
    height, width = pixels.shape
    written = b"\x89PNG\r\n\x1a\n" + b"".join(
        [
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            _chunk(b"PLTE", _palette()),
            _chunk(b"tRNS", b"\xff" * _SHADES + b"\x00"),
            _chunk(b"IDAT", zlib.compress(rows.tobytes(), level=9)),
            _chunk(b"IEND", b""),
        ]
    )
    return base64.b64encode(written).decode()


def _palette() -> bytes:
    places, anchors = np.linspace(0, 1, _SHADES), np.linspace(0, 1, len(_VIRIDIS))
    colours = [np.interp(places, anchors, part) for part in zip(*_VIRIDIS, strict=True)]
    return np.round(np.array(colours).T).astype(np.uint8).tobytes() + b"\x00\x00\x00"


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)
