"""One program that stages the night, alone in its process: ``dreamwatch`` or ``YASA``.

Run as ``python -m tests.bench.contestant NAME FILE CHANNEL RUNS``, with no channel for all of them.
Prints the processor seconds of each run; what is imported once has been imported before the first.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def dreamwatch(path: str, channel: str) -> Callable[[], object]:
    """Do all that ``dreamwatch score`` does, writing of the results included."""
    import service.cli.score  # noqa: F401 - the command does it when it is called
    from service.cli import app

    out = tempfile.mkdtemp(dir=Path(path).parent)
    options = ["--channels", channel] if channel else []

    def stage() -> None:
        if failed := app(["score", path, "--out", out, *options], standalone_mode=False):
            raise SystemExit(failed)

    return stage


def yasa(path: str, channel: str) -> Callable[[], object]:
    """Read the channel and stage it."""
    import antropy  # noqa: F401 - YASA does it in its first run
    import mne
    import yasa

    def stage() -> object:
        raw = mne.io.read_raw_edf(path, include=[channel], preload=True, verbose="error")
        return yasa.SleepStaging(raw, eeg_name=channel).predict()

    return stage


def main(name: str, path: str, channel: str, runs: str) -> None:
    """Stage the night some times."""
    stage = {"dreamwatch": dreamwatch, "YASA": yasa}[name](path, channel)
    seconds = []
    for _ in range(int(runs)):
        start = time.process_time()
        stage()
        seconds.append(time.process_time() - start)
    sys.stdout.write(json.dumps(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
