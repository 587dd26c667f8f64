"""Run the soak and print what became of every bed."""

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from tests.cyton.script import random_script
from tests.soak.bed import KINDS, Bed
from tests.soak.report import report
from tests.soak.run import soak
from tests.soak.table import progress, soak_table

EVERY_S = 20.0
"""How often something goes wrong with each board."""


def main() -> int:
    """Return 1 when something does not add up."""
    options, console = _options(), Console(width=110)
    seconds = 60 * options.minutes
    beds = [
        Bed(kind, i + 1, random_script(options.seed + i, seconds, EVERY_S, KINDS[kind][1]))
        for i, kind in enumerate(options.boards)
    ]
    console.print(f"seed {options.seed}: a fault every {EVERY_S:g} s of each board's time")
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, console.status("") as status:
        try:
            usage = soak(
                beds, seconds, Path(folder), lambda s: status.update(progress(beds, s, seconds))
            )
        except TimeoutError as error:
            return _told(console, [str(error)])
        reports = report(beds, Path(folder))
    console.print(soak_table(reports, usage))
    problems = [f"{bed.bed.dreamer}: {problem}" for bed in reports for problem in bed.problems]
    ended = [f"the service ended with status {usage.status}"] if usage.status else []
    return _told(console, problems + ended)


def _told(console: Console, problems: Sequence[str]) -> int:
    for problem in problems:
        console.print(f"[bold]does not add up:[/] {escape(problem)}", highlight=False)
    return min(len(problems), 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="default: 10")
    parser.add_argument(
        "--seed", type=int, default=random.randrange(10_000), help="of the faults; default: any"
    )
    parser.add_argument(
        "--boards", nargs="+", choices=KINDS, default=list(KINDS), help="default: one of each kind"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
