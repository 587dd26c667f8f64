"""Verifying the log: every chain, what was forgotten, and heads that were noted elsewhere.

Reads only, a batch at a time, so that a running service is not held up. It sees every edit of an
entry, deletion, insertion and swap whose author did not compute all hashes that follow anew; see
`service.chain` for what only a noted head shows. The sessions' snapshots are no part of the log.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select, union

from service.chain import Chain, Link, digest
from service.database import explained, open_existing
from service.errors import StoreError
from service.log import read_records
from service.schema import SAID, chains, counters, events, limit_changes, nights, tokens

BATCH = 2_000
_LINK = tuple(Link.__slots__)
_ROW = select(*(events.c[name] for name in (*_LINK, "hash", "salt", *SAID)))


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a dreamer's chain, to be noted where nobody who edits the log can."""

    dreamer: str
    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.dreamer}:{self.seq}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not fit first: of a chain, or, without a dreamer, of the log as a whole."""

    dreamer: str | None
    seq: int | None
    problem: str


@dataclass(slots=True)
class Report:
    """What an audit found.

    Parameters
    ----------
    entries : int
        How many were read.
    forgotten : int
        Of how many nothing is left but the place in the chain.
    heads : list of Head
        The last entry that fits of every chain.
    faults : list of Fault
        Empty for a sound log.
    """

    entries: int = 0
    forgotten: int = 0
    heads: list[Head] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def audit(
    data_dir: Path,
    dreamer: str | None = None,
    noted: Sequence[Head] = (),
    progress: Callable[[int, int], object] = lambda *_: None,
) -> Report:
    """Verify the log, or the chain of one dreamer.

    Parameters
    ----------
    dreamer : str or None
        A name, ``#`` and the chain's number for one who was forgotten, or ``#log``.
    noted : sequence of Head
        Heads of an earlier audit, which the chains must still hold.
    progress : callable
        Told up to which position of how many the log is verified.

    Raises
    ------
    StoreError
        When there is no log, it cannot be read, or nobody has that name.
    """
    engine = open_existing(data_dir)
    try:
        with explained():
            auditor = _Auditor(engine, dreamer)
            auditor.run(progress)
            for head in noted:
                auditor.check(head)
            return auditor.report
    finally:
        engine.dispose()


class _Followed:
    """One dreamer's chain on its way through the log, given its row of the table of chains.

    Records say that it was forgotten up to number `through`, and whether it is `nameless`; `kept`
    that there is one. Once it is `faulty`, nothing after that is looked at.
    """

    def __init__(self, row: Row[Any]) -> None:
        self.name: str = f"#{row.number}" if row.name is None else row.name
        self.chain = Chain(row.digest)
        self.through = 0
        self.nameless = self.met = self.kept = self.faulty = False
        self._row = row

    @property
    def head(self) -> Head:
        """The last entry that fitted."""
        return Head(self.name, self.chain.seq, self.chain.head)

    def check_name(self) -> str | None:
        """Return what does not fit in the table of chains."""
        row = self._row
        if row.forgotten != self.through:
            return f"{row.forgotten} entries count as forgotten, but recorded are {self.through}"
        if row.name is None and row.salt is None:
            return None if self.nameless else "the name is gone, and no record says why"
        return None if digest(row.salt, row.name) == row.digest else "the name is another"

    def push(self, row: Row[Any]) -> str | None:
        """Take the chain's next entry; return what does not fit."""
        problem = self.chain.push(Link(*row[: len(_LINK)]), row.hash)
        if problem or _is_forgotten(row):
            return problem
        fits = digest(row.salt, *row[-len(SAID) :]) == row.digest
        return None if fits else "what it says does not fit its digest"


class _Auditor:
    """One pass over what the log held when it began."""

    def __init__(self, engine: Engine, only: str | None) -> None:
        self.report = Report()
        self._engine = engine
        self._torn = False
        self._strange: set[int] = set()
        with engine.begin() as connection:
            given: dict[str, int] = dict(connection.execute(select(counters)).all())
            last = connection.scalar(select(func.max(events.c.position))) or 0
            rows = connection.execute(select(chains).order_by(chains.c.number)).all()
            self._followed = {row.number: _Followed(row) for row in rows}
            # An account's chain may have no entry, for its nights and limits came from outside;
            # nor has that of somebody who only has a token.
            account = union(*(select(t.c.dreamer) for t in (nights, limit_changes, tokens)))
            self._accounts = frozenset(connection.scalars(account))
            self._read_records(connection)
        self._end = max(last, given.get(events.name, 0))
        self._n_chains = given.get(chains.name, 0)
        self._only = None if only is None else self._number(only)

    def run(self, progress: Callable[[int, int], object]) -> None:
        """Verify names and entries, and that none is missing."""
        chosen = [f for number, f in self._followed.items() if self._only in (None, number)]
        for followed in chosen:
            self._tell(followed, None, followed.check_name())
        position = 0
        for batch in self._batches():
            for row in batch:
                self._check_place(position + 1, row.position)
                self._follow(row)
                position = row.position
            progress(position, self._end)
        self._check_place(position + 1, self._end + 1)
        self._check_chains()
        for followed in chosen:
            if followed.met:
                self.report.heads.append(followed.head)
            elif followed.through or not (followed.kept or followed.name in self._accounts):
                self._tell(followed, None, "it has no entry")

    def check(self, noted: Head) -> None:
        """Compare an entry with what was noted of it."""
        chain = self._number(noted.dreamer)
        query = select(events.c.hash).where(events.c.chain == chain, events.c.seq == noted.seq)
        with self._engine.begin() as connection:
            found = connection.scalar(query)
        if found != noted.hash:
            problem = "it is missing" if found is None else "its hash is another"
            self._fault(noted.dreamer, noted.seq, f"{problem}, against what was noted")

    def _batches(self) -> Iterator[Sequence[Row[Any]]]:
        """Read in order of the log, each batch in a transaction of its own."""
        query = _ROW.where(events.c.position <= self._end).order_by(events.c.position).limit(BATCH)
        if self._only is not None:
            query = query.where(events.c.chain == self._only)
        batch: Sequence[Row[Any]] = ()
        last = 0
        while last == 0 or len(batch) == BATCH:
            with self._engine.begin() as connection:
                batch = connection.execute(query.where(events.c.position > last)).all()
            yield batch
            last = batch[-1].position if batch else -1

    def _check_place(self, expected: int, found: int) -> None:
        if self._only is None and expected != found and not self._torn:
            self._torn = True
            self._fault(None, None, f"no entry has place {expected} of the log")

    def _check_chains(self) -> None:
        if self._only is None and list(self._followed) != list(range(1, self._n_chains + 1)):
            self._fault(None, None, f"of {self._n_chains} chains only {len(self._followed)} remain")

    def _follow(self, row: Row[Any]) -> None:
        self.report.entries += 1
        followed = self._followed.get(row.chain)
        if followed is not None:
            followed.met = True
            if not followed.faulty:
                self._tell(followed, row.seq, followed.push(row) or self._check_gone(followed, row))
        elif row.chain not in self._strange:
            self._strange.add(row.chain)
            self._fault(f"#{row.chain}", row.seq, "the log knows no such chain")

    def _check_gone(self, followed: _Followed, row: Row[Any]) -> str | None:
        """Look for the record of what is gone, which may be younger than this audit."""
        if not _is_forgotten(row):
            return None
        self.report.forgotten += 1
        if row.seq > followed.through:
            with self._engine.begin() as connection:
                self._read_records(connection)
        recorded = row.seq <= followed.through
        return None if recorded else "what it said is gone, and no record says why"

    def _read_records(self, connection: Connection) -> None:
        for record in read_records(connection):
            if followed := self._followed.get(record.chain):
                followed.kept = True
                followed.through = max(followed.through, record.through)
                followed.nameless |= record.name

    def _number(self, dreamer: str) -> int:
        for number, followed in self._followed.items():
            if dreamer in (followed.name, f"#{number}"):
                return int(number)
        raise StoreError(f"the log holds nobody called {dreamer!r}")

    def _tell(self, followed: _Followed, seq: int | None, problem: str | None) -> None:
        if problem is not None and not followed.faulty:
            followed.faulty = True
            self._fault(followed.name, seq, problem)

    def _fault(self, dreamer: str | None, seq: int | None, problem: str) -> None:
        self.report.faults.append(Fault(dreamer, seq, problem))


def _is_forgotten(row: Row[Any]) -> bool:
    return all(value is None for value in row[len(_LINK) + 1 :])
