"""Source specifications: one URL tells what to read, whose it is, and how fast."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import get_args
from urllib.parse import parse_qsl, unquote, urlsplit

from monitor.domain.errors import SourceError
from monitor.domain.inputs import Profile
from monitor.sources.base import Source
from monitor.sources.edf import BLOCK_S, open_edf
from monitor.sources.simulator.source import open_simulator

MAX_SPEC = 4096
MAX_SPEED = 100_000.0
MAX_PLANNED_MIN = 24 * 60.0
_DREAMER = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A parsed source URL.

    Parameters
    ----------
    text : str
        The URL as given; identifies the source across restarts.
    scheme : str
        "edf" or "sim".
    path : str
        File, where the scheme has one.
    params : mapping of str to str
        Options of the source itself.
    dreamer : str
        Whom it watches: 1 to 64 letters, digits, ".", "_" or "-".
    speed : float
        Times faster than life; 0 is as fast as possible.
    planned_s : float or None
        Planned length of the session in seconds.
    profile : {"adult", "child"}
        Whose wake protocol applies.
    calibration : str
        File of the wearer's calibration; empty where there is none.
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


def _open_edf(spec: SourceSpec) -> Source:
    return open_edf(spec.path, spec.params, chunk_s=1.0 if spec.speed else BLOCK_S)


def _open_sim(spec: SourceSpec) -> Source:
    if spec.path:
        raise SourceError(f"sim: has no path {spec.path!r}; did you mean sim:?scenario={spec.path}")
    plan = {} if spec.planned_s is None else {"planned_minutes": f"{spec.planned_s / 60:g}"}
    return open_simulator({**spec.params, **plan})


OPENERS: dict[str, Callable[[SourceSpec], Source]] = {"edf": _open_edf, "sim": _open_sim}
"""How each scheme is opened."""


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
    if url.scheme not in OPENERS or url.netloc:
        known = ", ".join(f"{scheme}:" for scheme in OPENERS)
        raise SourceError(f"source {text!r} must begin with one of {known} and have no host")
    params = _params(url.query)
    minutes = params.pop("planned_minutes", None)
    return SourceSpec(
        text=text,
        scheme=url.scheme,
        path=unquote(url.path),
        dreamer=_dreamer(params.pop("dreamer", "dreamer")),
        speed=_number("speed", params.pop("speed", "1"), 0, MAX_SPEED),
        profile=_profile(params.pop("profile", "adult")),
        calibration=params.pop("calibration", ""),
        planned_s=None
        if minutes is None
        else 60 * _number("planned_minutes", minutes, 1, MAX_PLANNED_MIN),
        params=params,
    )


def open_source(spec: SourceSpec) -> Source:
    """Open what a spec names.

    Raises
    ------
    SourceError
        When it cannot be opened; names the file or option, its value and the limit.
    """
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


def _dreamer(text: str) -> str:
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
