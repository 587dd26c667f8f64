"""What spoils a signal, and how much is left of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntFlag


class Artefact(IntFlag):
    """What is wrong with one second of one channel; none set where it is clean."""

    MISSING = 1
    RAILED = 2
    FLAT = 4
    NOISE = 8
    """More than any head gives: a loose electrode."""
    DISCONNECTED = 16
    """An open input: mains and white noise, nothing of a brain in it."""
    SETTLING = 32
    """Good by itself, but the filter has just begun anew."""
    CLIPPED = 64
    MOVEMENT = 128
    MAINS = 256
    MUSCLE = 512


UNUSABLE = (
    Artefact.MISSING
    | Artefact.RAILED
    | Artefact.FLAT
    | Artefact.NOISE
    | Artefact.DISCONNECTED
    | Artefact.SETTLING
)
"""Artefacts whose seconds are never used."""

COSTS: Mapping[Artefact, float] = {
    **dict.fromkeys(UNUSABLE, 1.0),
    Artefact.CLIPPED: 0.5,
    Artefact.MOVEMENT: 0.5,
    Artefact.MAINS: 0.2,
    Artefact.MUSCLE: 0.1,
}
"""How much of a second's worth each artefact takes [own choice]. Mains lies outside the staging
bands and tells of poor contact only; muscle belongs to being awake and must not hide it."""


@dataclass(frozen=True, slots=True)
class ChannelQuality:
    """How good one channel was over one epoch.

    Parameters
    ----------
    score : float
        0 (useless) to 1 (clean): mean over the seconds of 1 - the largest of `COSTS`.
    artefacts : dict of str to float
        Share of seconds with each artefact, by its name in lower case; only those that occurred.
    """

    score: float
    artefacts: dict[str, float] = field(default_factory=dict)
