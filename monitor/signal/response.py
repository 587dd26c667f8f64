"""What the EEG shows after a cue of the wake protocol: nothing, or a response of grade R1 to R3.

While no cue is given, seconds are only kept. A response counts wherever it is seen; that there was
none is said only where every test could say so.
"""

from collections import deque
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.domain.epoch import ScoredEpoch
from monitor.domain.montage import ChannelKind, Montage
from monitor.domain.quality import Artefact
from monitor.domain.response import Cue, Grade, Response
from monitor.domain.stage import EPOCH_S, Stage
from monitor.signal.artefacts import is_usable
from monitor.signal.frames import Frames, second_edges
from monitor.signal.reactions import Finding, Scene, find_all

BEFORE_S = 180
"""Seconds before a cue that it is compared with, at most [own choice]."""

MEMORY_S = BEFORE_S + 61
"""Seconds kept: a round of a minute and those before it. What a longer round takes is missing from
the latter."""

MAX_EEG = 4
"""EEG channels looked at, the montage's first [own choice]: bounds the memory."""

MIN_KEPT_HZ = 100.0
"""Sampling rate kept, at least: mains folds to 40 Hz and above, where nothing is measured."""

_KEPT = np.float16  # finer than any amplifier's noise, and half as much to save
_N_EPOCHS = MEMORY_S // EPOCH_S + 2


class ResponseMeter:
    """Keeps the last minutes of EEG, chin tone and stages, and grades the response to a cue.

    Parameters
    ----------
    montage : Montage
        The rows of the signal.
    sfreq : float
        Sampling rate in Hz.
    start : float
        Start of the session in Unix s.
    """

    def __init__(self, montage: Montage, sfreq: float, start: float) -> None:
        self._every = _thinning(sfreq)
        self._sfreq = sfreq / self._every
        self._start = start
        self._eeg = list(montage.picks(ChannelKind.EEG)[:MAX_EEG])
        self._emg = list(montage.picks(ChannelKind.EMG))
        self._kept: deque[tuple[Frames, NDArray[np.float32]]] = deque()
        self._epochs: deque[tuple[int, Stage]] = deque(maxlen=_N_EPOCHS)

    def push(self, raw: Frames, filtered: Frames) -> None:
        """Keep some seconds: as they are judged, and the same ones filtered."""
        while self._kept and _end(self._kept[0][0]) <= raw.first_second - MEMORY_S:
            self._kept.popleft()
        if raw.n_seconds:
            eeg = filtered.data[self._eeg, :: self._every]
            edges, flags = raw.edges // self._every, filtered.artefacts[:, self._eeg]
            slim = Frames(raw.first_second, edges, eeg, flags)
            self._kept.append((slim, _tone(raw, self._emg)))

    def note(self, epoch: ScoredEpoch) -> None:
        """Keep an epoch's stage."""
        self._epochs.append((round(epoch.onset_s), epoch.stage))

    def grade(self, cue: Cue) -> Response:
        """Grade what followed a cue, from the whole seconds that were over when its round was.

        Nothing later is looked at, and nothing is remembered of it.
        """
        scene = self._scene(cue)
        findings = find_all(scene)
        unknown = next((finding for finding in findings if finding.holds is None), None)
        seen = next((finding for finding in findings if finding.holds), None)
        if seen:
            return _response(seen.grade, scene, seen.text, seen)
        if unknown:
            return _response(Grade.UNKNOWN, scene, f"cannot be told: {unknown.text}")
        return _response(Grade.NONE, scene, "no response in the EEG", findings[-1])

    def snapshot(self) -> dict[str, Any]:
        """Everything the next push and grade depend on."""
        if not self._kept:
            return {"kept": None, "tone": None, "epochs": list(self._epochs)}
        frames, tone = self._kept[0]
        for later, more in list(self._kept)[1:]:
            frames, tone = frames.then(later), np.concatenate([tone, more])
        first = max(frames.first_second, _end(frames) - MEMORY_S)
        kept = frames.cut(first, _end(frames))
        kept = replace(kept, data=kept.data.astype(_KEPT))
        return {"kept": asdict(kept), "tone": tone[-MEMORY_S:], "epochs": list(self._epochs)}

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        kept = snapshot["kept"]
        self._kept.clear()
        if kept is not None:
            self._kept.append((Frames(**kept), np.asarray(snapshot["tone"], np.float32)))
        self._epochs.clear()
        self._epochs.extend((int(onset), Stage(stage)) for onset, stage in snapshot["epochs"])

    def _scene(self, cue: Cue) -> Scene:
        at_s = round(cue.at - self._start, 3)
        first, end = int(np.floor(at_s)) - BEFORE_S, int(np.floor(round(at_s + cue.round_s, 3)))
        eeg, tone = self._seconds(first, end)
        second = np.arange(first, end)
        before = self._is_like_before(second, at_s) & (second + 1 <= at_s)
        for number in range(1, cue.number):
            since_s = second - (at_s - number * cue.round_s)
            before &= (since_s + 1 <= 0) | (since_s >= cue.sounds_s)
        over = [(onset, stage) for onset, stage in self._epochs if onset + EPOCH_S <= end]
        return Scene(
            eeg,
            tone,
            self._sfreq,
            at_s,
            before,
            second >= at_s,
            self._stage_at(at_s),
            any(stage is Stage.W and onset >= at_s - EPOCH_S / 2 for onset, stage in over),
        )

    def _seconds(self, first: int, end: int) -> tuple[Frames, NDArray[np.float32]]:
        """Return what is kept of these seconds; what is not is missing."""
        edges = second_edges(first, end, self._sfreq)
        data = np.full((len(self._eeg), edges[-1] - edges[0]), np.nan, np.float32)
        flags = np.full((end - first, len(self._eeg)), int(Artefact.MISSING), np.uint16)
        tone = np.full(end - first, np.nan, np.float32)
        for frames, part in self._kept:
            begin, stop = max(first, frames.first_second), min(end, _end(frames))
            if begin < stop:
                cut, rows = frames.cut(begin, stop), slice(begin - first, stop - first)
                data[:, edges[rows.start] - edges[0] : edges[rows.stop] - edges[0]] = (
                    cut.data.astype(_KEPT)
                )
                flags[rows] = cut.artefacts
                tone[rows] = part[begin - frames.first_second : stop - frames.first_second]
        return Frames(first, edges - edges[0], data, flags), tone

    def _stage_at(self, at_s: float) -> Stage:
        """Return the stage of the last epoch that was over; unscored where that is long ago."""
        over = [(onset, stage) for onset, stage in self._epochs if onset + EPOCH_S <= at_s]
        onset, stage = over[-1] if over else (-np.inf, Stage.UNSCORED)
        return stage if onset + 2 * EPOCH_S > at_s else Stage.UNSCORED

    def _is_like_before(self, second: NDArray[np.int_], at_s: float) -> NDArray[np.bool_]:
        """Tell which seconds are of the stage before the cue, or so late that none was known."""
        stage = self._stage_at(at_s)
        if stage is Stage.UNSCORED:
            return np.zeros(len(second), bool)
        alike = [onset for onset, other in self._epochs if other is stage]
        over = [onset for onset, _ in self._epochs if onset + EPOCH_S <= at_s]
        return np.isin(second // EPOCH_S * EPOCH_S, alike) | (second >= over[-1])


def _thinning(sfreq: float) -> int:
    """Return n where every nth sample is kept: as many fit into each second."""
    most = int(sfreq / MIN_KEPT_HZ)
    return next((n for n in range(most, 1, -1) if (sfreq / n).is_integer()), 1)


def _end(frames: Frames) -> int:
    return frames.first_second + frames.n_seconds


def _tone(raw: Frames, emg: list[int]) -> NDArray[np.float32]:
    """Fast variation of the chin's signal in each second, µV a sample; NaN where it is unusable.

    Differences hold a muscle's fast noise and nothing of an offset.
    """
    tone = np.full(raw.n_seconds, np.nan)
    with np.errstate(invalid="ignore"):
        for rows, stack in raw.stacks() if emg else ():
            steps = np.diff(stack[emg])
            spread = np.sqrt(np.einsum("ijk,ijk->ji", steps, steps) / steps.shape[2])
            spread[~is_usable(raw.artefacts[rows][:, emg])] = np.nan
            tone[rows] = np.fmax.reduce(spread, axis=1)
    return tone.astype(np.float32)


def _response(grade: Grade, scene: Scene, text: str, of: Finding | None = None) -> Response:
    if of is None:
        return Response(grade, scene.stage, text)
    return Response(grade, scene.stage, text, of.value, of.limit, of.unit)
