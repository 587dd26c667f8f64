"""The codec of a session's state."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from monitor.domain.errors import SnapshotError
from service.snapshots import MAX_BYTES, pack, unpack

ARRAYS = hnp.arrays(
    st.sampled_from(["<f8", "<f4", "<i8", "<i1", "?"]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | ARRAYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def same(left: object, right: object) -> bool:
    if isinstance(left, np.ndarray):
        assert isinstance(right, np.ndarray)
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)
        return right.flags.writeable
    if isinstance(left, dict):
        assert isinstance(right, dict)
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list):
        assert isinstance(right, list)
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_what_is_packed_comes_back_the_same(state):
    assert same(state, unpack(pack(state)))


def test_arrays_that_are_views_come_back_as_they_look():
    back = unpack(pack({"zi": np.arange(12.0).reshape(3, 4).T[::2]}))
    np.testing.assert_array_equal(back["zi"], np.arange(12.0).reshape(3, 4).T[::2])


@pytest.mark.parametrize("value", [object(), np.array(["text"]), np.array([None]), {1, 2}])
def test_what_is_no_number_is_refused_by_name(value):
    with pytest.raises(SnapshotError, match="cannot hold"):
        pack({"value": value})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not zlib",
        zlib.compress(b"[1, 2]"),
        zlib.compress(b"{"),
        pack({"a": 1})[:-3],
        zlib.compress(b'{"x":{"__ndarray__":"!!","dtype":"<f8","shape":[1]}}'),
        zlib.compress(b'{"x":{"__ndarray__":"AAAA","dtype":"O","shape":[1]}}'),
        zlib.compress(b'{"x":{"__ndarray__":"AAAA","dtype":"<f8","shape":[7]}}'),
        zlib.compress(b'{"a":"' + b" " * MAX_BYTES + b'"}'),
    ],
    ids=lambda data: f"{len(data)} bytes",
)
def test_damaged_cut_or_enormous_states_are_refused(data):
    with pytest.raises(SnapshotError):
        unpack(data)
