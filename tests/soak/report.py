"""What has become of a bed: the figures of the table, and what does not add up."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from monitor.domain.inputs import Gap
from monitor.sources.edf import open_edf
from monitor.sources.live import SILENT_S
from monitor.staging.bundle import load_bundle
from service.scoring import score_night
from tests.cyton.script import parse_script
from tests.recording.recording_reading import open_mne, read_back, signal_and_gaps
from tests.recording.recording_rules import check_rules
from tests.soak.bed import COUNT, Bed, numbers_of
from tests.soak.log import Log, read_logs
from tests.soak.samples import Samples, account

TOLERANCE_S = 1.0
"""How far an outage's length in the log may lie from its true one: half a second in which boards
deliver in bursts, and the looks of board and service."""

ALARMED_S = SILENT_S + 1.0
"""Without a sample for as long, SIGNAL_LOST must have been raised."""


@dataclass(frozen=True, slots=True)
class Report:
    """One bed.

    Parameters
    ----------
    bed : Bed
    log : Log
    samples : Samples
    problems : list of str
        What does not add up.
    """

    bed: Bed
    log: Log
    samples: Samples
    problems: list[str]

    @property
    def faults(self) -> Counter[str]:
        """The faults that have happened, by kind."""
        board = self.bed.board
        script = parse_script(self.bed.script, board.sfreq)
        return Counter(fault.kind for fault in script if fault.at < board.sent)

    @property
    def causes(self) -> Counter[str]:
        """The gaps by cause, without the port's name and the advice behind it."""
        port = str(self.bed.board.port)
        named = (gap.cause.replace(port, "port") for gap in self.log.gaps)
        return Counter(name.rpartition(": ")[0] or name for name in named)

    @property
    def connections(self) -> int:
        """How often the board was told to begin."""
        return self.bed.board.commands.count(b"b")


def report(beds: Sequence[Bed], data_dir: Path) -> list[Report]:
    """Compare what each board sent with what the service has left in its data directory."""
    logs = read_logs(data_dir, [bed.dreamer for bed in beds])
    return [_report(bed, log, data_dir) for bed, log in zip(beds, logs, strict=True)]


def _report(bed: Bed, log: Log, data_dir: Path) -> Report:
    (path,) = (data_dir / "recordings" / bed.dreamer).iterdir()
    signal, recorded = signal_and_gaps(read_back(path, f"EEG C3-M2,{COUNT}"))
    numbers = numbers_of(signal[-1])
    samples = account(numbers, log.gaps, bed.board.sfreq, bed.signal.sent_at)
    problems = [
        *_samples_problems(bed, samples),
        *_outage_problems(samples),
        *_alarm_problems(bed, log),
        *_recording_problems(path, recorded, log),
    ]
    return Report(bed, log, samples, problems)


def _samples_problems(bed: Bed, samples: Samples) -> Iterator[str]:
    board = bed.board
    if (samples.first, samples.last) != (0, board.sent - 1):
        yield f"samples {samples.first} to {samples.last} came of 0 to {board.sent - 1}"
    if samples.received != board.sent - board.dropped:
        yield f"{samples.received:,} received of {board.sent - board.dropped:,} that arrived"
    if samples.accounted != board.sent:
        yield f"{samples.accounted:,} samples accounted for of {board.sent:,} sent"
    for place in samples.misplaced:
        yield f"the sample at {place / board.sfreq:.3f} s belongs elsewhere"


def _outage_problems(samples: Samples) -> Iterator[str]:
    for outage in samples.outages:
        if abs(outage.counted_s - outage.away_s) > TOLERANCE_S:
            yield (
                f"{outage.counted_s:.2f} s counted of {outage.away_s:.2f} s without "
                f"a connection ({outage.cause})"
            )


def _alarm_problems(bed: Bed, log: Log) -> Iterator[str]:
    raised, returned = log.signal_lost
    if len(raised) != len(returned):
        yield f"SIGNAL_LOST raised {len(raised)} times and returned {len(returned)} times"
    for gap in log.gaps:
        start, lasted = gap.first_sample / bed.board.sfreq, gap.n_samples / bed.board.sfreq
        alarms = sum(start < at <= start + lasted for at in raised)
        if lasted >= ALARMED_S and alarms != 1:
            yield f"SIGNAL_LOST raised {alarms} times in the gap of {lasted:.1f} s at {start:.1f} s"


def _recording_problems(path: Path, recorded: list[Gap], log: Log) -> Iterator[str]:
    try:
        check_rules(path)
    except AssertionError as error:
        yield f"{path.name} is no BDF+: {error}"
    if not np.isfinite(open_mne(path).get_data()).all():
        yield f"{path.name}: MNE reads what is no number"
    if not _alike(recorded, log.gaps):
        yield f"the recording has {len(recorded)} gaps which are not the log's {len(log.gaps)}"
    replayed = open_edf(str(path), {})
    scored = [(e.index, str(e.stage)) for e in score_night(replayed, load_bundle()).epochs]
    replayed.close()
    live = [(epoch["index"], epoch["stage"]) for epoch in log.of("epoch")]
    if scored[: len(live)] != live:
        yield f"the recording, scored, has other stages than the {len(live)} that were seen live"


def _alike(recorded: list[Gap], logged: list[Gap]) -> bool:
    """Compare gaps; the recording cuts a long cause."""
    return [(g.first_sample, g.n_samples) for g in recorded] == [
        (g.first_sample, g.n_samples) for g in logged
    ] and all(b.cause.startswith(a.cause) for a, b in zip(recorded, logged, strict=True))
