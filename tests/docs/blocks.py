"""The code blocks of a Markdown page, and the commands that a console block shows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(\S*)\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


@dataclass(frozen=True)
class Shown:
    """A command, and what it is said to print."""

    command: str
    output: str


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found[1], found[2])
        for found in _FENCE.finditer(text)
    ]


def commands_of(block: Block) -> Iterator[Shown]:
    """Yield the commands of a block; those of a console begin with ``$``."""
    text = block.text.replace("\\\n", " ")
    if block.language == "bash":
        for line in text.splitlines():
            if command := line.partition("  #")[0].strip():
                yield Shown(command, "")
        return
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _, output = part.partition("\n")
        yield Shown(command, output)


_VARYING = (
    (r"\d{8}T\d{6}Z-[0-9a-f]{6}", "SESSION"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)", "TIME"),
    (r"\d{4}-\d\d-\d\d", "DATE"),
    (r"\d\d:\d\d:\d\d", "CLOCK"),
    (r"dreamwatch_\d+_[\w-]+", "TOKEN"),
    (r"\b[0-9a-f]{32,64}\b", "HASH"),
    (r"[━─┃│┏┓└┘┡┩┳╇┴]+", "─"),
    (r"[ \t]+", " "),
)


def agrees(printed: str, shown: str) -> bool:
    """Whether a command printed what a page shows, but for times, names of sessions and widths.

    ``…`` stands for anything within a line; alone on a line, for any lines.
    """
    pattern = "".join(map(_pattern, _plain(shown)))
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in _plain(printed))) is not None


def _plain(text: str) -> list[str]:
    for varying, name in _VARYING:
        text = re.sub(varying, name, text)
    return [line.strip() for line in text.strip().splitlines() if line.strip()]


def _pattern(line: str) -> str:
    if line == "…":
        return r"(?:.*\n)*?"
    return ".*?".join(map(re.escape, line.split("…"))) + r"\n"
