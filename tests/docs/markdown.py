"""Tables and sentences of a Markdown page."""

import re
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table; what is empty stays so."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def code(text: object) -> str:
    """Write something as code; nothing as nothing."""
    return f"`{text}`" if text not in (None, "") else ""


def sentence(text: str) -> str:
    """Return a docstring's words in one line, its quotes as Markdown has them."""
    text = re.sub(r"::\s*$", ".", " ".join(text.split()))
    return re.sub(r"``(.+?)``", r"`\1`", text)


def summary(doc: str | None) -> str:
    """Return the first paragraph of a docstring."""
    return sentence((doc or "").strip().partition("\n\n")[0])


def number(value: object) -> str:
    """Write a number as people do, nothing as a dash."""
    return "–" if value is None else f"{value:g}" if isinstance(value, int | float) else str(value)


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")
