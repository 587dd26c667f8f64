"""Is there a reaction to a cue in the EEG? One pure test for each way of reacting.

A round is compared with the seconds before it: those of the same stage in which no cue sounded.
Every test says yes, no, or None where the signal allows no answer. Where a number is called
"specification", it is the alarm specification's.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import get_window

from monitor.domain.quality import Artefact
from monitor.domain.response import Grade
from monitor.domain.stage import Stage
from monitor.signal.frames import Frames

EVOKED_S = (0.3, 1.2)
"""Where an evoked complex lies, in s after the cue (specification)."""

SHAM_STEP_S = 1.5
"""From one sham window to the next, in s [own choice]: a slow wave lies in one of them only."""

MIN_SHAMS = 24
"""Sham windows needed: of fewer, no window could be rare enough (specification: 20 or more)."""

EVOKED_SHARE = 0.04
"""Share of the windows, its own among them, that may reach as high as that of an evoked complex:
how often one is seen where none is (specification: above the 95th to 99th percentile)."""

AROUSAL_S = 3
"""Least length of an arousal in s (specification; AASM manual)."""

ASLEEP_S = 10
"""Seconds of sleep before an arousal (specification; AASM manual)."""

AROUSAL_WITHIN_S = 15
"""Seconds after the cue within which an arousal begins that counts as its effect [own choice]:
sleepers have 10 to 20 an hour by themselves, so 4 to 8 of 100 cues seem to have an effect."""

FAST_HZ = ((8, 12), (17, 31))
"""Alpha and above 16 Hz, from and to before, which an arousal shows; spindles lie between. Theta,
which belongs to N1, N2 and REM too, is not looked at: alone it would be seen too often there."""

SHIFT = 3.0
"""Power in `FAST_HZ` over its usual one from which a second's EEG is shifted [own choice]."""

TONE = 2.0
"""Chin tone over its usual one from which it has risen, for 1 s (AASM manual) [own choice]."""

AWAKE_S = 15
"""Seconds of wake EEG that make an awakening (specification)."""

MOVED_S = 5
"""Seconds of movement or muscle on half of the channels, more than usual, that are a gross movement
[own choice]: a twitch is shorter."""

MIN_USABLE = 0.8
"""Share of the seconds after the cue without which nothing can be excluded, as of an epoch."""

MIN_BEFORE_S = 30
"""Seconds before the cue that tell what is usual [own choice]."""

_TINY = 1e-12  # keeps ratios finite; far below any amplifier's noise
_MOVING = int(Artefact.MOVEMENT | Artefact.MUSCLE)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A round and what was before.

    Parameters
    ----------
    eeg : Frames
        Filtered; NaN where it is unusable or missing.
    tone : ndarray, shape (n_seconds,)
        Chin tone in any unit; NaN where it is unusable or missing.
    sfreq : float
        Sampling rate in Hz.
    at_s : float
        The cue, in s since the session's start.
    before, after : ndarray of bool, shape (n_seconds,)
        The seconds to compare with, and those of the round.
    stage : Stage
        Before the cue.
    scored_w : bool
        Whether an epoch that lies after the cue by half or more is W.
    """

    eeg: Frames
    tone: NDArray[np.floating]
    sfreq: float
    at_s: float
    before: NDArray[np.bool_]
    after: NDArray[np.bool_]
    stage: Stage
    scored_w: bool

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Where there is EEG, shape (n_channels, n_seconds)."""
        return np.asarray(np.isfinite(self.eeg.data[:, self.eeg.edges[1:] - 1]))


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one test, and what it measured against what."""

    grade: Grade
    holds: bool | None
    text: str
    value: float | None = None
    limit: float | None = None
    unit: str = ""


def find_all(scene: Scene) -> list[Finding]:
    """Make every test, that of the highest grade first."""
    usable = np.asarray(scene.usable.any(axis=0))[scene.after]
    seen = bool(usable.size) and usable.mean() >= MIN_USABLE
    shifted = _shifted(scene)
    known = seen and shifted is not None
    runs = _runs(np.zeros(0, bool) if shifted is None else shifted)
    awake_s = 0 if shifted is None else int((shifted & scene.after).sum())
    return [
        Finding(Grade.R3, scene.scored_w, "an epoch after the cue is W"),
        _lasting(Grade.R3, awake_s, AWAKE_S, known, "wake EEG"),
        _lasting(Grade.R3, _moved_s(scene), MOVED_S, seen, "gross movement"),
        _lasting(
            Grade.R2, _arousal_s(scene, runs), AROUSAL_S, known and _may_arouse(scene), "arousal"
        ),
        _evoked(scene),
    ]


def _lasting(grade: Grade, seconds: float, least: float, known: bool, what: str) -> Finding:
    holds = True if seconds >= least else False if known else None
    return Finding(grade, holds, what, float(seconds), float(least), "s")


def _shifted(scene: Scene) -> NDArray[np.bool_] | None:
    """Tell in which seconds the EEG is faster than usual; None where nothing tells what is usual.

    Ratios of power are averaged over alpha and the fast band, and over the channels that are good.
    """
    good = scene.usable
    channels = (good & scene.before).sum(axis=1) >= MIN_BEFORE_S
    if not channels.any():
        return None
    power = _fast_powers(scene)[:, channels]
    usual = np.nanmedian(power[:, :, scene.before], axis=2, keepdims=True)
    ratio = np.where(good[channels], (power / np.maximum(usual, _TINY)).mean(axis=0), 0)
    return np.asarray(ratio.sum(axis=0) > SHIFT * np.maximum(good[channels].sum(axis=0), 1))


def _fast_powers(scene: Scene) -> NDArray[np.float64]:
    """Power in each of `FAST_HZ`, shape (2, n_channels, n_seconds), in any unit."""
    powers = np.empty((len(FAST_HZ), *scene.usable.shape))
    for rows, stack in scene.eeg.stacks():
        density = np.abs(np.fft.rfft(stack * get_window("hann", stack.shape[2]))) ** 2
        for band, (low, high) in enumerate(FAST_HZ):
            powers[band][:, rows] = density[..., low:high].sum(axis=2)  # 1 s: bins of 1 Hz
    return powers


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Give first and end of every stretch of `AROUSAL_S` or more seconds that are flagged."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    pairs = edges.reshape(-1, 2).tolist()
    return [(first, end) for first, end in pairs if end - first >= AROUSAL_S]


def _arousal_s(scene: Scene, runs: list[tuple[int, int]]) -> int:
    """Length of the first arousal that begins soon after the cue; 0 where there is none."""
    cue = int(np.argmax(scene.after))
    risen = _risen(scene)
    ended = -ASLEEP_S
    for first, end in runs:
        soon = cue <= first < cue + AROUSAL_WITHIN_S and first - ended >= ASLEEP_S
        if soon and scene.stage.is_sleep and (scene.stage is not Stage.R or risen[first:end].any()):
            return end - first
        ended = end
    return 0


def _may_arouse(scene: Scene) -> bool:
    """Whether an arousal could be told: from sleep, and from REM with a chin's tone only."""
    if scene.stage is not Stage.R:
        return scene.stage.is_sleep
    tone = np.isfinite(scene.tone)
    return bool(tone[scene.after].mean() >= MIN_USABLE and tone[scene.before].sum() >= MIN_BEFORE_S)


def _risen(scene: Scene) -> NDArray[np.bool_]:
    """Tell in which seconds the chin's tone is above its usual one."""
    before = scene.tone[scene.before & np.isfinite(scene.tone)]
    usual = np.median(before) if len(before) >= MIN_BEFORE_S else np.inf
    return np.asarray(scene.tone > TONE * usual)


def _moved_s(scene: Scene) -> float:
    """Seconds of movement after the cue beyond what was usual before."""
    moving = ((scene.eeg.artefacts & _MOVING) != 0).mean(axis=1) >= 0.5
    usual = moving[scene.before].mean() if scene.before.any() else 0.0
    return float(moving[scene.after].sum() - usual * scene.after.sum())


def _evoked(scene: Scene) -> Finding:
    """Compare the peak-to-peak amplitude after the cue with that of sham windows before it."""
    known, p = True, 1.0
    spans = _spans(scene)
    good = np.isfinite(spans[:, :1]) & (np.isfinite(spans).sum(axis=1, keepdims=True) > MIN_SHAMS)
    spans = spans[good[:, 0]]
    spans = spans[:, np.isfinite(spans).all(axis=0)]
    if not len(spans) or spans.shape[1] <= MIN_SHAMS:
        known = False
    else:
        usual = np.median(spans[:, 1:], axis=1, keepdims=True)
        height = (spans / np.maximum(usual, _TINY)).mean(axis=0)
        p = float((height >= height[0]).mean())
    holds = p <= EVOKED_SHARE if known else None
    return Finding(Grade.R1, holds, "evoked complex", p, EVOKED_SHARE, "of sham windows")


def _spans(scene: Scene) -> NDArray[np.float64]:
    """Peak-to-peak of the window after the cue, then of the sham windows: (n_channels, n) µV."""
    after, to = EVOKED_S
    n_back = int(len(scene.before) / SHAM_STEP_S)
    starts_s = scene.at_s + after - SHAM_STEP_S * np.arange(n_back)
    comparable = [_is_before(scene, start, start + to - after) for start in starts_s[1:]]
    starts_s = starts_s[[True, *comparable]]
    origin = round(scene.eeg.first_second * scene.sfreq)
    first = np.floor(starts_s * scene.sfreq + 0.5).astype(int) - origin
    samples = first[:, None] + np.arange(int((to - after) * scene.sfreq))
    within = np.clip(samples, 0, scene.eeg.data.shape[1] - 1)
    return np.asarray(np.ptp(scene.eeg.data[:, within], axis=2), dtype=np.float64)


def _is_before(scene: Scene, first_s: float, end_s: float) -> bool:
    """Whether every second that a window touches is one to compare with."""
    seconds = np.arange(int(np.floor(first_s)), int(np.ceil(end_s))) - scene.eeg.first_second
    return bool(seconds[0] >= 0 and scene.before[seconds].all())
