import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.sources.held import MAX_UV, Held


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20)), max_size=20))
def test_every_sample_comes_out_once_in_order_but_for_those_left_out(
    pushes: list[tuple[int, int]],
) -> None:
    held, n_pushed, n_decided, out, told = Held(2), 0, 0, [], []
    for n_new, n_more in pushes:
        data = np.arange(n_pushed, n_pushed + n_new) * np.array([[1.0], [-1.0]])
        n_pushed += n_new
        n_now = min(n_more, n_pushed - n_decided)
        counts = np.arange(n_decided, n_decided + n_now) % 4 - 1
        n_decided += n_now
        batch = held.push(data, counts) if n_new else held.release(counts)
        out.append(batch.data)
        told.append(batch.lost)
    want = np.arange(n_decided)[np.arange(n_decided) % 4 > 0]
    np.testing.assert_array_equal(np.hstack([np.empty((2, 0)), *out]), [want, -want])
    np.testing.assert_array_equal(np.hstack([np.zeros(0), *told]), want % 4 - 1)


def test_what_no_amplifier_measures_is_missing() -> None:
    data = np.array([[MAX_UV, -MAX_UV, 1.001 * MAX_UV, -1e308, np.inf, np.nan]])
    got = Held(1).push(data, np.zeros(6, np.int64)).data[0]
    np.testing.assert_array_equal(got, [MAX_UV, -MAX_UV, *[np.nan] * 4])
