"""A log with one scripted night."""

from pathlib import Path

import pytest
from scripted_night import report_of, whole_night, write

from service.report.shapes import NightReport
from service.store import Store


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    with Store(folder) as store:
        write(store, whole_night())
    return folder


@pytest.fixture(scope="session")
def night(data_dir: Path) -> NightReport:
    return report_of(data_dir)
