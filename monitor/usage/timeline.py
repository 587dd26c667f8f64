"""All sessions of a dreamer on one line of time, on which nothing is counted twice."""

from bisect import bisect_right, insort
from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from monitor.domain.stage import EPOCH_S, Stage
from monitor.usage.record import SessionRecord, cut

EVERY = tuple(Stage)
"""Session time: all that was recorded."""

ASLEEP = tuple(stage for stage in Stage if stage is not Stage.W)
"""What counts as sleep in the account: the sleep stages, and unknown time, which counts as use."""

_CODE = {stage: code for code, stage in enumerate(Stage)}
_ROUNDING_S = 1e-3


class Timeline:
    """Disjoint pieces of one stage each, in order of time.

    Watched sessions are laid before imported ones, then the earlier before the later; what one
    covers, a later one does not add. So neither the order nor the number of times in which a
    session is given changes anything.

    Parameters
    ----------
    records : iterable of SessionRecord
        Sessions in any order.

    Attributes
    ----------
    records : tuple of SessionRecord
        Those which add something, by the moment from which they do.
    begin, end : ndarray of float64, shape (n_pieces,)
        Seconds of Unix time.
    stage : ndarray of int8, shape (n_pieces,)
        Index into ``tuple(Stage)``.
    owner : ndarray of intp, shape (n_pieces,)
        Index into `records`.
    starts : ndarray of float64, shape (n_sessions,)
        Starts of the sessions; records which overlap are one session.
    """

    def __init__(self, records: Iterable[SessionRecord]) -> None:
        laid = _lay(sorted(set(records), key=_order))
        begin, end, stage, owner = _joined([pieces for _, pieces in laid])
        rank = np.argsort(np.argsort([pieces[0][0] for _, pieces in laid]))
        by_start = sorted(zip(rank, laid, strict=True), key=lambda one: int(one[0]))
        self._set(tuple(record for _, (record, _) in by_start), begin, end, stage, rank[owner])

    @property
    def slept(self) -> NDArray[np.bool_]:
        """Which pieces are sleep, or unknown for so long that they might be: an epoch or more."""
        brief = self.end - self.begin < EPOCH_S - _ROUNDING_S
        awake = (self.stage == _CODE[Stage.W]) | ((self.stage == _CODE[Stage.UNSCORED]) & brief)
        return np.asarray(~awake)

    def _set(
        self,
        records: tuple[SessionRecord, ...],
        begin: NDArray[np.float64],
        end: NDArray[np.float64],
        stage: NDArray[np.int8],
        owner: NDArray[np.intp],
    ) -> None:
        self.records = records
        self.begin, self.end, self.stage, self.owner = begin, end, stage, owner
        self.starts = _starts(records)
        self._over = max((record.until for record in records), default=-np.inf)
        self._sums = np.pad(np.cumsum(_by_stage(begin, end, stage), axis=1), ((0, 0), (1, 0)))

    @property
    def first(self) -> float | None:
        """Earliest known moment, seconds of Unix time; None without sessions."""
        return float(self.begin[0]) if len(self.begin) else None

    @property
    def last(self) -> float | None:
        """Latest known moment, seconds of Unix time; None without sessions."""
        return float(self.end[-1]) if len(self.end) else None

    def until(self, at: float) -> "Timeline":
        """Return the line as it was known at `at`, seconds of Unix time (`record.cut`)."""
        if self._over <= at:
            return self
        if any(record.start < at < record.until for record in self.records):
            return Timeline(cut(record, at) for record in self.records if record.start < at)
        known = int(np.searchsorted(self.begin, at))
        then = object.__new__(Timeline)
        then._set(
            tuple(record for record in self.records if record.until <= at),
            self.begin[:known],
            self.end[:known],
            self.stage[:known],
            self.owner[:known],
        )
        return then

    def plus(self, record: SessionRecord) -> "Timeline":
        """Return the line with one more session; quick for one that begins after all others."""
        if not self.records or not self._over <= record.start < record.until:
            return Timeline([*self.records, record])
        begin, end, stage = _pieces(record)
        some = end > begin
        begin, end, stage = begin[some], end[some], stage[some]
        more = object.__new__(Timeline)
        more.records = (*self.records, record)
        more.begin = np.concatenate([self.begin, begin])
        more.end = np.concatenate([self.end, end])
        more.stage = np.concatenate([self.stage, stage])
        more.owner = np.concatenate([self.owner, np.full(len(begin), len(self.records))])
        more.starts = np.append(self.starts, record.start)
        more._over = record.until
        sums = self._sums[:, -1:] + np.cumsum(_by_stage(begin, end, stage), axis=1)
        more._sums = np.concatenate([self._sums, sums], axis=1)
        return more

    def minutes(self, stages: Collection[Stage], begin: float, end: float) -> float:
        """Return how long any of some stages lasted within a window.

        Parameters
        ----------
        stages : collection of Stage
            Such as `ASLEEP`.
        begin, end : float
            Seconds of Unix time; what overlaps partly counts with its part.

        Returns
        -------
        float
            Minutes.
        """
        return float(self.minutes_each(stages, [begin], [end])[0])

    def minutes_each(
        self, stages: Collection[Stage], begin: ArrayLike, end: ArrayLike
    ) -> NDArray[np.float64]:
        """Return `minutes` of many windows at once; `begin` and `end` of shape (n_windows,)."""
        seconds = self._before(end) - self._before(begin)
        # Moments of Unix time are known to 0.2 µs: what adds up of that must not break a bound.
        some = seconds[[_CODE[stage] for stage in stages]]
        return np.asarray(np.round(some.sum(axis=0) / 60, 4))

    def _before(self, at: ArrayLike) -> NDArray[np.float64]:
        """Seconds of each stage before each moment, shape (n_stages, n_moments)."""
        moments = np.asarray(at, dtype=float)
        begun = np.searchsorted(self.begin, moments, side="right")
        seconds = self._sums[:, begun]
        inside = np.flatnonzero(begun)
        piece = begun[inside] - 1
        beyond = np.maximum(0.0, self.end[piece] - moments[inside])
        seconds[self.stage[piece], inside] -= beyond
        return seconds


def _by_stage(
    begin: NDArray[np.float64], end: NDArray[np.float64], stage: NDArray[np.int8]
) -> NDArray[np.float64]:
    """Return the length of each piece in the row of its stage, shape (n_stages, n_pieces)."""
    return np.where(stage == np.arange(len(EVERY))[:, None], end - begin, 0.0)


def _order(record: SessionRecord) -> tuple[bool, float, str, float, str]:
    return record.imported, record.start, record.session, -record.until, repr(record)


_Pieces = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int8]]


def _lay(records: list[SessionRecord]) -> list[tuple[SessionRecord, _Pieces]]:
    """Return the records which add something, with their pieces that no earlier one covers."""
    taken: list[tuple[float, float]] = []
    laid = []
    for record in records:
        free = _free(taken, record.start, record.until)
        if free:
            laid.append((record, _within(_pieces(record), free)))
        for gap in free:
            insort(taken, gap)
    return laid


def _free(taken: list[tuple[float, float]], begin: float, end: float) -> list[tuple[float, float]]:
    """Return the parts of a window which no taken one covers; those are disjoint and sorted."""
    free = []
    for low, high in taken[max(0, bisect_right(taken, (begin, begin)) - 1) :]:
        if low >= end:
            break
        if low > begin:
            free.append((begin, low))
        begin = max(begin, high)
    return [*free, (begin, end)] if begin < end else free


def _pieces(record: SessionRecord) -> _Pieces:
    runs = [*record.runs, (Stage.UNSCORED, 0)]
    end = record.start + EPOCH_S * np.cumsum([count for _, count in runs], dtype=float)
    end[-1] = record.until
    stage = np.array([_CODE[stage] for stage, _ in runs], np.int8)
    return np.concatenate([[record.start], end[:-1]]), end, stage


def _within(pieces: _Pieces, windows: list[tuple[float, float]]) -> _Pieces:
    parts = []
    for low, high in windows:
        begin, end = np.maximum(pieces[0], low), np.minimum(pieces[1], high)
        some = end > begin
        parts.append((begin[some], end[some], pieces[2][some]))
    begin, end, stage = (np.concatenate(column) for column in zip(*parts, strict=True))
    return begin, end, stage


def _joined(
    laid: list[_Pieces],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int8], NDArray[np.intp]]:
    """Return the pieces of all records in order of time, with the number of their record."""
    none = np.empty(0)
    begin = np.concatenate([none, *(pieces[0] for pieces in laid)])
    end = np.concatenate([none, *(pieces[1] for pieces in laid)])
    stage = np.concatenate([none.astype(np.int8), *(pieces[2] for pieces in laid)])
    owner = np.repeat(np.arange(len(laid)), [len(pieces[0]) for pieces in laid])
    in_time = np.argsort(begin)
    return begin[in_time], end[in_time], stage[in_time], owner[in_time]


def _starts(records: tuple[SessionRecord, ...]) -> NDArray[np.float64]:
    """Return the starts of the records that begin while no other one lasts."""
    start = np.array(sorted(record.start for record in records))
    until = np.array([r.until for r in sorted(records, key=lambda record: record.start)])
    before = np.concatenate([[-np.inf], np.maximum.accumulate(until)[:-1]])[: len(start)]
    return np.asarray(start[start >= before], dtype=float)
