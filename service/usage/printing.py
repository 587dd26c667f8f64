"""The account as a table and a small plot for a terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.usage.breaches import FIGURE

Object = dict[str, Any]

LEVELS = (
    "within all limits",
    "one soft limit",
    "two soft limits in 7 days",
    "a hard limit, or four soft ones in 14 days",
)
_STYLE = {"soft": "bold black on yellow", "hard": "bold white on red"}
_WIDTH = 40
"""Columns of the longest bar."""


def print_account(console: Console, account: Object) -> None:
    """Print an account as `service.usage.shapes.Account` has it."""
    level = account["level"]
    head = Text(f"{account['dreamer']}  {account['at']}  ", style="bold")
    console.print(head.append(f"level {level}: {LEVELS[level]}", style=_of_level(level)))
    console.print(_windows(account))
    console.print(_limits(account))
    _print_days(console, account)
    _print_admission(console, account)


def _windows(account: Object) -> Table:
    table = Table("", "24 h", "7 days", "14 days", box=None)
    for name, what in (("sleep", "asleep or unknown"), ("rem", "REM"), ("unscored", "unknown")):
        table.add_row(what, *(_hours(account[f"{name}_{w}_min"]) for w in ("24h", "7d", "14d")))
    table.add_row("recorded", *(_hours(account[f"session_{w}_min"]) for w in ("24h", "7d", "14d")))
    table.add_row("sessions", *(str(account[f"sessions_{w}"]) for w in ("24h", "7d", "14d")))
    return table


def _limits(account: Object) -> Table:
    table = Table("limit", "now", "soft", "hard", "", box=None)
    broken = {breach["limit"]: breach["severity"] for breach in account["breaches"]}
    for name, limit in account["limits"].items():
        severity = broken.get(name)
        mark = Text(f" {severity} ", style=_STYLE[severity]) if severity else Text("")
        unit = f" {limit['unit']}" if limit["unit"] else ""
        text = f"{limit['text']}{' (at least)' if limit['least'] else ''}"
        bounds = (_bound(limit[which]) for which in ("soft", "hard"))
        table.add_row(text, f"{_bound(account.get(FIGURE.get(name, name)))}{unit}", *bounds, mark)
    return table


def _print_days(console: Console, account: Object) -> None:
    longest = max((day["session_min"] for day in account["days"]), default=0) or 1
    for day in account["days"]:
        unknown = _cells(day["unscored_min"], longest)
        rem = _cells(day["rem_min"], longest)
        sleep = _cells(day["sleep_min"], longest) - rem - unknown
        bar = Text(f"{day['date']}  ").append("█" * max(sleep, 0), "blue").append("█" * rem, "red")
        bar.append("░" * unknown, "yellow")
        console.print(bar.append(f" {_hours(day['sleep_min'])}" if day["sessions"] else " –"))
    console.print(
        Text("sleep ")
        .append("█", "blue")
        .append(" of it REM ")
        .append("█", "red")
        .append(" unknown ")
        .append("░", "yellow")
    )


def _print_admission(console: Console, account: Object) -> None:
    admission = account["admission"]
    if admission["allowed"]:
        console.print("A new session may start.")
    for reason in admission["reasons"]:
        until = f" until {reason['until']}" if reason["until"] else ""
        console.print(Text(f"No new session{until}: {reason['text']}", style="bold red"))
    if override := account["override"]:
        by, until, reason = override["name"], override["until"], override["reason"]
        console.print(Text(f"Hard limits lifted by {by} until {until}: {reason}"))


def _of_level(level: int) -> str:
    return ("green", "yellow", "bold yellow", "bold red")[level]


def _cells(minutes: float, longest: float) -> int:
    return round(_WIDTH * minutes / longest)


def _hours(minutes: float) -> str:
    hours, rest = divmod(round(minutes), 60)
    return f"{hours} h {rest:02d}"


def _bound(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
