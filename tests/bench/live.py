"""How many live dreamers one core carries, how late each second is worked on, and what each needs.

Everybody's seconds come at once, the worst case; sessions and stager are the product's, log and
clients are measured by themselves.
"""

import gc
import re
import signal
import subprocess
import time
import tracemalloc
from pathlib import Path

from rich.table import Table

from monitor.domain.config import SessionConfig
from monitor.domain.inputs import Chunk
from monitor.session import MonitorSession
from monitor.sources.simulator import open_simulator
from monitor.staging.bundle import ModelBundle, load_bundle
from tests.bench.night import DREAMWATCH, verdict

DREAMERS, SFREQ, SECONDS, WARM_S = 50, 250, 300, 240
MIN_DREAMERS, MAX_MIB, MAX_START_S = 1_000, 1.0, 3.0


def live_table(folder: Path) -> Table:
    """Measure sessions side by side, and the start of the service."""
    seconds = _seconds()
    bundle = load_bundle()
    memory = _memory_mib(bundle, seconds[:WARM_S])
    sessions = [_session(bundle, name) for name in range(DREAMERS)]
    for second in seconds[:WARM_S]:
        for session in sessions:
            session.push(second)
    start = time.process_time()
    for second in seconds[WARM_S:]:
        for session in sessions:
            session.push(second)
    cost_ms = 1e3 * (time.process_time() - start) / (DREAMERS * (SECONDS - WARM_S))
    started = min(_start(folder.parent / f"start-{i}") for i in range(3))
    table = Table(
        "what",
        "measured",
        "mark",
        title=f"Live dreamers, 4 channels at {SFREQ} Hz, a stage every 5 s, alarms on",
        caption=f"{DREAMERS} sessions, each given one second of signal after the other; "
        "start: until the service takes requests, the best of 3",
    )
    table.add_row("processor ms a dreamer and second", f"{cost_ms:.2f}", "")
    per_core = 1e3 / cost_ms
    mark = verdict(f">= {MIN_DREAMERS:,}", met=per_core >= MIN_DREAMERS)
    table.add_row("dreamers a core", f"{per_core:,.0f}", mark)
    mark = verdict(f"<= {MAX_MIB:g} MiB", met=memory <= MAX_MIB)
    table.add_row("memory of a dreamer, MiB", f"{memory:.2f}", mark)
    mark = verdict(f"<= {MAX_START_S:g} s", met=started <= MAX_START_S)
    table.add_row("start of the service, s", f"{started:.2f}", mark)
    return table


def _seconds() -> list[Chunk]:
    source = open_simulator({"hours": "0.1", "sfreq": str(SFREQ), "seed": "1"})
    found: list[Chunk] = []
    while len(found) < SECONDS:
        found += [item for item in source.read() or [] if isinstance(item, Chunk)]
    return found


def _session(bundle: ModelBundle, name: int) -> MonitorSession:
    montage = open_simulator({"hours": "0.1", "sfreq": str(SFREQ), "seed": "1"}).montage
    session = MonitorSession(
        SessionConfig(f"bed-{name}", "bench", 0.0, float(SFREQ), montage), bundle
    )
    session.begin()
    return session


def _memory_mib(bundle: ModelBundle, seconds: list[Chunk]) -> float:
    """Return what one session holds, by Python's own account of memory."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    session = _session(bundle, 0)
    for second in seconds:
        session.push(second)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / 2**20


def _start(data_dir: Path) -> float:
    """Return the seconds until the service says where its page is."""
    options = ["--source", "sim:?seed=1", "--data-dir", data_dir, "--port", "0"]
    start = time.monotonic()
    with subprocess.Popen(
        [DREAMWATCH, "serve", *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as service:
        next(line for line in service.stdout if re.search(r"https?://\S+", line))
        took = time.monotonic() - start
        service.send_signal(signal.SIGTERM)
        service.communicate()
    return took
