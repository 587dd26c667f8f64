"""A night on an emulated Cyton, faster than life: live, recorded, replayed and scored alike."""

import time
from itertools import chain

import numpy as np
import pytest

from monitor.domain.inputs import Chunk
from monitor.sources.edf import open_edf
from monitor.sources.live import LiveSource
from monitor.sources.spec import open_link, open_source, parse_spec
from monitor.staging.bundle import load_bundle
from service import watch as module
from service.losses import count_losses
from service.runner import Runner
from service.scoring import score_night
from service.store import Store
from service.watch import open_watch
from tests.cyton.emulator import CytonEmulator
from tests.cyton.live import NUMBERED, PATIENCE, fast_time
from tests.cyton.signal import numbered, played

SPEED = 60.0
SFREQ = 250
MINUTES = 12
NIGHT = f"sim:?seed=11&hours={MINUTES / 60}&sfreq={SFREQ}&speed=0"
LOSSES = (1, 45, 255, 256, 257, 3000)


@pytest.fixture(scope="module")
def bundle():
    return load_bundle()


@pytest.fixture(scope="module")
def night():
    """A simulated night's three channels on a board of eight, the last of which counts samples."""
    source, chunks = open_source(parse_spec(NIGHT)), []
    while (items := source.read()) is not None:
        chunks += [item.data[:3] for item in items if isinstance(item, Chunk)]
    signal = np.hstack(chunks)
    rows = numbered(8, 2**60)(0, signal.shape[1])
    rows[:3] = signal
    assert rows[NUMBERED - 1, 0] != rows[NUMBERED - 1, 1]
    return rows


class Bed:
    """A service's runner over an emulated board, its clock as fast as the board's."""

    def __init__(self, board, bundle, data_dir, patch, host):
        patch.setattr(module, "open_live", lambda spec: LiveSource(open_link(spec), host, "bed-7"))
        spec = f"board:cyton?port={board.port}&channels=1:C3-M2,2:C4-M1,3:EOG-L&dreamer=bed-7"
        self.board, self.store = board, Store(data_dir)
        self.folder = data_dir / "recordings" / "bed-7"
        watch = open_watch(parse_spec(spec), bundle, self.store, 1_800_000_000.0)
        self.runner = Runner(watch, self.store, [], host.clock)
        self.close = watch.source.close

    def __enter__(self):
        self.runner.start()
        return self

    def __exit__(self, *_):
        self.runner.stop()
        self.close()
        self.store.close()

    def log(self, kind):
        entries = chain.from_iterable(self.store.between({}, {"bed-7": 100_000}))
        return [entry.message["data"] for entry in entries if entry.type == kind]

    def wait_for(self, done, within_s=60.0):
        deadline = time.monotonic() + within_s
        while not done():
            assert not self.runner._running.done(), self.runner.failure
            assert time.monotonic() < deadline, "not in time"
            time.sleep(0.05)

    @property
    def lost(self):
        return count_losses(((g["n_samples"], g["cause"]) for g in self.log("gap")), SFREQ)


@pytest.fixture
def bed(request, bundle, tmp_path, night):
    script, patience = request.param
    with (
        CytonEmulator(played(night), script, speed=SPEED) as board,
        fast_time(SPEED, patience) as host,
        pytest.MonkeyPatch.context() as patch,
        Bed(board, bundle, tmp_path, patch, host) as bed,
    ):
        yield bed


def staged(epochs):
    return [(epoch["index"], epoch["stage"]) for epoch in epochs]


@pytest.mark.parametrize(
    "bed",
    [(" ".join(f"drop@{20_000 * (i + 1)}:{n}" for i, n in enumerate(LOSSES)), PATIENCE)],
    indirect=True,
)
def test_a_night_with_losses_is_staged_alike_live_and_from_its_recording(bed, bundle):
    sent = MINUTES * 60 * SFREQ
    bed.wait_for(lambda: bed.board.finished)
    bed.wait_for(lambda: bed.runner._session.position >= sent)
    lost = bed.lost
    assert lost.causes["packets lost"] == bed.board.dropped == sum(LOSSES)
    connecting = lost.samples - sum(LOSSES)
    bed.wait_for(lambda: bed.runner._session.position == sent + connecting)
    live = bed.log("epoch")
    bed.runner.stop()
    (path,) = bed.folder.iterdir()
    assert path.suffix == ".bdf"
    replay = open_edf(str(path), {})
    scored = score_night(replay, bundle)
    replay.close()
    assert [(e.index, str(e.stage)) for e in scored.epochs][: len(live)] == staged(live)
    assert len({stage for _, stage in staged(live)}) > 1
    assert len(live) >= 2 * MINUTES
    assert [g.n_samples for g in scored.losses if g.cause == "packets lost"] == list(LOSSES)


@pytest.mark.parametrize("bed", [("unplug@50000:60s", 1)], indirect=True)
def test_a_dongle_pulled_out_raises_signal_lost_and_the_night_goes_on(bed):
    def states():
        return [a["state"] for a in bed.log("alarm") if a["kind"] == "SIGNAL_LOST"]

    def pulled():
        return [gap for gap in bed.log("gap") if "plugged in" in gap["cause"]]

    bed.wait_for(lambda: bed.board.sent > 49_000)
    before = len(states())  # the first connection alone takes a minute of the board's time
    bed.wait_for(lambda: pulled() and states()[before:][-1:] == ["RESOLVED"])
    assert states()[before:][0] == "ACTIVE_UNACK"
    assert {s["session"] for s in bed.log("session")} == {bed.runner._session.config.session}
    (gap,) = pulled()
    assert 60 <= gap["n_samples"] / SFREQ < 60 + 6 * SPEED
    epochs = bed.log("epoch")
    bed.wait_for(lambda: len(bed.log("epoch")) > len(epochs) + 2)
    first, last = gap["first_sample"], gap["first_sample"] + gap["n_samples"]
    blind = range(int(first / SFREQ // 30) + 1, int(last / SFREQ // 30))
    stages = dict(staged(bed.log("epoch")))
    assert {stages[i] for i in blind} <= {"UNSCORED"}
