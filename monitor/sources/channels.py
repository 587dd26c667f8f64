"""Which of a board's channels are looked at, and what the wearer calls them."""

from collections.abc import Sequence

from monitor.domain.errors import InputError, SourceError
from monitor.domain.montage import ChannelKind, Montage

EXAMPLE = "channels=1:Fpz-M2,2:C3-M2,3:EOG-L"

CYTON_NAMES = (
    "Fp1", "Fp2", "C3", "C4", "P7", "P8", "O1", "O2",
    "F7", "F8", "F3", "F4", "T7", "T8", "P3", "P4",
)  # fmt: skip
"""OpenBCI's cap: what Cyton's channels 1 to 8 and Daisy's 9 to 16 are where nobody says."""

RAILS_UV = {
    "cyton": 4.5e6 / 24,
    "daisy": 4.5e6 / 24,
    "ganglion": 1.2e6 / 1.5 / 51,
}
"""Full scale in µV of each family: an ADS1299 at the gain of 24 with which the board starts; an
MCP3912 of 1.2 V at its gain of 1.5 behind an amplifier of 51."""


def pick_channels(
    text: str,
    n_channels: int,
    rail_uv: float | None,
    where: str,
    fallback: Sequence[str] = (),
) -> tuple[tuple[int, ...], Montage]:
    """Parse a ``channels=`` option such as ``1:Fpz-M2,2:C3-M2,3:EOG-L``.

    Parameters
    ----------
    text : str
        Numbers as printed on the board, from 1, each with the derivation wired to it; what is not
        named is left out. Blank: the channels that `fallback` names.
    n_channels : int
        How many channels the board or file has.
    rail_uv : float or None
        Full scale of the amplifier in µV.
    where : str
        Board or file, for the messages.
    fallback : sequence of str
        Names of channels 1, 2, …; those beyond `n_channels` are ignored, those without a name left
        out.

    Returns
    -------
    rows : tuple of int
        Which of the board's channels each row of the montage is, from 0.
    montage : Montage
        The channels in the order given; kinds are guessed from the names.

    Raises
    ------
    SourceError
        When a number is out of range, a number or name stands twice, or none is an EEG channel.
    """
    if text.strip():
        pairs = [_pair(item, n_channels, where) for item in text.split(",")]
    else:
        pairs = [(row, name) for row, name in enumerate(fallback[:n_channels]) if name]
    rows = tuple(row for row, _ in pairs)
    if len(set(rows)) != len(rows):
        twice = next(row + 1 for row in rows if rows.count(row) > 1)
        raise SourceError(f"{where}: channel {twice} is named {rows.count(twice - 1)} times")
    return rows, _montage([name for _, name in pairs], n_channels, rail_uv, where)


def _pair(item: str, n_channels: int, where: str) -> tuple[int, str]:
    """Return the row and name of ``3:EOG-L``."""
    number, _, name = (part.strip() for part in item.partition(":"))
    if not (number.isdecimal() and name and name.isprintable()):
        raise SourceError(f"{where}: {item!r} is no channel number and name, as in {EXAMPLE}")
    if len(number) > len(str(n_channels)) or not 1 <= int(number) <= n_channels:
        raise SourceError(f"{where}: has channels 1 to {n_channels}, not {item.strip()}")
    return int(number) - 1, name


def _montage(names: list[str], n_channels: int, rail_uv: float | None, where: str) -> Montage:
    if not names:
        raise SourceError(f"{where}: name its {n_channels} channels, as in {EXAMPLE}")
    try:
        montage = Montage.from_names(names, rail_uv)
    except InputError as error:
        raise SourceError(f"{where}: {error}") from error
    if not montage.picks(ChannelKind.EEG):
        listed = ", ".join(names)
        raise SourceError(f"{where}: no EEG channel among {listed}: name them, as in {EXAMPLE}")
    return montage
