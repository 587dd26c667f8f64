"""One short night of alarms, killed at every commit point: ``python -m tests.e2e.killed``.

A dreamer is woken after 40 s and does not answer; a person acknowledges. The runner, the
session and the store are the product's; only the store of the child that is to die kills it with
SIGKILL, at the n-th commit: inside the transaction, between commit and publish, or after publish.
Then the night is taken up again as a restarted service would. Prints one JSON object a death.
"""

import argparse
import json
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sqlalchemy import event

from monitor.domain.inputs import Acknowledge, Wake
from monitor.sources.spec import parse_spec
from monitor.staging.bundle import ModelBundle, load_bundle
from monitor.usage.record import SessionRecord
from service.entries import Draft, Entry, Telemetry
from service.runner import Runner
from service.store import SessionRow, Store
from service.watch import open_watch

SPEC = parse_spec("sim:?scenario=unresponsive&seed=1&speed=0&dreamer=bed-7&sfreq=100")
WAKE_AT_S, END_S = 40, 200
POINTS = ("in the transaction", "before publish", "after publish")
TOLD = "told.jsonl"
Facts = list[tuple[object, ...]]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DeadlyStore(Store):
    """A store that kills its process at its n-th commit."""

    def __init__(self, data_dir: Path, n: int, point: str) -> None:
        super().__init__(data_dir)
        self.commits, self._n, self._point = 0, n, point
        event.listen(self._writer, "commit", lambda _: self.reach(POINTS[0]))

    def commit(
        self, row: SessionRow, drafts: Sequence[Draft], night: SessionRecord | None = None
    ) -> list[Entry]:
        self.commits += 1
        entries = super().commit(row, drafts, night)
        self.reach(POINTS[1])
        return entries

    def reach(self, point: str) -> None:
        if (self.commits, point) == (self._n, self._point):
            die()


class Listeners:
    """The clients: what they were told is on the disk before the service can die."""

    def __init__(self, store: DeadlyStore) -> None:
        self._store = store
        self.seen = list(_log(store))
        self._file = os.open(store.data_dir / TOLD, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def publish(self, entries: Sequence[Entry]) -> None:
        self.seen += entries
        lines = [json.dumps([entry.seq, entry.event_id, entry.text]) for entry in entries]
        os.write(self._file, "".join(f"{line}\n" for line in lines).encode())
        self._store.reach(POINTS[2])

    def tell(self, _: Telemetry) -> None:
        pass


def night(data_dir: Path, bundle: ModelBundle, n: int = 0, point: str = "") -> None:
    """Watch the dreamer, from where the log ends to the end of the story."""
    with DeadlyStore(data_dir, n, point) as store:
        watch = open_watch(SPEC, bundle, store, time.time())
        listeners = Listeners(store)
        runner = Runner(watch, store, [listeners])
        runner.begin()
        while watch.session.position < END_S * watch.source.sfreq:
            for command in decide(listeners.seen, watch.session.position / watch.source.sfreq):
                runner.submit(command)
                runner.answer(0)
            runner.turn()
        (data_dir / "commits").write_text(str(store.commits))


def decide(seen: list[Entry], now_s: float) -> Iterator[Wake | Acknowledge]:
    """Decide what a person does who looks at the log, and repeats what had no answer."""
    done = {e.message["data"]["command_id"] for e in seen if e.type == "command"}
    if now_s >= WAKE_AT_S and "wake" not in done:
        yield Wake(command_id="wake")
    alarms = [e.message["data"] for e in seen if e.type == "alarm"]
    of_kind = [alarm for alarm in alarms if alarm["kind"] == "UNRESPONSIVE"]
    if of_kind and of_kind[-1]["state"] == "ACTIVE_UNACK" and "ack" not in done:
        version = of_kind[-1]["version"]
        yield Acknowledge(
            command_id="ack", alarm_id=of_kind[-1]["alarm_id"], expected_version=version
        )


def facts(log: Sequence[Entry]) -> Facts:
    """Return what a log says but for times, ids, and what a restart adds to it."""
    found: Facts = []
    coverage = None
    for entry in log:
        data = entry.message["data"]
        again = entry.type == "coverage" and data["coverage"] == coverage
        coverage = data.get("coverage", coverage)
        if not again and data.get("status") != "resumed":
            found.append((entry.type, *_said(entry.type, data)))
    return found


def _said(kind: str, data: dict) -> tuple[object, ...]:
    names = {
        "session": ("status",),
        "epoch": ("index", "stage", "onset_s"),
        "coverage": ("coverage",),
        "alarm": ("kind", "source", "priority", "state", "previous_state", "version", "present"),
        "wake": ("step", "round"),
        "command": ("command_id", "command", "actor"),
        "usage": ("recorded_min", "sleep_min"),
    }
    return tuple(data[name] for name in names.get(kind, ()))


def in_child(work: Callable[[], None]) -> int:
    """Run something in a forked process; return its wait status."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1]


def read(data_dir: Path) -> list[Entry]:
    with Store(data_dir) as store:
        return list(_log(store))


def _log(store: Store) -> Iterator[Entry]:
    heads = {dreamer: store.latest(dreamer)[-1].seq for dreamer in store.dreamers()}
    for batch in store.between({}, heads):
        yield from batch


def told(data_dir: Path) -> list[list]:
    path = data_dir / TOLD
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def kill_and_resume(folder: Path, bundle: ModelBundle, n: int, point: str, whole: Facts) -> dict:
    """Return what of the promises did not hold, by name; nothing is to be found."""
    killed = in_child(lambda: night(folder, bundle, n, point))
    at_death = [(e.seq, e.event_id) for e in read(folder)]
    resumed = in_child(lambda: night(folder, bundle))
    log = read(folder)
    kept = [(e.seq, e.event_id) for e in log]
    texts = {(e.seq, e.event_id): e.text for e in log}
    return {
        "n": n,
        "point": point,
        "not killed": int(not os.WIFSIGNALED(killed) or os.WTERMSIG(killed) != signal.SIGKILL),
        "not resumed": int(resumed != 0),
        "log changed": int(kept[: len(at_death)] != at_death),
        "gaps": int([seq for seq, _ in kept] != list(range(1, len(kept) + 1))),
        "told but not kept": sum(texts.get((q, i)) != text for q, i, text in told(folder)),
        "another night": int(facts(log) != whole),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="all three points of every commit")
    everything = parser.parse_args().all
    bundle = load_bundle()
    with tempfile.TemporaryDirectory() as root:
        undisturbed = Path(root, "undisturbed")
        in_child(lambda: night(undisturbed, bundle))
        whole = facts(read(undisturbed))
        commits = int((undisturbed / "commits").read_text())
        print(json.dumps({"commits": commits, "facts": whole}), flush=True)  # noqa: T201
        faults = 0
        for n in range(1, commits + 1):
            for point in POINTS if everything else [POINTS[n % 3]]:
                folder = Path(root, f"{n}-{POINTS.index(point)}")
                found = kill_and_resume(folder, bundle, n, point, whole)
                faults += sum(v for k, v in found.items() if k not in ("n", "point"))
                print(json.dumps(found), flush=True)  # noqa: T201
    return min(faults, 1)


if __name__ == "__main__":
    raise SystemExit(main())
