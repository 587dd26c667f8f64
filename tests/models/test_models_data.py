"""Reading the table of nights, and dealing subjects into folds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.data import Night, load_nights, split_subjects
from monitor.domain.errors import ModelError


def test_nights_are_cut_where_subject_or_night_changes(table, nights):
    columns = table[1]
    assert [(n.subject, n.night) for n in nights] == [(s, k) for s in range(1, 5) for k in (1, 2)]
    joined = np.concatenate([night.log_power for night in nights])
    np.testing.assert_array_equal(joined, columns["log_power"])
    np.testing.assert_array_equal(np.concatenate([n.labels for n in nights]), columns["labels"])


@pytest.mark.parametrize(
    ("column", "change", "message"),
    [
        ("onset_s", lambda c: np.delete(c, 3, axis=0), "onset_s has shape"),
        ("onset_s", lambda c: np.where(np.arange(len(c)) == 3, 91, c), "subject 1 night 1 has a"),
        ("log_power", lambda c: c[:, :2], r"log_power has shape \(1040, 2, 5\), expected"),
        ("night", lambda c: np.tile([1, 2], len(c) // 2), "do not stand together"),
        ("subject", lambda c: np.zeros_like(c), "do not stand together"),
        ("labels", lambda c: c[0], r"labels has shape \(\), expected \(1,\)"),
        ("labels", lambda c: c.astype(float), "labels holds float64, expected whole numbers"),
        ("labels", lambda c: np.where(c == 4, 7, c), "labels holds 7, expected -1 to 4"),
        ("labels", lambda c: c - 1, "labels holds -2, expected -1 to 4"),
        ("subject", lambda c: c.astype(str), "subject holds <U6, expected whole numbers"),
        ("night", lambda c: c * np.nan, "night holds float"),
        ("log_power", lambda c: c.astype(complex), "log_power holds complex128, expected floating"),
        ("log_power", lambda c: c.astype(str), "log_power holds <U32"),
        ("onset_s", lambda c: c.astype(str), "onset_s holds <U32, expected numbers"),
        ("onset_s", lambda c: c * np.nan, "step of nan s"),
    ],
)
def test_a_table_that_is_not_contiguous_nights_is_refused(table, tmp_path, column, change, message):
    path = tmp_path / "changed.npz"
    np.savez(path, **table[1] | {column: change(table[1][column])})
    with pytest.raises(ModelError, match=message):
        load_nights(path)


def test_a_table_without_epochs_is_refused(table, tmp_path):
    path = tmp_path / "nights.npz"
    np.savez(path, **{name: value[:0] for name, value in table[1].items()})
    with pytest.raises(ModelError, match=r"nights\.npz: holds no epochs, expected at least 1"):
        load_nights(path)


def test_onsets_may_be_whole_numbers(table, tmp_path, nights):
    path = tmp_path / "nights.npz"
    np.savez(path, **table[1] | {"onset_s": table[1]["onset_s"].astype(int)})
    assert len(load_nights(path)) == len(nights)


def test_a_lone_array_and_a_damaged_archive_are_no_table(table, tmp_path):
    array, cut = tmp_path / "nights.npy", tmp_path / "cut.npz"
    np.save(array, np.zeros(3))
    np.savez_compressed(cut, **table[1])
    content = bytearray(cut.read_bytes())
    content[len(content) // 8 : len(content) // 4] = bytes(len(content) // 8)
    cut.write_bytes(content)
    for path in (array, cut):
        with pytest.raises(ModelError, match=f"{path.name} is no table of nights"):
            load_nights(path)


@pytest.mark.parametrize("content", [None, b"", b"no table"])
def test_what_is_no_table_is_named(tmp_path, content):
    path = tmp_path / "nights.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"nights\.npz is no table of nights"):
        load_nights(path)


def test_a_table_without_labels_is_refused(table, tmp_path):
    path = tmp_path / "nights.npz"
    np.savez(path, **{name: value for name, value in table[1].items() if name != "labels"})
    with pytest.raises(ModelError, match="labels"):
        load_nights(path)


def subjects(n):
    return [Night(i // 2, i % 2, np.zeros((1, 3, 5)), np.zeros(1)) for i in range(2 * n)]


@given(st.integers(2, 30), st.integers(2, 30), st.integers(0, 100))
def test_every_subject_is_held_out_once(n, folds, seed):
    if folds > n:
        with pytest.raises(ModelError, match=f"{folds} folds of {n} subjects"):
            split_subjects(subjects(n), folds, seed)
        return
    split = split_subjects(subjects(n), folds, seed)
    assert sorted(subject for fold in split for subject in fold) == list(range(n))
    assert max(map(len, split)) - min(map(len, split)) <= 1
    assert split == split_subjects(subjects(n), folds, seed)
