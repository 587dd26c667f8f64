"""The import layers hold, and the checker would notice if they did not."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in ("monitor", "models", "service"):
        shutil.copytree(ROOT / package, tmp_path / package)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_layers_hold() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("monitor/domain/stage.py", "import monitor.signal.features"),
        ("monitor/signal/filter.py", "import monitor.staging.stager"),
        ("monitor/alarm/engine.py", "import monitor.staging.stager"),
        ("monitor/usage/ledger.py", "import monitor.alarm.engine"),
        ("monitor/session.py", "import service.hub"),
        ("monitor/session.py", "import time"),
        ("monitor/sources/edf.py", "import threading"),
        ("monitor/staging/stager.py", "import models.train"),
    ],
)
def test_a_planted_violation_is_found(copy: Path, module: str, line: str) -> None:
    path = copy / module
    path.write_text(f"{line}\n{path.read_text()}")
    result = lint(copy)
    assert result.returncode != 0
    assert "BROKEN" in result.stdout


@pytest.mark.parametrize(
    ("package", "modules"),
    [
        ("brainflow", {"monitor/sources/board.py", "monitor/sources/boards.py"}),
        ("mne_lsl", {"monitor/sources/lsl.py"}),
    ],
)
def test_a_device_library_is_known_where_its_devices_are(package: str, modules: set[str]) -> None:
    imports = re.compile(rf"^\s*(import|from) {package}\b", re.MULTILINE)
    files = [p for name in ("monitor", "models", "service") for p in (ROOT / name).rglob("*.py")]
    found = {str(p.relative_to(ROOT)) for p in files if imports.search(p.read_text())}
    assert found == modules
