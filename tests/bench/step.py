"""What one step of the stager costs when many dreamers share it."""

import statistics
import time
from pathlib import Path

import numpy as np
from rich.table import Table

from monitor.staging.bundle import load_bundle
from monitor.staging.context import N_BANDS
from monitor.staging.stager import StagerState, step_stager
from tests.bench.night import verdict

DREAMERS, PHASES, STEPS = 1_000, 6, 15
IS_EOG = np.array([False, False, True])
"""Channels of a dreamer: two EEG and an EOG."""
MAX_MS = 0.1


def step_table(_: Path) -> Table:
    """Measure one phase and six of everybody."""
    table = Table(
        "rows in a batch",
        "ms a batch (processor)",
        "ms a dreamer and step",
        "mark",
        title=f"The stager's step for {DREAMERS:,} dreamers of {len(IS_EOG)} channels on one core",
        caption=f"{DREAMERS:,} rows: all take one 30-s step; {DREAMERS * PHASES:,}: all take one "
        "in each of the six phases, as they do every 30 s",
    )
    for rows in (DREAMERS, DREAMERS * PHASES):
        batch_ms = _batch_ms(rows)
        mark = verdict(f"<= {MAX_MS:g} ms", met=batch_ms / rows <= MAX_MS)
        table.add_row(f"{rows:,}", f"{batch_ms:.0f}", f"{batch_ms / rows:.4f}", mark)
    return table


def _batch_ms(rows: int) -> float:
    """Median over steps, in milliseconds."""
    bundle, rng = load_bundle(), np.random.default_rng(0)
    is_eog = np.tile(IS_EOG, (rows, 1))
    state = StagerState.empty(bundle, rows, len(IS_EOG))
    seconds = []
    for _ in range(STEPS):
        power = rng.normal(3, 1, (*is_eog.shape, N_BANDS))
        start = time.process_time()
        state, _ = step_stager(bundle, state, power, is_eog)
        seconds.append(time.process_time() - start)
    return 1000 * statistics.median(seconds)
