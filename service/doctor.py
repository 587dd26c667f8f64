"""Looking at a device for some seconds: what it sends, and from electrodes that are on or off."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.domain.montage import Channel, ChannelKind
from monitor.domain.quality import UNUSABLE, Artefact
from monitor.signal.artefacts import ArtefactDetector
from monitor.signal.frames import Framer, Frames
from monitor.signal.seconds import measure_seconds
from monitor.sources.link import Batch, Link

POLL_S = 0.05
SILENT_S = 15.0
"""Seconds without a sample after which it is given up."""

MIN_LOOKS = 20
"""Looks at which something had come, from which a rate can be told: a second's."""

MAX_RATE_ERROR = 0.01
"""Share by which the measured rate may differ from the nominal one before it is told [own choice];
a board's own clock is some ten parts in a million off, ten seconds of bursts rather more."""

MAX_LOST = 0.001
"""Share of samples lost from which it is told [own choice]."""

MAX_MAINS_UV = 10.0
"""RMS of mains in µV from which it is told although nothing is spoilt yet [own choice]."""

GOOD_KOHM, BAD_KOHM = 750.0, 2500.0
"""Impedances up to which an electrode is good, and from which it is bad (OpenBCI GUI)."""

UNUSABLE_SHARE, POOR_SHARE = 0.5, 0.1
"""Shares of seconds spoilt from which a channel is unusable, or poor [own choice]."""

ADVICE = {
    Artefact.MISSING: "samples are missing: bring the dongle nearer, away from other radios",
    Artefact.RAILED: "railed: the electrode or the reference is off; press both on, add paste",
    Artefact.FLAT: "flat: is the channel switched on, and not shorted to the reference?",
    Artefact.NOISE: "jumps by more than a head gives: the electrode is loose, or its lead broken",
    Artefact.DISCONNECTED: "the amplifier's noise only: it is on nobody or not plugged in",
    Artefact.CLIPPED: "clipped: the signal is larger than the amplifier's range",
    Artefact.MOVEMENT: "moves: lie still, fix the lead",
    Artefact.MAINS: "mains: improve the contact of electrode, reference and bias; unplug chargers",
    Artefact.MUSCLE: "muscle: relax jaw and forehead",
}
"""What to do about each artefact, the gravest first."""


@dataclass(frozen=True, slots=True)
class ChannelFinding:
    """What was found of one channel.

    Parameters
    ----------
    name, kind : str
        As in the montage.
    verdict : {"good", "poor", "unusable"}
    rms_uv : float or None
        Of the signal less each second's mean, µV; None where nothing came.
    mains_uv : float or None
        RMS of mains, µV.
    artefacts : dict of str to float
        Share of seconds with each.
    kohm : float or None
        Impedance, where the board measures it.
    advice : str
        What to do; empty where it is good.
    """

    name: str
    kind: str
    verdict: str
    rms_uv: float | None
    mains_uv: float | None
    artefacts: dict[str, float]
    kohm: float | None
    advice: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found of a device.

    Parameters
    ----------
    seconds : float
        How long it was looked at.
    sfreq, measured_sfreq : float, float or None
        The rate it should have, and the one it had; None where too little came to tell.
    n_received, n_lost : int
        Samples.
    channels : tuple of ChannelFinding
    advice : tuple of str
        What to do about the device itself.
    """

    seconds: float
    sfreq: float
    measured_sfreq: float | None
    n_received: int
    n_lost: int
    channels: tuple[ChannelFinding, ...]
    advice: tuple[str, ...] = field(default=())

    @property
    def usable(self) -> bool:
        """Whether a night can begin: some EEG channel is not unusable."""
        return any(c.kind == ChannelKind.EEG and c.verdict != "unusable" for c in self.channels)

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {**asdict(self), "usable": self.usable}


def examine(
    link: Link,
    seconds: float,
    clock: Callable[[], float],
    pause: Callable[[float], object],
    progress: Callable[[float], object] = lambda _: None,
    kohms: Mapping[str, float] = MappingProxyType({}),
) -> Findings:
    """Look at a connected device.

    Parameters
    ----------
    link : Link
        Connected.
    seconds : float
        How long, from its first sample.
    clock, pause : callable
        Monotonic seconds; waits so many of them.
    progress : callable
        Told how many seconds have been looked at.
    kohms : mapping of str to float
        Impedances by channel name, where they were measured.

    Raises
    ------
    SourceError
        When the connection breaks.
    """
    looks = _listen(link, seconds, clock, pause, progress)
    frames = _frames(link, [batch for _, batch in looks], seconds)
    n_received = sum(batch.lost.size for _, batch in looks)
    n_lost = sum(int(batch.lost.sum()) for _, batch in looks)
    rate = _rate(looks)
    judged = ArtefactDetector(link.montage).push(frames)
    mains = np.sqrt(measure_seconds(frames).mains)
    channels = tuple(
        _channel(
            channel, judged.artefacts[:, i], _rms(frames, i), mains[:, i], kohms.get(channel.name)
        )
        for i, channel in enumerate(link.montage.channels)
    )
    advice = _advice(link.sfreq, rate, n_received, n_lost)
    return Findings(seconds, link.sfreq, rate, n_received, n_lost, channels, advice)


def _listen(
    link: Link,
    seconds: float,
    clock: Callable[[], float],
    pause: Callable[[float], object],
    progress: Callable[[float], object],
) -> list[tuple[float, Batch]]:
    """Return what came, and when."""
    looks: list[tuple[float, Batch]] = []
    until = clock() + SILENT_S
    while (now := clock()) < until:
        batch = link.drain()
        if batch.lost.size:
            until = until if looks else now + seconds
            looks.append((now, batch))
        progress(now - (until - seconds) if looks else 0.0)
        pause(POLL_S)
    return looks


def _frames(link: Link, batches: list[Batch], seconds: float) -> Frames:
    """Return the whole seconds that came, with losses in their place: no more than was listened."""
    n_channels = len(link.montage.channels)
    data = np.hstack([np.empty((n_channels, 0)), *(batch.data for batch in batches)])
    lost = np.hstack([np.zeros(0, np.int64), *(batch.lost for batch in batches)])
    most = np.minimum(np.cumsum(lost), round(seconds * link.sfreq))
    places = np.repeat(np.arange(len(lost)), np.diff(most, prepend=0))
    return Framer(n_channels, link.sfreq).push(np.insert(data, places, np.nan, axis=1))


def _rate(looks: list[tuple[float, Batch]]) -> float | None:
    """Return samples a second by a line through all looks; the first burst may be older."""
    if len(looks) < MIN_LOOKS:
        return None
    times = np.array([time for time, _ in looks[1:]])
    samples = np.cumsum([batch.lost.size + int(batch.lost.sum()) for _, batch in looks[1:]])
    return float(np.polyfit(times - times[0], samples, 1)[0])


def _rms(frames: Frames, row: int) -> float | None:
    if frames.n_seconds == 0:
        return None
    seconds = np.split(frames.data[row], frames.edges[1:-1])
    spreads = [float(np.std(s)) for s in seconds if np.isfinite(s).all()]
    return float(np.sqrt(np.mean(np.square(spreads)))) if spreads else None


def _channel(
    channel: Channel,
    artefacts: NDArray[np.uint16],
    rms_uv: float | None,
    mains: NDArray[np.float64],
    kohm: float | None,
) -> ChannelFinding:
    shares = {a: float(((artefacts & int(a)) != 0).mean()) for a in ADVICE if artefacts.size}
    shares = {artefact: share for artefact, share in shares.items() if share}
    unusable = sum(share for artefact, share in shares.items() if artefact & UNUSABLE)
    mains_uv = float(np.nanmean(mains)) if np.isfinite(mains).any() else None
    worries = [ADVICE[artefact] for artefact, share in shares.items() if share > POOR_SHARE]
    if kohm is not None and kohm >= GOOD_KOHM:
        worries.append(f"{kohm:.0f} kΩ: add paste, press the electrode on")
    if (mains_uv or 0) > MAX_MAINS_UV and ADVICE[Artefact.MAINS] not in worries:
        worries.append(ADVICE[Artefact.MAINS])
    bad = not artefacts.size or unusable > UNUSABLE_SHARE or (kohm or 0) >= BAD_KOHM
    verdict = "unusable" if bad else "poor" if worries else "good"
    named = {str(artefact.name).lower(): share for artefact, share in shares.items()}
    advice = "; ".join(worries) or ("" if artefacts.size else "nothing came")
    return ChannelFinding(
        channel.name, channel.kind, verdict, rms_uv, mains_uv, named, kohm, advice
    )


def _advice(sfreq: float, rate: float | None, n_received: int, n_lost: int) -> tuple[str, ...]:
    advice = []
    if not n_received:
        advice.append(f"no sample came within {SILENT_S:g} s: switch the board off and on again")
    if n_lost > MAX_LOST * (n_received + n_lost):
        advice.append(
            f"{n_lost} samples lost: bring the dongle nearer, on a USB lead, off the floor"
        )
    if rate is not None and abs(rate / sfreq - 1) > MAX_RATE_ERROR:
        advice.append(
            f"it sends {rate:.1f} samples a second instead of {sfreq:g}: is it the board?"
        )
    return tuple(advice)
