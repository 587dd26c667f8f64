"""Channels: what each row of a chunk is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from monitor.domain.errors import InputError

MAX_CHANNELS = 64
"""Bound on the channels of one montage: twice the largest OpenBCI board."""


class ChannelKind(StrEnum):
    """What a channel measures."""

    EEG = "EEG"
    EOG = "EOG"
    EMG = "EMG"
    OTHER = "OTHER"


STAGED = (ChannelKind.EEG, ChannelKind.EOG)
"""Kinds which the stager looks at; of the others only the contact is watched."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One row of every chunk.

    Parameters
    ----------
    name : str
        The derivation as the wearer or the file calls it, such as ``"C3-M2"``.
    kind : ChannelKind
        What it measures.
    rail_uv : float or None
        Full scale of the amplifier in µV; None where it is not known.
    in_volts : bool
        Whether its source says that its unit is a voltage.
    """

    name: str
    kind: ChannelKind
    rail_uv: float | None = None
    in_volts: bool = False

    @property
    def calibrated(self) -> bool:
        """Whether its µV are µV: some recordings are in units of their own."""
        return self.in_volts or self.rail_uv is not None


@dataclass(frozen=True, slots=True)
class Montage:
    """The channels of a recording in the order of its rows.

    Raises
    ------
    InputError
        When there is no channel, a name stands twice, or there are more than `MAX_CHANNELS`.
    """

    channels: tuple[Channel, ...]

    def __post_init__(self) -> None:
        count = len(self.channels)
        if not 1 <= count <= MAX_CHANNELS:
            raise InputError(f"a montage has 1 to {MAX_CHANNELS} channels, not {count}")
        if len(set(self.ch_names)) != len(self.channels):
            raise InputError(f"channel names must differ: {', '.join(self.ch_names)}")

    @property
    def ch_names(self) -> tuple[str, ...]:
        """Names in row order."""
        return tuple(channel.name for channel in self.channels)

    @property
    def kinds(self) -> tuple[ChannelKind, ...]:
        """Kinds in row order."""
        return tuple(channel.kind for channel in self.channels)

    def picks(self, *kinds: ChannelKind) -> tuple[int, ...]:
        """Row numbers of the channels of any of these kinds."""
        return tuple(i for i, channel in enumerate(self.channels) if channel.kind in kinds)

    @classmethod
    def from_names(cls, ch_names: Sequence[str], rail_uv: float | None = None) -> "Montage":
        """Build a montage whose kinds are guessed from the names by `guess_kind`."""
        return cls(tuple(Channel(name, guess_kind(name), rail_uv) for name in ch_names))


# The electrodes of the extended 10-20 system begin with these letters; A and M are references.
_EEG_SITES = ("FP", "AF", "F", "FC", "FT", "C", "CP", "T", "TP", "P", "PO", "O", "I")
_KINDS = {
    ChannelKind.EOG: re.compile(r"EOG|\bE[12]\b|\b[LR]OC\b"),
    ChannelKind.EMG: re.compile(r"EMG|CHIN"),
    ChannelKind.EEG: re.compile(r"\bEEG"),
}


def guess_kind(name: str) -> ChannelKind:
    """Guess what a channel measures from its name.

    EDF labels start with the type ("EEG Fpz-Cz", EDF+ specification 2.1.3); wearers write bare
    derivations ("C3-M2"). Anything else is `ChannelKind.OTHER` and is never staged.
    """
    label = re.sub(r"[-:_]", " ", name.upper())
    for kind, pattern in _KINDS.items():
        if pattern.search(label):
            return kind
    electrode = label.split()[0] if label.split() else ""
    site = electrode.rstrip("0123456789Z")
    is_eeg = site in _EEG_SITES and site != electrode
    return ChannelKind.EEG if is_eeg else ChannelKind.OTHER
