"""Small drawings: marks as SVG text, on a time axis that all figures of a page share.

Colours are classes, so that the page's style sheet chooses them for screen, night and paper.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from html import escape

WIDTH, LEFT, RIGHT = 960, 112, 12
"""Of every figure, and where its plot begins and how far from the right it ends, in pixels."""

TOP, BOTTOM = 8, 22
_TICK_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1_440, 2_880, 10_080)
_MAX_TICKS = 13


@dataclass(frozen=True, slots=True)
class Axis:
    """The hours of a night from left to right.

    Parameters
    ----------
    start, end : float
        Seconds of Unix time, the end after the start.
    zone : tzinfo
        Whose clock is written below.
    """

    start: float
    end: float
    zone: tzinfo = UTC

    def x(self, at: float) -> float:
        """Return where a moment lies; what lies outside is brought to the edge."""
        share = (min(max(at, self.start), self.end) - self.start) / (self.end - self.start)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def clock(self, at: float) -> str:
        """Return the time of day."""
        return f"{datetime.fromtimestamp(at, self.zone):%H:%M}"

    def ticks(self) -> list[float]:
        """Return a few round times of day on the axis."""
        span_min = (self.end - self.start) / 60
        step_min = next((m for m in _TICK_MIN if span_min / m < _MAX_TICKS), _TICK_MIN[-1])
        begin = datetime.fromtimestamp(self.start, self.zone)
        midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
        offset_s = -((begin - midnight) // -timedelta(minutes=step_min)) * step_min * 60
        first = (midnight + timedelta(seconds=offset_s)).timestamp()
        count = int((self.end - first) // (step_min * 60)) + 1
        return [first + i * step_min * 60 for i in range(max(count, 0))]


def px(value: float) -> str:
    """Write a length."""
    return f"{value:.1f}".removesuffix(".0")


def rect(x: float, y: float, width: float, height: float, kind: str, tip: str = "") -> str:
    """Draw a rectangle; it may tell something when it is pointed at."""
    size = f'width="{px(width)}" height="{px(height)}"'
    place = f'<rect class="{kind}" x="{px(x)}" y="{px(y)}" {size}'
    return f"{place}><title>{escape(tip)}</title></rect>" if tip else f"{place}/>"


def text(x: float, y: float, said: str, kind: str = "label", anchor: str = "start") -> str:
    """Write a text."""
    where = f'x="{px(x)}" y="{px(y)}" text-anchor="{anchor}"'
    return f'<text class="{kind}" {where}>{escape(said)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """Draw a line."""
    ends = f'x1="{px(x1)}" y1="{px(y1)}" x2="{px(x2)}" y2="{px(y2)}"'
    return f'<line class="{kind}" {ends}/>'


def path(points: Sequence[tuple[float, float]], kind: str, *, closed: bool = False) -> str:
    """Draw a line through points, or what it encloses."""
    (x, y), *rest = points
    steps = "".join(f"L{px(x)} {px(y)}" for x, y in rest)
    return f'<path class="{kind}" d="M{px(x)} {px(y)}{steps}{"Z" if closed else ""}"/>'


def image(x: float, y: float, width: float, height: float, png: str) -> str:
    """Place a picture, given as base64 of a PNG, stretched without smoothing."""
    size = f'width="{px(width)}" height="{px(height)}" preserveAspectRatio="none"'
    href = f'class="pixels" href="data:image/png;base64,{png}"'
    return f'<image x="{px(x)}" y="{px(y)}" {size} {href}/>'


def figure(axis: Axis, name: str, told: str, height: float, marks: Iterable[str]) -> str:
    """Put marks of a plot of some height on the time axis; `told` says in words what they show."""
    bottom = TOP + height
    times = [
        line(x, TOP, x, bottom, "grid") + text(x, bottom + 15, axis.clock(at), "tick", "middle")
        for at in axis.ticks()
        for x in [axis.x(at)]
    ]
    return (
        f'<svg viewBox="0 0 {WIDTH} {px(bottom + BOTTOM)}" role="img" aria-labelledby="{name}">'
        f'<desc id="{name}">{escape(told)}</desc>{"".join(times)}{"".join(marks)}</svg>'
    )
