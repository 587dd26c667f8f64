"""The wheel alone is enough: the model and the simulator's parameters travel with it."""

import json
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a venv which holds the wheel, and the dependencies but not the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (wheel,) = folder.glob("dreamwatch-*.whl")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", wheel, cwd=folder)
    # A .pth inside a folder that a .pth names is not followed, so the checkout stays out of reach.
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "venv" / "bin"


def test_wheel_alone_simulates_and_scores(installed: Path, tmp_path: Path) -> None:
    where = run(installed / "python", "-c", "import monitor; print(monitor.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed.parent)
    dreamwatch = installed / "dreamwatch"
    run(dreamwatch, "simulate", "night.edf", "--hours", "0.2", "--sfreq", "100", cwd=tmp_path)
    printed = run(dreamwatch, "score", "night.edf", "--json", cwd=tmp_path)
    assert json.loads(printed)["n_epochs"] == 24
    assert len((tmp_path / "night.hypnogram.csv").read_text().splitlines()) == 25
