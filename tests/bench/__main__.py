"""Make a night, measure, and print what was found beside the marks."""

import os
import tempfile
import warnings
from pathlib import Path

from rich.console import Console
from sklearn.exceptions import InconsistentVersionWarning

from tests.bench.agreement import agreement_table
from tests.bench.live import live_table
from tests.bench.night import simulate
from tests.bench.scoring import scoring_table
from tests.bench.step import step_table
from tests.bench.subscribers import subscribers_table


def main() -> None:
    """Measure on one core and print."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    warnings.simplefilter("ignore", InconsistentVersionWarning)  # YASA's pickles are older
    console = Console(width=110)
    with tempfile.TemporaryDirectory() as folder:
        night = simulate(Path(folder))
        for table in (scoring_table, step_table, live_table, agreement_table, subscribers_table):
            with console.status("measuring"):
                result = table(night)
            console.print(result, "")


if __name__ == "__main__":
    main()
