"""One program that stages the night, alone in its process: ``dreamwatch`` or ``yasa``.

Run as ``python -m tests.bench.contestant NAME FILE CHANNEL RUNS``, with no channel for all of them.
Prints the seconds of each run; what is imported once has been imported before the first.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def dreamwatch(path: str, channel: str) -> Callable[[], object]:
    """Do all that ``dreamwatch score`` does, writing of the results included."""
    from service.cli.score import score

    out = Path(tempfile.mkdtemp(dir=Path(path).parent))
    return lambda: _until_exit(lambda: score([Path(path)], channel, out, as_json=False))


def yasa(path: str, channel: str) -> Callable[[], object]:
    """Read the channel and stage it."""
    import antropy  # noqa: F401 - YASA does it in its first run
    import mne
    import yasa

    def stage() -> object:
        raw = mne.io.read_raw_edf(path, include=[channel], preload=True, verbose="error")
        return yasa.SleepStaging(raw, eeg_name=channel).predict()

    return stage


def _until_exit(command: Callable[[], object]) -> None:
    import typer

    try:
        command()
    except typer.Exit as end:
        if end.exit_code:
            raise


def main(name: str, path: str, channel: str, runs: str) -> None:
    """Stage the night some times."""
    stage = {"dreamwatch": dreamwatch, "yasa": yasa}[name](path, channel)
    seconds = []
    for _ in range(int(runs)):
        start = time.perf_counter()
        stage()
        seconds.append(time.perf_counter() - start)
    sys.stdout.write(json.dumps(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
