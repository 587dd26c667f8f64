"""The figures of a soak as a person reads them."""

from collections import Counter
from collections.abc import Sequence

from rich.table import Table

from tests.soak.bed import Bed
from tests.soak.report import Report
from tests.soak.run import Usage


def progress(beds: Sequence[Bed], passed_s: float, seconds: float) -> str:
    """Say how far a soak is."""
    boards = (f"{b.dreamer} {b.board.sent:,} sent, {b.board.dropped:,} dropped" for b in beds)
    return " · ".join([f"{_clock(passed_s)} of {_clock(seconds)}", *boards])


def soak_table(reports: Sequence[Report], usage: Usage) -> Table:
    """Put one bed in each column."""
    table = Table(
        "",
        *(f"{r.bed.dreamer}\n{r.bed.kind}" for r in reports),
        title=f"A soak of {_clock(usage.seconds)} min in real time",
        caption=f"the service, without its devices' processes: {usage.cpu:.1%} of a core; "
        f"{usage.rss_warm / 2**20:.0f} MiB after {usage.warm_s:.0f} s, "
        f"{usage.rss_end / 2**20:.0f} MiB at the end",
        show_lines=True,
    )
    cells = [_cells(report) for report in reports]
    for name in cells[0]:
        table.add_row(name, *(column[name] for column in cells))
    return table


def _cells(report: Report) -> dict[str, str]:
    samples, log, board = report.samples, report.log, report.bed.board
    raised, returned = log.signal_lost
    stages = [epoch["stage"] for epoch in log.of("epoch")]
    unscored = stages.count("UNSCORED")
    outages = samples.outages
    worst = max((abs(o.counted_s - o.away_s) for o in outages), default=0.0)
    return {
        "faults": _counted(report.faults),
        "samples sent by the board": f"{board.sent:,}",
        "received": f"{samples.received:,} (arrived: {board.sent - board.dropped:,})",
        "counted as lost": f"{samples.lost:,}",
        "sent during outages": f"{samples.unheard:,}",
        "these three together": f"{samples.accounted:,} of {board.sent:,}",
        "connections": f"{report.connections}",
        "outages: in the log, in truth": f"{sum(o.counted_s for o in outages):.1f} s, "
        f"{sum(o.away_s for o in outages):.1f} s; each within {worst:.2f} s",
        "gaps by cause": _counted(report.causes),
        "SIGNAL_LOST raised, returned": f"{len(raised)}, {len(returned)}",
        "epochs staged, unscored": f"{len(stages) - unscored}, {unscored}",
        "adds up": "no" if report.problems else "yes",
    }


def _counted(counts: Counter[str]) -> str:
    return "\n".join(f"{n} {name}" for name, n in counts.most_common()) or "none"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
