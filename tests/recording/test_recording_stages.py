"""A night scored live and the same night scored from its recording have the same stages."""

from pathlib import Path

import numpy as np
import pytest
from recording_reading import CYTON_UV, START, make, read_back, signal_and_gaps
from recording_rules import check_rules

from monitor.domain.config import SessionConfig
from monitor.domain.events import EpochScored
from monitor.domain.inputs import Chunk, Gap, Input
from monitor.domain.montage import Montage
from monitor.session import MonitorSession
from monitor.sources.annotations import STAGE_TEXTS, read_annotations
from monitor.sources.edf import BLOCK_S, open_edf
from monitor.sources.simulator.source import open_simulator
from monitor.staging.bundle import load_bundle
from service.scoring import score_night

LOST = {7_777: 45, 30_000: 3_000, 41_001: 256}
N_SAMPLES = 60_000


@pytest.fixture(scope="module")
def night() -> list[Input]:
    """Ten minutes in counts of a Cyton with three gaps, as a board sends them."""
    source = open_simulator({"hours": "0.2", "sfreq": "100", "seed": "3"})
    pieces: list[np.ndarray] = []
    while (items := source.read()) is not None:
        pieces += [item.data for item in items if isinstance(item, Chunk)]
    data = np.rint(np.concatenate(pieces, axis=1)[:3, :N_SAMPLES] / CYTON_UV) * CYTON_UV
    inputs: list[Input] = []
    first = 0
    while first < N_SAMPLES:
        if first in LOST:
            inputs.append(Gap(first, LOST[first], "packets lost"))
            first += LOST[first]
        stop = min([first + 125, N_SAMPLES, *(gap for gap in LOST if gap > first)])
        inputs.append(Chunk(data[:, first:stop], first))
        first = stop
    return inputs


@pytest.mark.parametrize("bits", [16, 24])
def test_the_recording_has_the_stages_of_the_live_session(
    tmp_path: Path, night: list[Input], bits: int
) -> None:
    montage = Montage.from_names(["C3-M2", "O1-M2", "E1-M2"], 187_500.0)
    bundle = load_bundle()
    session = MonitorSession(SessionConfig("bed-7", "s", START, 100.0, montage), bundle)
    recording = make(tmp_path, montage, bits=bits)
    live = []
    for item in night:
        events = session.push(item)
        recording.push(item)
        recording.note(events)
        live += [event.epoch for event in events if isinstance(event, EpochScored)]
    recording.close()
    path = recording.paths[0]
    source = open_edf(str(path), {}, chunk_s=BLOCK_S)
    replayed = score_night(source, bundle).epochs
    source.close()
    assert [epoch.stage for epoch in replayed] == [epoch.stage for epoch in live]
    assert len({epoch.stage for epoch in live}) > 1
    if bits == 24:
        for ours, theirs in zip(replayed, live, strict=True):
            assert ours.proba == pytest.approx(theirs.proba, abs=1e-6)
    check_rules(path)
    texts = [text for *_, text in read_annotations(path) if text.startswith("Sleep stage")]
    assert texts == [STAGE_TEXTS[epoch.stage] for epoch in live]
    _, gaps = signal_and_gaps(read_back(path))
    assert {gap.first_sample: gap.n_samples for gap in gaps} == LOST
