"""A session's state as bytes: JSON with arrays in base64, compressed. No pickle: safe to load."""

import base64
import binascii
import json
import zlib
from typing import Any

import numpy as np

from monitor.domain.errors import SnapshotError

MAX_BYTES = 64 * 2**20
"""Bound on a snapshot unpacked: some hundred times that of a 4-channel session."""
_ARRAY = "__ndarray__"
_NUMBERS = frozenset("biuf")


def pack(state: dict[str, Any]) -> bytes:
    """Encode nested JSON values and numeric arrays.

    Raises
    ------
    SnapshotError
        When a value is neither, or the whole is larger than `MAX_BYTES`.
    """
    text = json.dumps(state, default=_encode, separators=(",", ":")).encode()
    if len(text) > MAX_BYTES:
        raise SnapshotError(f"a snapshot has at most {MAX_BYTES} bytes, not {len(text)}")
    return zlib.compress(text, level=1)


def unpack(data: bytes) -> dict[str, Any]:
    """Decode what `pack` made; arrays come back with their dtype and shape, writable.

    Raises
    ------
    SnapshotError
        When the bytes are damaged or larger than `MAX_BYTES` unpacked.
    """
    unzip = zlib.decompressobj()
    try:
        text = unzip.decompress(data, MAX_BYTES)
        state = json.loads(text, object_hook=_decode)
    except (zlib.error, ValueError, binascii.Error, KeyError, TypeError) as error:
        raise SnapshotError(f"the saved state is damaged: {error}") from error
    if not unzip.eof or not isinstance(state, dict):
        raise SnapshotError("the saved state is cut short or too large")
    return state


def _encode(value: object) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.dtype.kind in _NUMBERS:
        text = base64.b64encode(value.tobytes()).decode()
        return {_ARRAY: text, "dtype": value.dtype.str, "shape": value.shape}
    raise SnapshotError(f"a snapshot cannot hold {type(value).__name__} {value!r:.80}")


def _decode(value: dict[str, Any]) -> Any:
    if value.keys() != {_ARRAY, "dtype", "shape"}:
        return value
    dtype = np.dtype(value["dtype"])
    if dtype.kind not in _NUMBERS:
        raise ValueError(f"arrays of {dtype} are not allowed")
    data = base64.b64decode(value[_ARRAY], validate=True)
    return np.frombuffer(data, dtype).reshape(value["shape"]).copy()
