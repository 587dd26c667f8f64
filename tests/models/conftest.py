"""A small table of made-up nights in the form of the training table."""

import numpy as np
import pytest

from models.data import load_nights


def make_table(path, n_subjects=4, n_epochs=130):
    """Write nights whose stages come in spells and colour the bands; two nights a subject."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, (n_subjects * 2, n_epochs // 10)).repeat(10, axis=1)
    labels[:, 5] = -1
    colours = rng.normal(0, 2, (5, 5))
    power = colours[labels][:, :, None] + rng.normal(0, 0.5, (*labels.shape, 3, 5))
    subject, night = np.divmod(np.arange(n_subjects * 2), 2)
    columns = {
        "log_power": power.reshape(-1, 3, 5).astype(np.float32),
        "labels": labels.ravel().astype(np.int8),
        "subject": (subject + 1).repeat(n_epochs).astype(np.int16),
        "night": (night + 1).repeat(n_epochs).astype(np.int8),
        "onset_s": np.tile(np.arange(n_epochs) * 30.0, n_subjects * 2).astype(np.float32),
    }
    np.savez(path, **columns)
    return path, columns


@pytest.fixture(scope="session")
def table(tmp_path_factory):
    """Path of the table, and its columns."""
    return make_table(tmp_path_factory.mktemp("table") / "nights.npz")


@pytest.fixture(scope="session")
def nights(table):
    return load_nights(table[0])
