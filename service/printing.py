"""Messages of the stream as lines for a terminal."""

from collections.abc import Callable
from typing import Any

from rich.text import Text

Message = dict[str, Any]

_STAGE_STYLE = {"W": "yellow", "N1": "cyan", "N2": "blue", "N3": "magenta", "R": "red"}
_ALARM = {
    "high": ("▲ HIGH", "bold white on red"),
    "medium": ("◆ MEDIUM", "bold black on yellow"),
    "low": ("● LOW", "bold black on cyan"),
}
_COVERAGE_STYLE = {"MONITORED": "green", "DEGRADED": "yellow", "NOT_MONITORED": "bold red"}
_QUIET = frozenset({"RESOLVED", "NORMAL", "PENDING"})


def readable(text: str) -> str:
    """Return a text whose characters are all seen: none commands the terminal or ends the line."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def line(message: Message) -> Text | None:
    """Return one readable line, or None for what says nothing new."""
    write = _WRITERS.get(message["type"])
    if write is None:
        return None
    head = Text()
    if "at" in message:
        head.append(f"{message['at'][11:19]}  ", style="dim")
    if "dreamer" in message:
        head.append(f"{message['dreamer']:<10} ", style="bold")
    return head.append_text(write(message["data"]))


def _session(data: Message) -> Text:
    channels = ", ".join(data["ch_names"])
    return Text(f"session {data['session']} {data['status']}: {data['sfreq']:g} Hz, {channels}")


def _epoch(data: Message) -> Text:
    stage = data["stage"]
    text = Text(f"epoch {data['index']:>4}  ")
    text.append(f"{stage:<8}", style=_STAGE_STYLE.get(stage, "bold red"))
    proba = "  ".join(f"{name} {p:4.0%}" for name, p in data["proba"].items())
    return text.append(f" {proba}  quality {data['quality']:.0%}", style="dim")


def _coverage(data: Message) -> Text:
    text = Text(data["coverage"], style=_COVERAGE_STYLE[data["coverage"]])
    return text.append(f"  {data['reason']['text']}", style="default")


def _gap(data: Message) -> Text:
    return Text(f"{data['n_samples']} samples lost: {data['cause']}", style="yellow")


def _alarm(data: Message) -> Text:
    label, style = _ALARM[data["priority"]]
    text = Text(f" {label} ALARM ", style="dim" if data["state"] in _QUIET else style)
    text.append(f"  {data['kind']} {data['source']}".rstrip(), style="bold")
    return text.append(f"  {data['state']}: {data['reason']['text']}", style="default")


def _wake(data: Message) -> Text:
    level = f" at {data['level_dba']} dBA" if data["level_dba"] else ""
    step = f"wake protocol: {data['step']} {data['round']}/{data['rounds']}{level}"
    return Text(step, style="bold yellow").append(f"  {data['reason']['text']}", style="default")


def _usage(data: Message) -> Text:
    return Text(f"slept {data['sleep_min']:.0f} min, of it {data['rem_min']:.0f} min REM")


def _command(data: Message) -> Text:
    return Text(readable(f"{data['command']} by {data['actor']}"), style="green")


def _snapshot(data: Message) -> Text:
    now = ", ".join(f"{d['dreamer']} {d['coverage']}" for d in data["dreamers"]) or "nobody yet"
    alarms = sum(len(d["alarms"]) for d in data["dreamers"])
    return Text(f"connected: {now}; {alarms} open alarm{'' if alarms == 1 else 's'}", style="green")


def _disconnected(data: Message) -> Text:
    return Text(f"NOT CONNECTED ({data['reason']}); trying again", style="bold red")


def _stale(data: Message) -> Text:
    return Text(f"NOT MONITORED ({data['reason']})", style="bold red")


_WRITERS: dict[str, Callable[[Message], Text]] = {
    "session": _session,
    "epoch": _epoch,
    "coverage": _coverage,
    "gap": _gap,
    "alarm": _alarm,
    "wake": _wake,
    "usage": _usage,
    "command": _command,
    "snapshot": _snapshot,
    "disconnected": _disconnected,
    "stale": _stale,
}
