"""Source specifications: one URL tells what to read, whose it is, and how fast."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import get_args
from urllib.parse import parse_qsl, unquote, urlsplit

from monitor.domain.errors import SourceError
from monitor.domain.inputs import Profile
from monitor.sources.base import Source
from monitor.sources.link import Link

MAX_SPEC = 4096
MAX_SPEED = 100_000.0
MAX_PLANNED_MIN = 24 * 60.0
READS_PER_S = 20
"""How often a file is read in a second of the clock, where a second of signal takes less."""
_DREAMER = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A parsed source URL.

    Parameters
    ----------
    text : str
        The URL as given; identifies the source across restarts.
    scheme : str
        One of `OPENERS` or `LINKS`.
    path : str
        File, board or stream, where the scheme has one.
    params : mapping of str to str
        Options of the source itself.
    dreamer : str
        Whom it watches: 1 to 64 letters, digits, ".", "_" or "-".
    speed : float
        Times faster than life; 0 is as fast as possible. What is live has 1 and no other.
    planned_s : float or None
        Planned length of the session in seconds.
    profile : {"adult", "child"}
        Whose wake protocol applies.
    calibration : str
        File of the wearer's calibration; empty where there is none.
    record : bool
        Whether the signal is written to a file; what is live is, unless told otherwise.
    """

    text: str
    scheme: str
    path: str
    params: Mapping[str, str]
    dreamer: str = "dreamer"
    speed: float = 1.0
    planned_s: float | None = None
    profile: Profile = "adult"
    calibration: str = ""
    record: bool = False


# Each kind of source is loaded when it is first asked for: devices have processes of their own.


def _open_edf(spec: SourceSpec) -> Source:
    from monitor.sources.edf import open_edf

    return open_edf(spec.path, spec.params, _chunk_s(spec.speed))


def _open_openbci(spec: SourceSpec) -> Source:
    from monitor.sources.openbci import open_openbci

    return open_openbci(spec.path, spec.params, _chunk_s(spec.speed))


def _chunk_s(speed: float) -> float:
    """Return how much of a file is read at once: of what is fast, so much that it is no burden."""
    from monitor.sources.edf import BLOCK_S

    return min(max(1.0, speed / READS_PER_S), BLOCK_S) if speed else BLOCK_S


def _open_sim(spec: SourceSpec) -> Source:
    from monitor.sources.simulator.source import open_simulator

    if spec.path:
        raise SourceError(f"sim: has no path {spec.path!r}; did you mean sim:?scenario={spec.path}")
    plan = {} if spec.planned_s is None else {"planned_minutes": f"{spec.planned_s / 60:g}"}
    return open_simulator({**spec.params, **plan})


def _link_board(spec: SourceSpec) -> Link:
    from monitor.sources.board import open_board

    return open_board(spec.path, spec.params)


def _link_lsl(spec: SourceSpec) -> Link:
    from monitor.sources.lsl import LslLink

    return LslLink(spec.path, spec.params)


OPENERS: dict[str, Callable[[SourceSpec], Source]] = {
    "edf": _open_edf,
    "openbci": _open_openbci,
    "sim": _open_sim,
}
"""How what can be read at any speed is opened."""

LINKS: dict[str, Callable[[SourceSpec], Link]] = {"board": _link_board, "lsl": _link_lsl}
"""How what is live is linked to."""


def parse_spec(text: str) -> SourceSpec:
    """Parse a source URL such as ``edf:night.edf?speed=60&dreamer=bed-7``.

    Raises
    ------
    SourceError
        When the scheme is unknown or a common option is out of range.
    """
    if len(text) > MAX_SPEC:
        raise SourceError(f"a source has at most {MAX_SPEC} characters, this one {len(text)}")
    try:
        url = urlsplit(text, allow_fragments=False)
    except ValueError as error:
        raise SourceError(f"source {text!r} is no URL: {error}") from error
    if url.scheme not in OPENERS | LINKS or url.netloc:
        known = ", ".join(f"{scheme}:" for scheme in OPENERS | LINKS)
        raise SourceError(f"source {text!r} must begin with one of {known} and have no host")
    params = _params(url.query)
    minutes = params.pop("planned_minutes", None)
    speed = _number("speed", params.pop("speed", "1"), 0, MAX_SPEED)
    if url.scheme in LINKS and speed != 1:
        raise SourceError(f"speed={speed:g}: {url.scheme}: is live, and time has one speed")
    return SourceSpec(
        text=text,
        scheme=url.scheme,
        path=unquote(url.path),
        dreamer=check_dreamer(params.pop("dreamer", "dreamer")),
        speed=speed,
        profile=_profile(params.pop("profile", "adult")),
        calibration=params.pop("calibration", ""),
        record=_yes_or_no("record", params.pop("record", "yes" if url.scheme in LINKS else "no")),
        planned_s=None
        if minutes is None
        else 60 * _number("planned_minutes", minutes, 1, MAX_PLANNED_MIN),
        params=params,
    )


def open_link(spec: SourceSpec) -> Link:
    """Make the link that a spec of something live names, without connecting it.

    Raises
    ------
    SourceError
        When it is not live, or cannot be made.
    """
    if spec.scheme not in LINKS:
        raise SourceError(f"{spec.text} is a recording; live are {', '.join(LINKS)}")
    return LINKS[spec.scheme](spec)


def open_source(spec: SourceSpec) -> Source:
    """Open the recording, or the simulator, that a spec names.

    Raises
    ------
    SourceError
        When it is live, or cannot be opened; names the file or option, its value and the limit.
    """
    if spec.scheme in LINKS:
        raise SourceError(f"{spec.text} is live: `dreamwatch serve --source` watches it")
    return OPENERS[spec.scheme](spec)


def _params(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise SourceError(f"option {name} is given {names.count(name)} times")
    return dict(pairs)


def _number(name: str, text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise SourceError(f"{name}={text} must be a number from {low:g} to {high:g}")
    return value


def _yes_or_no(name: str, text: str) -> bool:
    if text not in ("yes", "no"):
        raise SourceError(f"{name}={text} must be yes or no")
    return text == "yes"


def check_dreamer(text: str) -> str:
    """Return a name that a dreamer may have.

    Raises
    ------
    SourceError
        When it is none.
    """
    if not _DREAMER.fullmatch(text):
        raise SourceError(
            f"dreamer={text!r} must be 1 to 64 letters, digits, '.', '_' or '-', no '.' first"
        )
    return text


def _profile(text: str) -> Profile:
    for known in get_args(Profile):
        if text == known:
            return text  # type: ignore[return-value]
    raise SourceError(f"profile={text} must be one of {', '.join(get_args(Profile))}")
